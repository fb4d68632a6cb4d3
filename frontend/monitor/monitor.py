"""Looks at the dispatcher once a second, and remembers."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from ..crashes import CrashRegister
from ..dispatcher import Dispatcher, Worker
from .history import RATE_SAMPLES, History, Sample, mean_rate

LOOK_SECONDS = 1.0
_HAPPENINGS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that an operator wants to know of.

    Attributes:
        time: Unix seconds; up to a second late, but for deaths.
        kind: A state that a worker came to (`loading`, `ready`, `draining`, `leaving`), `left`, `died`, or
            `resumed`: it goes on with answers that another one had begun.
        generations: How many it had when it died, or resumed.
        crash: The id of a death, for `/admin/crashes`.
        reason: How a death was seen.
        exit: How the process then ended, once that is known.
    """

    time: float
    kind: str
    worker: str
    pid: int
    generations: int = 0
    crash: str | None = None
    reason: str | None = None
    exit: str | None = None


@dataclass(slots=True)
class _Seen:
    """A worker as it was when it was last looked at."""

    name: str
    pid: int
    state: str
    tokens: int
    resumed: int
    rates: list[float] = field(default_factory=list)


class Monitor:
    """Remembers what the dispatcher's state was, and what changed.

    Args:
        dispatcher: Is looked at, and never changed.
        crashes: Knows the deaths, and what processes hold.
        started: Now, in Unix seconds.
    """

    def __init__(self, dispatcher: Dispatcher, crashes: CrashRegister, started: float) -> None:
        self.started = started
        self.history = History()
        self._dispatcher = dispatcher
        self._crashes = crashes
        self._happenings: deque[Happening] = deque(maxlen=_HAPPENINGS_KEPT)
        self._seen: dict[bytes, _Seen] = {}
        self._looked_at: float | None = None
        self._tokens = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look once a second from now on, on the running event loop."""
        self._look_and_wait(asyncio.get_running_loop())

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def look(self, now: float, wall: float) -> None:
        """Take a sample.

        Args:
            now: On the dispatcher's clock.
            wall: In Unix seconds.
        """
        since, self._looked_at = self._looked_at, now
        seconds = 0.0 if since is None else now - since
        self._compare_workers(seconds, round(wall, 3))
        tokens, self._tokens = self._tokens, self._dispatcher.tally.tokens
        if since is None or seconds <= 0:
            return
        waited = self._dispatcher.first_tokens(since)
        workers = self._dispatcher.workers
        self.history.add(
            Sample(
                time=round(wall, 3),
                tokens_per_second=round((self._tokens - tokens) / seconds, 1),
                ttft_seconds=round(statistics.median(waited), 4) if waited else None,
                running=sum(len(worker.running) for worker in workers),
                queued=self._dispatcher.queued,
                memory_bytes=sum(self._crashes.memory.get(worker.hello.pid, 0) for worker in workers),
            )
        )

    def tokens_per_second(self, worker: Worker) -> float:
        """Return a worker's rate of the last seconds."""
        seen = self._seen.get(worker.identity)
        return mean_rate(seen.rates) if seen is not None else 0.0

    @property
    def happenings(self) -> list[Happening]:
        """What happened lately, the newest first."""
        deaths = [
            Happening(
                time=datetime.fromisoformat(dossier.time).timestamp(),
                kind="died",
                worker=dossier.worker,
                pid=dossier.pid,
                generations=len(dossier.generations),
                crash=dossier.id,
                reason=dossier.reason,
                exit=dossier.exit,
            )
            for dossier in self._crashes.recent
        ]
        # The sort is stable: of one time, what came later is before what came earlier.
        known = sorted([*reversed(self._happenings), *reversed(deaths)], key=lambda each: each.time, reverse=True)
        return known[:_HAPPENINGS_KEPT]

    # --- inside ---

    def _look_and_wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self.look(loop.time(), time.time())
        self._timer = loop.call_later(LOOK_SECONDS, self._look_and_wait, loop)

    def _compare_workers(self, seconds: float, wall: float) -> None:
        """Find what became of each worker since the last look."""
        workers = {worker.identity: worker for worker in self._dispatcher.workers}
        dead = {(dossier.worker, dossier.pid) for dossier in self._crashes.recent}
        for identity in self._seen.keys() - workers.keys():
            seen = self._seen.pop(identity)
            if (seen.name, seen.pid) not in dead:
                self._happenings.append(Happening(wall, "left", seen.name, seen.pid))
        for identity, worker in workers.items():
            name, pid, state = worker.hello.worker, worker.hello.pid, worker.state.value
            seen = self._seen.get(identity)
            if seen is None:
                seen = self._seen[identity] = _Seen(name, pid, "", 0, 0)
            if state != seen.state:
                self._happenings.append(Happening(wall, state, name, pid))
            resumed = worker.resumed - seen.resumed
            if resumed:
                self._happenings.append(Happening(wall, "resumed", name, pid, resumed))
            if seconds > 0:
                rate = (worker.tokens - seen.tokens) / seconds
                seen.rates = [*seen.rates, rate][-RATE_SAMPLES:]
            seen.state, seen.tokens, seen.resumed = state, worker.tokens, worker.resumed
