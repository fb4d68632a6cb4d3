"""What a frontend is told at its start, checked before anything is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .access import AccessPolicy, is_loopback
from .dispatcher import Limits

# In a file of keys. A key has no blank in it, so `name:key` is a key.
_NAMED_KEY = re.compile(r"([\w.@-]{1,64}):\s+(.*)", re.ASCII)


class SettingsError(Exception):
    """The settings can't be served with; the sentence says what to change."""


@dataclass(frozen=True)
class WorkerSettings:
    """The workers that `up` starts.

    Attributes:
        count: How many.
        arguments: What each gets on its command line, besides its name and endpoint.
        memory_limit: One that holds more bytes is replaced; 0 is off.
        max_requests: One that has ended so many generations is replaced; 0 is off.
    """

    count: int
    arguments: tuple[str, ...]
    memory_limit: int = 0
    max_requests: int = 0


@dataclass(frozen=True)
class RequestRules:
    """What requests may ask for, as far as the operator decides.

    Attributes:
        ignore_unknown: Fields that nobody knows are ignored, and named in the answer; they are refused otherwise.
        max_tokens_limit: No answer may be asked to be longer.
        break_repetition: End answers that go round in a circle, unless a request says otherwise.
        silence_seconds: A stream that has nothing to say for so long sends a comment; 0 is never.
    """

    ignore_unknown: bool = False
    max_tokens_limit: int | None = None
    break_repetition: bool = False
    silence_seconds: float = 10.0


@dataclass(frozen=True)
class Settings:
    """Everything a frontend process needs to know.

    Attributes:
        endpoint: Where workers connect.
        crash_dir: Where the dossiers of workers' deaths are kept.
        keep_crashes: How many of them.
        share_prefix_cache: Whether requests of different API keys may use each other's prefixes.
        workers: The local workers to supervise; None for a frontend alone.
        limits: How much may wait, and how long; for workers and for clients.
        drain_seconds: How long a worker that is drained may go on with what it has.
        grace_seconds: How long running answers may go on after SIGTERM.
        rules: What requests may ask for.
        stall_seconds: A client that takes next to nothing of its answer for so long is given up.
        log_prompts: The log may have the bodies of requests.
        public_metrics: `/metrics` is answered without an API key.
    """

    host: str
    port: int
    endpoint: str
    policy: AccessPolicy
    max_body_bytes: int
    grace_seconds: float
    limits: Limits
    crash_dir: Path
    keep_crashes: int
    share_prefix_cache: bool = False
    drain_seconds: float = 30.0
    stall_seconds: float = 60.0
    workers: WorkerSettings | None = None
    rules: RequestRules = field(default_factory=RequestRules)
    log_prompts: bool = False
    public_metrics: bool = False


def read_keys(key: str | None, key_file: str | None) -> dict[str, str]:
    """Return the API keys of an option and of a file with one key a line, each with its name.

    A line is `KEY` or `NAME: KEY`; '#' begins a comment. A key without a name has an empty one.

    Raises:
        SettingsError: The file can't be read or holds no key, or a key is empty or not plain ASCII.
    """
    keys = {} if key is None else {key.strip(): ""}
    if key_file is not None:
        try:
            lines = Path(key_file).expanduser().read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"--api-key-file: {key_file} can't be read: {error}") from error
        found = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        if not found:
            raise SettingsError(f"--api-key-file: {key_file} holds no key")
        for line in found:
            named = _NAMED_KEY.fullmatch(line)
            keys |= {line: ""} if named is None else {named[2]: named[1]}
    if not all(key.isascii() and key.isprintable() and key and " " not in key for key in keys):
        raise SettingsError("an API key is one word of printable ASCII characters")
    return keys


def check_exposure(policy: AccessPolicy, allow_open: bool) -> None:
    """Refuse to serve other machines without a key.

    Raises:
        SettingsError: The address is not a loopback one and nobody is asked for a key.
    """
    if not (is_loopback(policy.bind_host) or policy.keys or allow_open):
        raise SettingsError(
            f"{policy.bind_host} can be reached by other machines: set --api-key or --api-key-file, "
            "listen on 127.0.0.1, or accept everybody with --allow-no-key"
        )
