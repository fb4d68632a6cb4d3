"""The local workers of `mlx-serve up`: started, watched, restarted, ended.

A worker gets a pipe as its standard input, whose other end is ours: however we end, it reads the end of the
pipe and ends too. It has a session of its own, so that Ctrl-C on the terminal reaches only us.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

from .crashes import CrashRegister, StderrTail
from .dispatcher import Exited, Expecting, Retire
from .exchange import Exchange
from .settings import WorkerSettings

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 32.0
# A worker that lived so long was well: what ended it is taken for a new cause.
WELL_AFTER_SECONDS = 60.0
_END_SECONDS = 5.0


class Backoff:
    """How long to wait before a worker is started again, doubling from 1 s to 32 s."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE_SECONDS

    def pause(self, code: int, lived_seconds: float) -> float | None:
        """Return the seconds to wait after an exit, or None if starting again would not help (78)."""
        if code == os.EX_CONFIG:
            return None
        if lived_seconds >= WELL_AFTER_SECONDS:
            self._next = FIRST_PAUSE_SECONDS
        pause, self._next = self._next, min(2 * self._next, LONGEST_PAUSE_SECONDS)
        return pause


class Nursery:
    """Keeps `settings.count` workers running.

    Args:
        settings: Which workers.
        endpoint: Where they connect.
        on_empty: Called when every worker was given up.
        crashes: Is told of the processes' starts and ends.
    """

    def __init__(
        self, settings: WorkerSettings, endpoint: str, on_empty: Callable[[], None], crashes: CrashRegister
    ) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._on_empty = on_empty
        self._crashes = crashes
        self._processes: dict[int, Process] = {}
        self._stderr: dict[int, StderrTail] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._kept = settings.count

    def start(self, exchange: Exchange) -> None:
        """Start the workers; their exits are told to `exchange`."""
        self._exchange = exchange
        exchange.handle(Expecting(self._kept))
        names = [f"worker-{number}" for number in range(1, self._settings.count + 1)]
        self._keepers = [asyncio.create_task(self._keep(name)) for name in names]

    def retire(self, order: Retire) -> None:
        """Kill a worker that was given up, if it is one of ours."""
        if (process := self._processes.get(order.pid)) is not None:
            process.kill()

    async def end(self) -> None:
        """End all workers: politely, then not."""
        for keeper in self._keepers:
            keeper.cancel()
        for pid, process in self._processes.items():
            self._crashes.expect(pid)
            process.terminate()
        waits = [asyncio.create_task(process.wait()) for process in self._processes.values()]
        if not waits:
            return
        _, late = await asyncio.wait(waits, timeout=_END_SECONDS)
        if late:
            for process in self._processes.values():
                if process.returncode is None:
                    process.kill()
            await asyncio.wait(late)
        for stderr in self._stderr.values():
            stderr.close()

    def kill(self) -> None:
        """End all workers at once."""
        for process in self._processes.values():
            if process.returncode is None:
                process.kill()

    async def _keep(self, name: str) -> None:
        backoff = Backoff()
        while True:
            started = time.monotonic()
            try:
                process = await self._spawn(name)
            except OSError as error:  # no memory or no descriptors now, perhaps later
                log.error("%s can't be started: %s", name, error)  # noqa: TRY400 - a sentence is enough
                await asyncio.sleep(LONGEST_PAUSE_SECONDS)
                continue
            log.info("started %s (process %d)", name, process.pid)
            code = await process.wait()
            del self._processes[process.pid]
            self._stderr.pop(process.pid).close()
            reason = describe_exit(code)
            self._exchange.receive_pending()  # what it still said comes before its end
            self._exchange.handle(Exited(process.pid, reason))
            self._crashes.exited(process.pid, code, reason)
            pause = backoff.pause(code, time.monotonic() - started)
            if pause is None:
                log.error("%s can't serve (%s) and is not started again", name, reason)
                break
            log.warning("%s ended: %s; starting it again in %.0f s", name, reason, pause)
            await asyncio.sleep(pause)
        self._kept -= 1
        self._exchange.handle(Expecting(self._kept))
        if not self._kept:
            self._on_empty()

    async def _spawn(self, name: str) -> Process:
        command = [sys.executable, "-m", "mlx_llm_server", "worker", "--lifeline"]
        command += ["--name", name, "--connect", self._endpoint, *self._settings.arguments]
        stderr = StderrTail()
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stderr=stderr.write_end, start_new_session=True
            )
        except BaseException:
            stderr.close()
            raise
        finally:
            stderr.given()
        self._processes[process.pid] = process
        self._stderr[process.pid] = stderr
        self._crashes.started(process.pid, name, stderr.lines)
        return process


def describe_exit(code: int) -> str:
    """Return what a process's return code says, in words."""
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}"
