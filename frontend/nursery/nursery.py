"""Keeps a process running for each local worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from ..crashes import CrashRegister
from ..dispatcher import BecameReady, Drain, Expecting, ProcessNews
from ..exchange import Exchange
from ..memory import footprint_bytes
from ..settings import WorkerSettings
from .backoff import LONGEST_PAUSE_SECONDS
from .children import Child, Children, worker_environment
from .replacer import Replacer, Slot
from .restarts import Restarts, describe_exit
from .rolling import Rolling
from .upkeep import Overgrown, Upkeep, Worn

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0


class Nursery:
    """Keeps `settings.count` workers running.

    Args:
        settings: Which workers.
        endpoint: Where they connect.
        drain_seconds: How long a worker that is replaced may go on with what it has.
        on_empty: Called when every worker was given up.
        crashes: Is told of the processes' starts and ends.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        endpoint: str,
        drain_seconds: float,
        on_empty: Callable[[], None],
        crashes: CrashRegister,
    ) -> None:
        self._settings = settings
        self._drain_seconds = drain_seconds
        self._on_empty = on_empty
        self._children = Children(endpoint, settings.arguments, worker_environment(settings.count), crashes)
        self._replacer = Replacer(self._children, self._drain)
        self._rolling = Rolling(self._renew)
        self._slots = [self._slot(f"worker-{number}") for number in range(1, settings.count + 1)]
        self._tasks: list[asyncio.Task[None]] = []

    def _slot(self, name: str) -> Slot:
        return Slot(name, Restarts(name), Upkeep(self._settings.memory_limit, self._settings.max_requests))

    def start(self, exchange: Exchange) -> None:
        """Start the workers; their exits are told to `exchange`."""
        self._exchange = exchange
        self._tell_what_to_expect()
        self._tasks = [asyncio.create_task(self._keep(slot)) for slot in self._slots]
        self._tasks.append(asyncio.create_task(self._look_after()))

    def hear(self, news: ProcessNews) -> None:
        """Take what the dispatcher says of a process, which need not be one of ours."""
        child = self._children.hear(news)
        slot = None if child is None else self._slot_of(child.pid)
        if slot is not None and isinstance(news, BecameReady) and slot.child is child:
            slot.restarts.became_ready()
            self._tell_what_to_expect()

    # --- operators ---

    def keeps(self, pid: int) -> bool:
        """Tell whether a process is one of ours."""
        return self._slot_of(pid) is not None

    def drain(self, pid: int) -> bool:
        """Drain one of our workers, end it, and start a new one; return False if it is being replaced already."""
        slot = self._slot_of(pid)
        if slot is None or slot.child is None or slot.changing:
            return False
        self._drain(slot.child)  # at once, so that whoever asked sees it
        log.info("%s (process %d) is drained and replaced: an operator wants it", slot.name, pid)
        self._change(slot, self._replacer.drain_first(slot))
        return True

    def replace_all(self) -> bool:
        """Begin to replace all workers, one after the other; return False if that is under way already."""
        if self._rolling.under_way:
            return False
        self._rolling.begin(self._slots)
        return True

    def describe_replacement(self) -> dict[str, Any]:
        """Return how far the replacement of all workers is, or how the last one ended, as JSON."""
        return self._rolling.describe()

    # --- the end ---

    async def end(self) -> None:
        """End all workers: politely, then not."""
        self._rolling.stop()
        for task in [*self._tasks, *(slot.change for slot in self._slots if slot.change is not None)]:
            task.cancel()
        await self._children.end_all()

    # --- inside ---

    def _slot_of(self, pid: int) -> Slot | None:
        for slot in self._slots:
            if any(child is not None and child.pid == pid for child in (slot.child, slot.successor)):
                return slot
        return None

    async def _keep(self, slot: Slot) -> None:
        while True:
            if slot.successor is not None:
                child, slot.successor = slot.successor, None
            else:
                try:
                    child = await self._children.start(slot.name, self._exchange)
                except OSError as error:  # no memory or no descriptors now, perhaps later
                    log.error("%s can't be started: %s", slot.name, error)  # noqa: TRY400 - a sentence is enough
                    await asyncio.sleep(LONGEST_PAUSE_SECONDS)
                    continue
            slot.child = child
            slot.upkeep.started()
            if child.ready.is_set():
                slot.restarts.became_ready()
            await child.ended.wait()
            slot.child = None
            if not child.told_to_end and slot.successor is None and not await self._recover(slot, child):
                break
        self._slots.remove(slot)
        self._tell_what_to_expect()
        if not self._slots:
            self._on_empty()

    async def _recover(self, slot: Slot, child: Child) -> bool:
        """Wait until it is time for the next process; return False if there is to be none."""
        reason = describe_exit(child.code)
        pause = slot.restarts.ended(child.code, child.ready_seconds, child.crash)
        if pause is None:
            log.error("%s can't serve (%s) and is not started again", slot.name, reason)
            return False
        log.warning("%s ended: %s; starting it again in %.0f s", slot.name, reason, pause)
        self._tell_what_to_expect()
        await asyncio.sleep(pause)
        return True

    def _tell_what_to_expect(self) -> None:
        """Tell how many workers are kept, and what is wrong if none of them is likely to get ready."""
        troubles = [slot.restarts.trouble for slot in self._slots]
        known = [trouble for trouble in troubles if trouble is not None]
        trouble = "; ".join(known) if known and len(known) == len(troubles) else None
        self._exchange.handle(Expecting(len(self._slots), trouble))

    # --- changes ---

    def _change(self, slot: Slot, doing: Coroutine[Any, Any, str | None]) -> asyncio.Task[str | None]:
        slot.change = asyncio.create_task(doing)
        return slot.change

    async def _renew(self, slot: Slot) -> str | None:
        return await self._change(slot, self._replacer.start_first(slot, self._exchange))

    def _drain(self, child: Child) -> None:
        for worker in self._exchange.dispatcher.workers:
            if (worker.hello.pid, worker.hello.worker) == (child.pid, child.name):
                self._exchange.handle(Drain(worker.identity, self._drain_seconds, successor=True))
                return
        child.drained.set()  # it has not greeted, or was given up

    async def _look_after(self) -> None:
        """See about once a second whether a worker holds too much, or has done enough."""
        if not (self._settings.memory_limit or self._settings.max_requests):
            return
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            ended = {(w.hello.pid, w.hello.worker): w.ended for w in self._exchange.dispatcher.workers}
            for slot in self._slots:
                if slot.child is not None and not slot.changing:
                    self._look_at(slot, slot.child, ended.get((slot.child.pid, slot.name), 0))

    def _look_at(self, slot: Slot, child: Child, ended: int) -> None:
        ready_seconds = child.ready_seconds
        if ready_seconds is None:
            return
        footprint = footprint_bytes(child.pid) if self._settings.memory_limit else None
        match slot.upkeep.look(ready_seconds, footprint, child.fresh_bytes, ended):
            case Overgrown(reason, in_vain):
                level = logging.ERROR if in_vain else logging.WARNING
                log.log(level, "%s (process %d) is replaced: %s", slot.name, child.pid, reason)
                self._change(slot, self._replacer.drain_first(slot))
            case Worn(reason):
                log.info("%s (process %d) is replaced: %s", slot.name, child.pid, reason)
                self._change(slot, self._renew_worn(slot, child))

    async def _renew_worn(self, slot: Slot, child: Child) -> str | None:
        if (error := await self._replacer.start_first(slot, self._exchange)) is not None:
            log.error("%s; the old one goes on", error)
            slot.upkeep.put_off(child.ready_seconds or 0)
        return error
