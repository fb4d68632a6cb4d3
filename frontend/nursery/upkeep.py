"""When a worker that is well is replaced all the same: it holds too much memory, or has done enough."""

from __future__ import annotations

from dataclasses import dataclass

from ...sizes import show_size
from .backoff import Backoff


@dataclass(frozen=True, slots=True)
class Overgrown:
    """It holds more memory than it may: drain it first, then start the next one."""

    reason: str
    in_vain: bool


@dataclass(frozen=True, slots=True)
class Worn:
    """It has ended as many generations as it may: start the next one first, then drain it."""

    reason: str


class Upkeep:
    """Decides for the processes that run one after the other under one name.

    Where a replacement does not help for long, the next worker is left in peace for a while, doubling from 1 s to
    32 s as after crashes: it serves meanwhile, and the memory it takes is a matter for the operator.

    Args:
        memory_limit: In bytes; 0 is off.
        max_requests: Generations; 0 is off.
    """

    def __init__(self, memory_limit: int, max_requests: int) -> None:
        self._memory_limit = memory_limit
        self._max_requests = max_requests
        self._backoff = Backoff()
        # So long after it got ready, the process that runs now is left in peace; and after a failed attempt.
        self._peace_seconds = 0.0
        self._put_off_until = 0.0

    def started(self) -> None:
        """Another process takes over."""
        self._put_off_until = 0.0

    def put_off(self, ready_seconds: float) -> None:
        """The next one did not come up: the old one, ready for so long, goes on for now."""
        self._put_off_until = ready_seconds + self._backoff.pause(0)

    def look(
        self, ready_seconds: float, footprint: int | None, fresh: int | None, ended: int
    ) -> Overgrown | Worn | None:
        """Decide what is to be done with a worker that is ready.

        Args:
            ready_seconds: For how long.
            footprint: The memory it holds, in bytes; None if that is not known.
            fresh: What it held when it got ready.
            ended: How many generations have ended on it.
        """
        if footprint is not None and 0 < self._memory_limit < footprint and ready_seconds >= self._peace_seconds:
            return self._overgrown(footprint, fresh or 0, ready_seconds)
        if self._max_requests and ended >= self._max_requests and ready_seconds >= self._put_off_until:
            return Worn(f"it has ended {ended} requests, and may end {self._max_requests}")
        return None

    def _overgrown(self, footprint: int, fresh: int, ready_seconds: float) -> Overgrown:
        self._peace_seconds = self._backoff.pause(ready_seconds)
        limit = show_size(self._memory_limit)
        reason = f"it holds {show_size(footprint)}, and may hold {limit}"
        in_vain = fresh > self._memory_limit
        if in_vain:
            reason += (
                f"; it held {show_size(fresh)} when it was fresh, so that the limit is too low to be kept: "
                f"the next one is not replaced before it was ready for {self._peace_seconds:.0f} s"
            )
        return Overgrown(reason, in_vain)
