"""Plans for `saboteur.py`, which waits for them in the processes of a server."""

from __future__ import annotations

import itertools
from pathlib import Path

import psutil

from . import saboteur
from .hooks import hook
from .servers import until


class Sabotage:
    """A folder of plans.

    Args:
        folder: An empty one.

    Attributes:
        env: Brings the saboteur into a process and its children.
    """

    def __init__(self, folder: Path) -> None:
        self._plans = folder / "plans"
        self._plans.mkdir()
        path = hook(folder, Path(saboteur.__file__).read_text())
        self.env = {"PYTHONPATH": path, "SABOTAGE": str(self._plans)}
        self._seeds = itertools.count(1000)

    def plan(self, phase: str, fault: str) -> int:
        """Plan a fault, and return the seed of the request that meets it."""
        seed = next(self._seeds)
        self._plan(str(seed), phase, fault)
        return seed

    def plan_for_loading(self, fault: str) -> None:
        """Plan a fault for the next worker that loads its model."""
        self._plan("loading", "loading", fault)

    def wait_until_met(self, name: str) -> None:
        """Wait until the fault of a seed, or of `loading`, has been done."""
        until(lambda: not (self._plans / name).exists(), "the fault is met")

    def _plan(self, name: str, phase: str, fault: str) -> None:
        new = self._plans.with_name("plan")
        new.write_text(f"{phase} {fault}")
        new.rename(self._plans / name)


def stopped(pids: set[int]) -> psutil.Process:
    """Return the process of these that a signal has stopped, once there is one."""
    found = until(
        lambda: [p for p in map(psutil.Process, pids) if p.status() == psutil.STATUS_STOPPED],
        "a process stands still",
    )
    (process,) = found
    return process
