"""How a command reaches a running server: its address, its key, and what it answers."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import click

from ..configuration import ConfiguredCommand
from ..frontend.settings import SettingsError, read_keys
from ..options import host_option, port_option, with_options

# Long, because a stream says something at least every --comment-interval.
_TIMEOUT_SECONDS = 120.0
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what a server listens on
_LARGEST_BODY = 64 * 1024 * 1024

# What of the file is about the server that a command talks to.
_FROM_FILE = frozenset({"host", "port", "api_key", "api_key_file"})

_OPTIONS: list[Callable[..., Any]] = [
    click.option(
        "--url",
        envvar="MLX_SERVE_URL",
        metavar="URL",
        help="The server, such as https://llm.example/prefix.  [default: the one of --host and --port]",
    ),
    host_option("The address that the server listens on."),
    port_option("The port that the server listens on."),
    click.option("--api-key", envvar="MLX_SERVE_API_KEY", metavar="KEY", help="The server's API key."),
    click.option(
        "--api-key-file",
        envvar="MLX_SERVE_API_KEY_FILE",
        metavar="FILE",
        help="A file whose first line is the server's API key.",
    ),
]


class ServerError(Exception):
    """The server can't be reached, or refuses; the sentence says what to do.

    Attributes:
        status: What it answered; None if it did not.
    """

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Server:
    """A server's address, and the key it is asked with.

    Attributes:
        url: Without a slash at its end.
    """

    url: str
    key: str | None

    @property
    def headers(self) -> dict[str, str]:
        """What every request has."""
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}

    def get(self, path: str, accepted: tuple[int, ...] = (200,)) -> Any:
        """Return the JSON that is at a path.

        Raises:
            ServerError: It can't be had; its status is none of `accepted`.
        """
        with self._asked("GET", path, None) as response:
            body = _read(response.read)
            if response.status not in accepted:
                raise _refusal(response, body)
            return _json(body)

    @contextmanager
    def stream(self, path: str, body: Mapping[str, Any]) -> Iterator[Iterator[dict[str, Any]]]:
        """Ask for a stream of events, and give them; leaving the block closes the connection.

        Raises:
            ServerError: The server refuses, or the stream ends in an error or without its end.
        """
        with self._asked("POST", path, json.dumps(body)) as response:
            if response.status != 200:
                raise _refusal(response, _read(response.read))
            yield _events(response)

    @contextmanager
    def _asked(self, method: str, path: str, body: str | None) -> Iterator[http.client.HTTPResponse]:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                parts.netloc, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)
        with closing(connection):
            try:
                content = {} if body is None else {"Content-Type": "application/json"}
                connection.request(method, parts.path + path, body, {**self.headers, **content})
                response = connection.getresponse()
            except socket.gaierror as error:
                raise ServerError(f"{self.url}: there is no such host: {error.strerror}") from error
            except (OSError, http.client.HTTPException) as error:
                raise ServerError(
                    f"no server answers at {self.url}: {error or type(error).__name__}. "
                    "`mlx-serve up` starts one; --url or --port names another one"
                ) from error
            yield response


def _read(how: Callable[[int], bytes]) -> bytes:
    try:
        return how(_LARGEST_BODY)
    except (OSError, http.client.HTTPException) as error:
        raise ServerError(f"the answer broke off: {error or type(error).__name__}", 200) from error


def _events(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    while line := _read(response.readline):
        if not line.startswith(b"data: "):
            continue
        data = line.removeprefix(b"data: ").strip()
        if data == b"[DONE]":
            return
        event = _json(data)
        if "error" in event:
            raise ServerError(str(event["error"].get("message")), 200)
        yield event
    raise ServerError("the stream broke off before its end", 200)


def _refusal(response: http.client.HTTPResponse, body: bytes) -> ServerError:
    try:
        sentence = json.loads(body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        sentence = f"{response.status} {response.reason}"
    if response.status == 401:
        sentence += " Here it is given by --api-key, --api-key-file or MLX_SERVE_API_KEY."
    return ServerError(sentence, response.status)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise ServerError(f"what answers there is no mlx-llm-server: {body[:80]!r}") from error


def server_command(command: Callable[..., Any]) -> click.Command:
    """Make a function a command whose first argument is the server that its options name."""

    def with_server(
        url: str | None, host: str, port: int, api_key: str | None, api_key_file: str | None, **rest: Any
    ) -> None:
        try:
            keys = read_keys(api_key, api_key_file)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error
        server = Server(_address(url, host, port), next(iter(keys), None))
        try:
            command(server, **rest)
        except ServerError as error:
            raise click.ClickException(str(error)) from error

    with_server.__name__, with_server.__doc__ = command.__name__, command.__doc__
    with_server.__click_params__ = list(getattr(command, "__click_params__", []))  # pyright: ignore[reportFunctionMemberAccess]
    return click.command(cls=ConfiguredCommand, table="up", takes=_FROM_FILE)(with_options(_OPTIONS)(with_server))


def _address(url: str | None, host: str, port: int) -> str:
    if url is None:
        host = _EVERY_ADDRESS.get(host, host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter(f"{url!r} is no address such as http://127.0.0.1:8080", param_hint="--url")
    # openai's clients are given an address that ends in /v1; so may we be.
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v1')}"
