"""The programs that are compared: each started alone, ready, and ended with its block."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from ...worker import blas
from .processes import measuring, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from .processes import Measure

    Start = Callable[[str, int], AbstractContextManager[Measure]]

HOST = "127.0.0.1"
LOADING = 300.0


def _in_process(kind: str) -> Start:
    @contextlib.contextmanager
    def start(model: str, streams: int) -> Iterator[Measure]:  # noqa: ARG001 - all start alike
        with measuring([f"{__package__}.engine", kind, model], fast_environment()) as measure:
            yield measure

    return start


@contextlib.contextmanager
def ours(model: str, streams: int) -> Iterator[Measure]:  # noqa: ARG001
    """This project's server with one worker and its defaults."""
    port = free_port()
    command = ["mlx_llm_server", "up", "--model", model, "--host", HOST, "--port", str(port)]
    with _measured(command, port, "/ready", dict(os.environ)) as measure:
        yield measure


@contextlib.contextmanager
def mlx_lm_server(model: str, streams: int) -> Iterator[Measure]:
    """mlx-lm's server, let to batch all the streams, and silent."""
    port = free_port()
    command = ["mlx_lm", "server", "--model", model, "--host", HOST, "--port", str(port)]
    command += ["--decode-concurrency", str(streams), "--prompt-concurrency", str(streams)]
    command += ["--log-level", "ERROR"]
    with _measured(command, port, "/health", fast_environment()) as measure:
        yield measure


STARTS: dict[str, Start] = {
    "plain loop": _in_process("plain"),
    "BatchGenerator": _in_process("batch"),
    "ours": ours,
    "mlx_lm.server": mlx_lm_server,
}


def has_openblas() -> bool:
    """Whether a Linux has the BLAS that makes MLX on a CPU several times faster than its own."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        ctypes.CDLL(blas.LIBRARY)
    except OSError:
        return False
    return True


def fast_environment() -> dict[str, str]:
    """The environment in which mlx-lm is as fast as our worker makes itself: anything else is unfair."""
    if not has_openblas():
        return dict(os.environ)
    return blas.SETTINGS | dict(os.environ) | {"LD_PRELOAD": blas.LIBRARY}


@contextlib.contextmanager
def _measured(command: list[str], port: int, path: str, env: dict[str, str]) -> Iterator[Measure]:
    """A server, ready, and a client of it in a process of its own."""
    with (
        serving(command, port, path, env),
        measuring([f"{__package__}.client", HOST, str(port)], dict(os.environ)) as measure,
    ):
        yield measure


@contextlib.contextmanager
def serving(
    command: list[str], port: int, path: str, env: dict[str, str], kept: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A server, once the path answers 200; a RuntimeError inside the block tells how its log ends.

    The log is kept in a file if one is named.
    """
    with (
        kept.open("w+") if kept else tempfile.TemporaryFile("w+") as log,
        running(command, env=env, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            _wait(server, f"http://{HOST}:{port}{path}")
            yield server
        except RuntimeError as error:
            log.seek(0)
            raise RuntimeError(f"{error}; its log ends:\n{log.read()[-4000:]}") from error


def _wait(server: subprocess.Popen[str], url: str) -> None:
    """Wait until the address answers 200."""
    end = time.monotonic() + LOADING
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"{server.args} ended with exit code {server.returncode}")
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{url} was not ready within {LOADING:.0f} s")


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]
