"""Does harm to a worker at a chosen point of a chosen generation, once.

A hook (see `hooks.py`) in the interpreter of every process of a server. A request's
seed names its harm: the file of that name in the folder `SABOTAGE`, whose two words are a phase and a fault. Who
reaches the phase first takes the file away, so the generation meets no further harm where it goes on.

Phases of a generation, in their order (see `docs/architecture.md`):

    preparing   its prompt is about to be rendered
    waiting     it is accepted, and about to join the batch
    prefilling  a chunk of its prompt is done, and more are to come
    first       its first token is computed, and not told
    middle      its tenth is
    last        its last is

Besides, `loading` is a phase of the worker itself, in the file of that name.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

PHASES = ("preparing", "waiting", "prefilling", "first", "middle", "last")
TENTH = 10
# No msgpack begins with this byte.
GARBAGE = b"\xc1 what a broken process may say"

_folder = Path(os.environ.get("SABOTAGE", "/nonexistent"))
# Set: the next message about a generation is garbage instead.
_garbled = threading.Event()


def planned(name: str) -> list[str]:
    """Return the phase and the fault that are planned for a seed, or nothing."""
    try:
        return (_folder / name).read_text().split()
    except FileNotFoundError:
        return []


def strike(name: str, fault: str) -> None:
    """Do it, unless another worker has."""
    try:
        (_folder / name).unlink()
    except FileNotFoundError:
        return
    match fault:
        case "abort":
            os.abort()
        case "exception":
            raise RuntimeError("[METAL] Command buffer execution failed: Insufficient Memory")
        case "garbage":
            _garbled.set()
        case "exit":
            os._exit(1)
        case _:
            os.kill(os.getpid(), signal.Signals[fault])


class Sabotage:
    """What is planned for the generations in an engine.

    Args:
        engine: Its `insert` and `step` are wrapped.
    """

    def __init__(self, engine: Any) -> None:
        self._insert, self._step = engine.insert, engine.step
        self._names: dict[Any, str] = {}
        self._tokens: dict[Any, int] = {}
        engine.insert, engine.step = self.insert, self.step

    def insert(self, order: Any) -> None:
        name = str(order.sampling.seed)
        if planned(name):
            self._names[order.key], self._tokens[order.key] = name, 0
            self._reached(order.key, "waiting")
        self._insert(order)

    def step(self) -> list[Any]:
        tokens = self._step()
        told = {token.key: token for token in tokens}
        for key in list(self._names):
            if (token := told.get(key)) is None:
                self._reached(key, "prefilling")
                continue
            self._tokens[key] += 1
            if self._tokens[key] == 1:
                self._reached(key, "first")
            if self._tokens[key] == TENTH:
                self._reached(key, "middle")
            if token.finish is not None:
                self._reached(key, "last")
                del self._names[key]
        return tokens

    def _reached(self, key: Any, phase: str) -> None:
        match planned(self._names[key]):
            case [wanted, fault] if wanted == phase:
                strike(self._names[key], fault)


def _sabotage_worker() -> None:
    from mlx_llm_server.protocol import codec, messages  # noqa: PLC0415 - only in a worker

    # Before those who import the number.
    messages.PROTOCOL_VERSION = os.environ.get("SPEAKS", messages.PROTOCOL_VERSION)  # pyright: ignore[reportConstantRedefinition]

    from mlx_llm_server.worker import link, main, prompts  # noqa: PLC0415 - likewise

    run, build = main._Loop.run, prompts.PromptBuilder.build
    report, encode = link.Link.report_loading, codec.encode

    def sabotaged_run(self: Any) -> int:
        Sabotage(self._engine)
        return run(self)

    def sabotaged_build(self: Any, request: Any) -> list[int]:
        name = str(request.sampling.seed)
        match planned(name):
            case ["preparing", fault]:
                strike(name, fault)
        return build(self, request)

    def sabotaged_report(self: Any, stage: str, done: int, total: int) -> None:
        if plan := planned("loading"):
            strike("loading", plan[1])
        report(self, stage, done, total)

    def garbling_encode(message: Any) -> bytes:
        if _garbled.is_set() and isinstance(message, messages.Accepted | messages.Step):
            _garbled.clear()
            return GARBAGE
        return encode(message)

    main._Loop.run = sabotaged_run
    prompts.PromptBuilder.build = sabotaged_build
    link.Link.report_loading = sabotaged_report
    codec.encode = garbling_encode


def _shrink_send_buffers() -> None:
    """Let the system hold little for a client that does not read, so that the frontend has to."""
    from tornado import netutil  # noqa: PLC0415 - only in a frontend

    bind = netutil.bind_sockets

    def bind_with_small_buffers(*args: Any, **kwargs: Any) -> list[socket.socket]:
        bound = bind(*args, **kwargs)
        for each in bound:  # what is accepted on them inherits it
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        return bound

    netutil.bind_sockets = bind_with_small_buffers


if __name__ == "hooked" and "SABOTAGE" in os.environ:
    if "worker" in sys.orig_argv:
        _sabotage_worker()
    elif "up" in sys.orig_argv:
        _shrink_send_buffers()
