"""The replacement of all workers, one after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from .children import Child
from .replacer import Slot

log = logging.getLogger(__name__)


class Rolling:
    """Replaces what is in each slot at its beginning, and stops at the first that can't be replaced.

    Args:
        replace: Replaces a slot's process, a new one first; returns None, or why that can't be.
    """

    def __init__(self, replace: Callable[[Slot], Awaitable[str | None]]) -> None:
        self._replace = replace
        self._task: asyncio.Task[None] | None = None
        self._todo: list[tuple[Slot, Child]] = []
        self._done: list[str] = []
        self._error: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether workers are being replaced."""
        return self._task is not None and not self._task.done()

    def begin(self, slots: Sequence[Slot]) -> None:
        """Begin; a slot without a process gets a new one anyway."""
        self._todo = [(slot, slot.child) for slot in slots if slot.child is not None]
        self._done, self._error = [], None
        log.info("replacing all workers: %s", ", ".join(slot.name for slot, _ in self._todo) or "none runs")
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Leave it as it is."""
        if self._task is not None:
            self._task.cancel()

    def describe(self) -> dict[str, Any]:
        """Return how far it is, or how the last one ended, as JSON."""
        return {
            "under_way": self.under_way,
            "replaced": list(self._done),
            "waiting": [slot.name for slot, _ in self._todo],
            "error": self._error,
        }

    async def _run(self) -> None:
        while self._todo:
            slot, old = self._todo[0]
            if slot.change is not None and slot.changing:
                await asyncio.wait([slot.change])
            if slot.child is old and (error := await self._replace(slot)) is not None:
                self._error = error
                log.error("%s; the old one goes on, and so do those after it", error)
                return
            self._done.append(slot.name)
            del self._todo[0]
        log.info("all workers are replaced")
