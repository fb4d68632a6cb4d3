"""Our commands as real processes: started on free ports, watched, and ended without a trace.

A `House` holds what one test, or one file of tests, runs. Everything in it carries a mark in its environment,
so that at the end no process can hide: whatever still lives then, also one whose parent is gone, is an error.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import openai
import psutil

from .hooks import hook

T = TypeVar("T")

MARK = "MLX_SERVE_TEST_HOUSE"
# Only for what would otherwise hang; no test depends on how long something takes.
PATIENCE = 60.0
_POLL = 0.03


def until(condition: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """Return the condition's value once it is true; fail with `what` if it never is."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {patience:.0f} s still not: {what}")
        time.sleep(_POLL)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error object; fails unless it has OpenAI's shape."""
        error = self.json["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert isinstance(error["message"], str)
        assert error["message"]
        return error


class Running:
    """A process of a house, and its log."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.process = process
        self._log = log
        self._kept: str | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._kept is None else self._kept

    def keep_log(self) -> None:
        """Keep what the process said beyond its house."""
        self._kept = self.log

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, patience: float = PATIENCE) -> int:
        """Return the exit code, once there is one."""
        return self.process.wait(patience)


class Stream:
    """A streamed answer as it is on the wire, event by event."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self._response = response

    def __iter__(self) -> Iterator[str]:
        """Yield the data of each event; comments are passed over."""
        while line := self._response.readline():
            if line.startswith(b":"):
                assert self._response.readline() == b"\n"
            elif line != b"\n":
                assert line.startswith(b"data: "), line
                assert self._response.readline() == b"\n"
                yield line.removeprefix(b"data: ").removesuffix(b"\n").decode()

    def next(self) -> Any:
        return json.loads(next(iter(self)))

    def skip_to_text(self) -> str:
        """Return the first text."""
        while True:
            if text := self.next()["choices"][0]["delta"].get("content"):
                return text

    def some_text(self, pieces: int = 50) -> str:
        """Return the next text, as far as it comes in so many pieces."""
        return "".join(self.skip_to_text() for _ in range(pieces))

    def chunks(self) -> list[dict[str, Any]]:
        """Return all chunks to come; fails unless `[DONE]`, and nothing else, follows them."""
        *chunks, end = self
        assert end == "[DONE]"
        return [json.loads(chunk) for chunk in chunks]

    def text(self) -> str:
        """Return all text to come."""
        return text_of(self.chunks())


class Server(Running):
    """A frontend, with or without workers of its own."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
        super().__init__(name, process, log)
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    # --- what it says of itself ---

    def workers(self, state: str | None = None) -> list[dict[str, Any]]:
        """Return the workers it has, or those in a state."""
        workers = self.get("/ready").json["workers"]
        return [worker for worker in workers if state in (None, worker["state"])]

    @property
    def running(self) -> int:
        return sum(worker.get("running", 0) for worker in self.workers())

    def answers(self) -> bool:
        try:
            return self.get("/health").status == 200
        except OSError:
            return False

    def wait_for_workers(self, count: int) -> list[dict[str, Any]]:
        """Return the workers, once so many are ready."""

        def ready() -> list[dict[str, Any]] | None:
            self.check_alive()
            with contextlib.suppress(OSError):
                found = self.workers("ready")
                return found if len(found) == count else None
            return None

        return until(ready, f"{count} workers of {self.name} are ready") or []

    def wait_idle(self) -> None:
        until(lambda: self.running == 0, "nothing is running")

    def check_alive(self) -> None:
        code = self.process.poll()
        assert code is None, f"{self.name} ended with {code}:\n{self.log}"

    # --- asking it ---

    def get(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        return self.send(method, path, None, headers or {})

    def post(self, body: Any, headers: dict[str, str] | None = None) -> Answer:
        """Post to the chat API: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(
            "POST", "/v1/chat/completions", data, {"Content-Type": "application/json", **(headers or {})}
        )

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers, encode_chunked="Transfer-Encoding" in headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def ask(self, content: str, **fields: Any) -> dict[str, Any]:
        """Return the whole answer to one user message."""
        answer = self.post({"messages": user(content), **fields})
        assert answer.status == 200, answer.body
        return answer.json

    def text(self, content: str, **fields: Any) -> str:
        return self.ask(content, **fields)["choices"][0]["message"]["content"]

    @contextlib.contextmanager
    def stream(self, content: str, **fields: Any) -> Iterator[Stream]:
        """Ask for a stream; leaving the context closes the connection."""
        body = json.dumps({"messages": user(content), "stream": True, **fields})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
            with contextlib.closing(connection.getresponse()) as response:
                yield Stream(response)

    def openai(self, api_key: str = "no-key") -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=api_key, max_retries=0, timeout=PATIENCE)

    def async_openai(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key="no-key", max_retries=0, timeout=PATIENCE)


class House:
    """Starts our commands, and at its end checks that nothing of them is left."""

    def __init__(self) -> None:
        # Short: a Unix socket's path holds a hundred bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="house-", dir="/tmp"))
        self.sockets = self.folder / "run"
        self.crashes = self.folder / "crashes"
        self.home = self.folder / "home"
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        # On Linux, MLX compiles kernels with the machine's C++ compiler, a second each, and keeps them here.
        kernels = Path(tempfile.gettempdir()) / "mlx"
        kernels.mkdir(exist_ok=True)
        (self.temporary / "mlx").symlink_to(kernels)
        self.members: list[Running] = []
        hooks = self.folder / "hooks"
        hooks.mkdir()
        self._hooks = hook(hooks)
        self._mark = secrets.token_hex(8)

    # --- starting ---

    def llm_server(self, model: Path | None, *options: str, **env: str) -> Server:
        """`mlx-llm-server`, with its port from the environment; ready when this returns."""
        port = free_port()
        command = ["mlx-llm-server", *_model_option(model), *options]
        server = self._server(port, command, {"PORT": str(port), **env})
        server.wait_for_workers(1)
        return server

    def up(self, model: Path | None, *options: str, workers: int = 1, **env: str) -> Server:
        """`mlx-serve up`; its workers are ready when this returns."""
        port = free_port()
        command = ["mlx-serve", "up", *_model_option(model), "--port", str(port), "--workers", str(workers)]
        server = self._server(port, [*command, *options], env)
        server.wait_for_workers(workers)
        return server

    def frontend(self, *options: str, port: int | None = None, **env: str) -> Server:
        """`mlx-serve frontend`; it answers when this returns."""
        port = port or free_port()
        server = self._server(port, ["mlx-serve", "frontend", "--port", str(port), *options], env)

        def answers() -> bool:
            server.check_alive()
            return server.answers()

        until(answers, "the frontend answers")
        return server

    def worker(self, model: Path | None, *options: str, **env: str) -> Running:
        """`mlx-serve worker`; perhaps not yet ready when this returns."""
        return self.start(["mlx-serve", "worker", *_model_option(model), *options], **env)

    def start(self, command: list[str], **env: str) -> Running:
        member = Running(*self._popen(command, env))
        self.members.append(member)
        return member

    def _server(self, port: int, command: list[str], env: dict[str, str]) -> Server:
        server = Server(*self._popen(command, env), port)
        self.members.append(server)
        return server

    def _popen(self, command: list[str], env: dict[str, str]) -> tuple[str, subprocess.Popen[bytes], Path]:
        name = f"{len(self.members)}-{command[0]}"
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(Path(sysconfig.get_path("scripts")) / command[0]), *command[1:]],
                env={**self._environment(), **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # As a shell does: a signal to the tests is not meant for the server.
                start_new_session=True,
            )
        return " ".join([name, *command[1:]]), process, log

    def _environment(self) -> dict[str, str]:
        """Our environment without what would change a server's settings."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MLX_SERVE_") and name not in ("HOST", "PORT")
        }
        return {
            **ours,
            MARK: self._mark,
            "MLX_SERVE_CONFIG": os.devnull,  # and not that of whoever runs the tests
            "PYTHONPATH": self._hooks,
            "HOME": str(self.home),
            "MLX_SERVE_RUNTIME_DIR": str(self.sockets),
            "MLX_SERVE_CRASH_DIR": str(self.crashes),
            "TMPDIR": str(self.temporary),
        }

    # --- looking ---

    def endpoint(self, server: Server) -> str:
        return f"ipc://{self.sockets}/{server.port}.sock"

    def processes(self) -> list[psutil.Process]:
        """Return all living processes of this house, wherever they are in the tree."""
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                if process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def log(self) -> str:
        return "\n".join(f"--- {member.name}\n{member.log}" for member in self.members)

    # --- the end ---

    def close(self) -> None:
        """End all; fails if a process does not end, or a process, socket or temporary file is left."""
        alive = [member for member in self.members if member.process.poll() is None]
        for member in alive:
            member.signal(signal.SIGTERM)
        try:
            for member in alive:
                member.wait(30)
            until(lambda: not self.processes(), "no process is left", 10)
            # libzmq leaves the socket of a frontend that was killed; the next one on that port takes it over.
            killed = {
                f"{member.port}.sock"
                for member in self.members
                if isinstance(member, Server) and member.process.returncode == -signal.SIGKILL
            }
            left = {path.name for path in self.sockets.glob("*")} - killed
            assert not left, f"left in the socket directory: {left}"
            left = {path.name for path in self.temporary.iterdir()} - {"mlx"}
            assert not left, f"left in the temporary directory: {left}"
        finally:
            for process in self.processes():
                process.kill()
            for member in self.members:
                member.wait(10)
                member.keep_log()
            shutil.rmtree(self.folder)


def _model_option(model: Path | None) -> list[str]:
    """Return the option that names a model; without one the bundled one is served."""
    return [] if model is None else ["--model", str(model)]


def user(content: Any) -> list[dict[str, Any]]:
    """Return a conversation of one message."""
    return [{"role": "user", "content": content}]


def open_socket(
    server: Server, content: str, receive_buffer: int | None = None, **fields: object
) -> socket.socket:
    """Send a request and leave its answer unread."""
    body = json.dumps({"messages": user(content), **fields}).encode()
    client = socket.socket()
    if receive_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(PATIENCE)
    client.connect(("127.0.0.1", server.port))
    client.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    return client


def body_of(read: bytes) -> bytes:
    """Return the body of an answer that was read from a socket to its end: its chunks may end anywhere."""
    connection: Any = SimpleNamespace(makefile=lambda _mode: io.BytesIO(read))
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.read()


def counted(first: int, last: int) -> str:
    """Return what the counting model says from one number to another."""
    return " ".join(map(str, range(first, last + 1)))


def text_of(chunks: list[dict[str, Any]]) -> str:
    """Return the text of a stream."""
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"])
