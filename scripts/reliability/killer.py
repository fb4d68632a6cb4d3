"""One worker process after another is sent a signal, and the time is taken until there is a new one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

SIGNALS = {name: signal.Signals[f"SIG{name}"] for name in ("KILL", "STOP", "TERM", "ABRT", "SEGV")}
# A worker that keeps dying is started again after 32 s at the latest, then loads.
RECOVERY = 120.0
_POLL = 0.05

# What `/ready` says of a worker.
Worker = dict[str, Any]


@dataclass(slots=True)
class Kill:
    """A signal sent to a worker.

    Attributes:
        at: When, in seconds of `perf_counter`.
        signal: Its name without SIG.
        worker: The worker's name, which its successor will have too.
        pid: The process, which its successor will not be.
        begun: Answers that the worker had begun then.
        back: When another process of that name was ready; None if not yet.
    """

    at: float
    signal: str
    worker: str
    pid: int
    begun: int
    back: float | None = None


def candidates(workers: list[Worker], kills: list[Kill]) -> list[Worker]:
    """Return the workers that are ready and were not sent a signal."""
    killed = {kill.pid for kill in kills}
    return [worker for worker in workers if worker["state"] == "ready" and worker["pid"] not in killed]


def note_recoveries(workers: list[Worker], kills: list[Kill], now: float) -> None:
    """Set `back` of the kills whose worker has a successor that is ready."""
    ready = {worker["name"] for worker in candidates(workers, kills)}
    for kill in kills:
        if kill.back is None and kill.worker in ready:
            kill.back = now


class Killer:
    """Kills local workers of a server, and watches those that die.

    Args:
        url: The server's.
        workers: How many it has.
        signals: Names of `SIGNALS`, sent in turn.
        every: Seconds from one death to the next, or longer: at most `down` workers are missing at a time, and
            only one that has work is killed.
        down: See above.
        seed: Chooses who dies.
    """

    def __init__(self, url: str, workers: int, signals: list[str], every: float, down: int, seed: int) -> None:
        self.kills: list[Kill] = []
        self._url = url
        self._workers = workers
        self._signals = signals
        self._every = every
        self._down = down
        self._rng = random.Random(seed)  # noqa: S311 - chance, not secrets
        self._seen: set[int] = set()
        self._present: set[int] = set()

    @property
    def unexplained(self) -> int:
        """How many workers that were ready are gone without a signal of ours."""
        return len(self._seen - self._present - {kill.pid for kill in self.kills})

    async def run(self) -> None:
        """Kill for ever."""
        due = perf_counter() + self._every
        while True:
            workers = await self._look()
            if perf_counter() >= due and self._kill(workers):
                due = perf_counter() + self._every
            await asyncio.sleep(_POLL)

    async def all_ready(self) -> bool:
        """Wait until the server has all its workers; False if it has not after `RECOVERY` seconds."""
        end = perf_counter() + RECOVERY
        while len(candidates(await self._look(), self.kills)) < self._workers:
            if perf_counter() > end:
                return False
            await asyncio.sleep(_POLL)
        return True

    async def _look(self) -> list[Worker]:
        """Return the server's workers.

        Raises:
            RuntimeError: the server does not answer.
        """
        try:
            answer = await AsyncHTTPClient().fetch(f"{self._url}/ready", raise_error=False)
        except (OSError, HTTPClientError) as error:
            raise RuntimeError(f"the frontend does not answer: {error!r}") from error
        workers = json.loads(answer.body)["workers"]
        note_recoveries(workers, self.kills, perf_counter())
        self._present = {worker["pid"] for worker in workers if worker["state"] == "ready"}
        self._seen |= self._present
        return workers

    def _kill(self, workers: list[Worker]) -> bool:
        living = candidates(workers, self.kills)
        # The death of one that has nothing to do shows nothing.
        busy = [worker for worker in living if worker["running"]]
        if len(living) <= self._workers - self._down or not busy:
            return False
        victim = self._rng.choice(busy)
        name = self._signals[len(self.kills) % len(self._signals)]
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim["pid"], SIGNALS[name])
            self.kills.append(Kill(perf_counter(), name, victim["name"], victim["pid"], victim["begun"]))
            return True
        return False
