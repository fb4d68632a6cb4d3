"""One process in the place of another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from ..exchange import Exchange
from .children import Child, Children
from .restarts import Restarts, describe_exit
from .upkeep import Upkeep

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Slot:
    """The place of one worker, whose processes come and go.

    Attributes:
        child: The process in it; None while the next one is to be started.
        successor: The process that takes over when that one ends.
        change: What is being done to replace it.
    """

    name: str
    restarts: Restarts
    upkeep: Upkeep
    child: Child | None = None
    successor: Child | None = None
    change: asyncio.Task[str | None] | None = None

    @property
    def changing(self) -> bool:
        """Whether its process is being replaced."""
        return self.change is not None and not self.change.done()


class Replacer:
    """Replaces the processes of slots; a slot's keeper puts the next one in once the old one has ended.

    Args:
        children: The processes.
        drain: Tells the dispatcher to drain one; it says when that is done.
    """

    def __init__(self, children: Children, drain: Callable[[Child], None]) -> None:
        self._children = children
        self._drain = drain
        # Two models more than there are workers need not fit into the machine.
        self._starting = asyncio.Lock()

    async def start_first(self, slot: Slot, exchange: Exchange) -> str | None:
        """Replace a worker by one that is ready. Return None, or why it stays as it is."""
        async with self._starting:
            if (old := slot.child) is None:
                return None  # a new one comes anyway
            try:
                new = slot.successor = await self._children.start(slot.name, exchange)
            except OSError as error:
                return f"another {slot.name} can't be started: {error}"
            if (failure := await self._wait_until_ready(new)) is not None:
                if slot.successor is new:
                    slot.successor = None
                return f"the new {slot.name} (process {new.pid}) {failure}"
        await self._empty_and_end(old)
        return None

    async def drain_first(self, slot: Slot) -> None:
        """End a worker when it is empty; the next one is started then."""
        if slot.child is not None:
            await self._empty_and_end(slot.child)

    async def _wait_until_ready(self, new: Child) -> str | None:
        # One whose loading stands still is given up by the dispatcher, and ends too.
        await _any_of(new.ready, new.ended)
        if not new.ended.is_set():
            return None
        dossier = f" (crash {new.crash})" if new.crash else ""
        return f"ended: {describe_exit(new.code)}{dossier}"

    async def _empty_and_end(self, old: Child) -> None:
        if not old.ended.is_set():
            self._drain(old)
            await _any_of(old.drained, old.ended)
        if not old.ended.is_set():
            await self._children.end(old)


async def _any_of(*events: asyncio.Event) -> None:
    """Wait until one of these has happened."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
