"""The processes of our own workers.

A worker gets a pipe as its standard input, whose other end is ours: however we end, it reads the end of the
pipe and ends too. It has a session of its own, so that Ctrl-C on the terminal reaches only us.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field

from ...configuration import NO_FILE
from ..crashes import CrashRegister, StderrTail
from ..dispatcher import BecameReady, Drained, Exited, ProcessNews, Retire
from ..exchange import Exchange
from ..memory import footprint_bytes
from .restarts import describe_exit

log = logging.getLogger(__name__)

_END_SECONDS = 5.0
_LAST_WORDS_SECONDS = 0.5


@dataclass(eq=False)
class Child:
    """A worker's process.

    Attributes:
        ready: It takes work, or did.
        drained: It has nothing to do, and gets nothing.
        ended: The process is gone; all that follows from that was done.
        fresh_bytes: The memory it held when it got ready; None where that is not known.
        told_to_end: We have ended it.
        code: How it ended.
        crash: The id of the dossier of its end, if there is one.
    """

    name: str
    process: Process
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    fresh_bytes: int | None = None
    told_to_end: bool = False
    code: int = 0
    crash: str | None = None
    _ready_at: float | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def ready_seconds(self) -> float | None:
        """Since when it is ready, in seconds; None if it never was."""
        return None if self._ready_at is None else time.monotonic() - self._ready_at

    def became_ready(self) -> None:
        """Note the time, and what it holds."""
        self._ready_at = time.monotonic()
        self.fresh_bytes = footprint_bytes(self.pid)
        self.ready.set()


class Children:
    """Starts them, hears of them, ends them.

    Args:
        endpoint: Where they connect.
        arguments: What each gets on its command line, besides its name and endpoint.
        environment: What each gets besides ours.
        crashes: Is told of starts and ends.
    """

    def __init__(
        self, endpoint: str, arguments: tuple[str, ...], environment: dict[str, str], crashes: CrashRegister
    ) -> None:
        self._endpoint = endpoint
        self._arguments = arguments
        self._environment = environment
        self._crashes = crashes
        self._children: dict[int, Child] = {}
        self._watching: set[asyncio.Task[None]] = set()

    async def start(self, name: str, exchange: Exchange) -> Child:
        """Start a worker; its end is told to `exchange`. Raises `OSError` if there is no room for a process."""
        command = [sys.executable, "-m", "mlx_llm_server", "worker", "--lifeline"]
        command += ["--name", name, "--connect", self._endpoint, *self._arguments]
        command += ["--config", NO_FILE]  # what it needs was read by us
        stderr = StderrTail(name)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stderr=stderr.write_end,
                start_new_session=True,
                env={**os.environ, **self._environment},
            )
        except BaseException:
            stderr.close()
            raise
        finally:
            stderr.given()
        child = self._children[process.pid] = Child(name, process)
        self._crashes.started(process.pid, name, stderr.lines)
        watch = asyncio.create_task(self._watch(child, stderr, exchange))
        self._watching.add(watch)
        watch.add_done_callback(self._watching.discard)
        log.info("started %s (process %d)", name, process.pid)
        return child

    def hear(self, news: ProcessNews) -> Child | None:
        """Take what the dispatcher says of a process, and return it if it is one of ours."""
        child = self._children.get(news.pid)
        match news:
            case Retire() if child is not None:
                # It has a moment to say where it hangs.
                _signal(child.process, signal.SIGUSR1)
                asyncio.get_running_loop().call_later(_LAST_WORDS_SECONDS, _signal, child.process, signal.SIGKILL)
            case BecameReady() | Drained() if child is not None and news.worker != child.name:
                return None  # a process of another machine or container, whose number is also one of ours
            case BecameReady() if child is not None:
                child.became_ready()
            case Drained() if child is not None:
                child.drained.set()
        return child

    async def end(self, child: Child) -> None:
        """End a process: politely, then not."""
        child.told_to_end = True
        self._crashes.expect(child.pid)
        _signal(child.process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.ended.wait(), _END_SECONDS)
        if not child.ended.is_set():
            _signal(child.process, signal.SIGKILL)
            await child.ended.wait()

    async def end_all(self) -> None:
        """End every process."""
        await asyncio.gather(*(self.end(child) for child in list(self._children.values())))

    async def _watch(self, child: Child, stderr: StderrTail, exchange: Exchange) -> None:
        child.code = await child.process.wait()
        del self._children[child.pid]
        stderr.close()
        reason = describe_exit(child.code)
        exchange.receive_pending()  # what it still said comes before its end
        exchange.handle(Exited(child.pid, reason))
        child.crash = self._crashes.exited(child.pid, child.code, reason)
        child.ended.set()


def worker_environment(count: int) -> dict[str, str]:
    """Return what `count` workers of one machine get in their environment, where nobody has said otherwise.

    On a CPU they share the cores among OpenBLAS's threads: on 16 of them 16 workers did 4.5 requests a second with
    8 threads each, and 15 with one.
    """
    if count == 1 or "OPENBLAS_NUM_THREADS" in os.environ:
        return {}
    return {"OPENBLAS_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // count))}


def _signal(process: Process, number: signal.Signals) -> None:
    # Between its end and our hearing of it there is nobody to signal.
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
