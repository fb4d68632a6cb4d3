"""Joins what the dispatcher knows of a death with how the process ended, and has it written."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ...protocol.endpoints import EndpointError
from ..dispatcher import Cause, Lost
from ..memory import footprint_bytes
from .dossier import Dossier, of_loss
from .stderr import LastLines
from .store import CrashStore

log = logging.getLogger(__name__)

# A worker that was lost is often a process that is just ending: its dossier waits so long for the exit.
EXIT_SECONDS = 2.0
# Deaths that are remembered without looking at files.
_RECENT = 100


@dataclass
class _Child:
    """A worker of our own.

    Attributes:
        expected: We told it to end.
        dossier: Of its last loss; its process has not ended since.
        settling: Writes that dossier if the exit does not come soon.
    """

    name: str
    stderr: LastLines
    expected: bool = False
    dossier: Dossier | None = None
    settling: asyncio.TimerHandle | None = None


class CrashRegister:
    """Makes one dossier of each death; lives on the event loop, and writes on a thread of its own.

    An end that was asked for is no death: that of a worker that said that it leaves and had nothing left to do,
    and that of a child which `expect` was called for.

    Args:
        store: Keeps the dossiers.
        endpoint: Where workers connect.
        on_death: Is told of each death once, by how it was seen: a `Cause`, or `start` if it never greeted.
    """

    def __init__(self, store: CrashStore, endpoint: str, on_death: Callable[[str], None]) -> None:
        self._store = store
        self._endpoint = endpoint
        self._on_death = on_death
        self._children: dict[int, _Child] = {}
        self._memory: dict[int, int] = {}
        self._recent: dict[str, Dossier] = {}
        self._deaths = 0
        # One thread: a dossier that is written twice keeps the later content.
        self._writer = ThreadPoolExecutor(1, "crashes")

    # --- the nursery's news ---

    def started(self, pid: int, name: str, stderr: LastLines) -> None:
        """We have started a worker."""
        self._children[pid] = _Child(name, stderr)

    def expect(self, pid: int) -> None:
        """We are about to end a worker: nothing of that is a crash."""
        if (child := self._children.get(pid)) is not None:
            child.expected = True

    def exited(self, pid: int, code: int, words: str) -> str | None:
        """A worker that we have started has ended, and the dispatcher was told so.

        Args:
            pid: Its process.
            code: As `subprocess` has it: negative for a signal.
            words: The same for a person.

        Returns:
            The id of its dossier; None if its end is no crash.
        """
        child = self._children.pop(pid)
        if child.settling is not None:
            child.settling.cancel()
        dossier = child.dossier
        if child.expected or (code == 0 and (dossier is None or _went_by_itself(dossier))):
            return None
        if dossier is None:  # it never came so far as to greet
            dossier = Dossier(
                id=secrets.token_hex(5),
                time=_now(),
                endpoint=self._endpoint,
                worker=child.name,
                pid=pid,
                own=True,
                state="starting",
                reason=words,
                memory_bytes=self._memory.get(pid),
            )
            log.warning(
                "%s (process %d) ended before it greeted: %s; crash %s", child.name, pid, words, dossier.id
            )
            self._on_death("start")
        elif _went_by_itself(dossier):
            log.warning("%s (process %d) left badly: %s; crash %s", child.name, pid, words, dossier.id)
            self._on_death(Cause.EXIT.value)
        self._keep(replace(dossier, exit=words, exit_code=code, stderr=child.stderr.read()))
        return dossier.id

    # --- the exchange's news ---

    def lost(self, lost: Lost) -> None:
        """The dispatcher has lost a worker."""
        child = self._children.get(lost.pid)
        if child is not None and child.name != lost.worker:
            child = None  # a process of another machine or container, whose number is also one of ours
        if child is not None and child.expected:
            return
        dossier = of_loss(
            lost,
            time=_now(),
            endpoint=self._endpoint,
            own=child is not None,
            memory_bytes=self._memory.get(lost.pid),
        )
        if _went_by_itself(dossier):
            log.info("worker %s (process %d) left: %s", lost.worker, lost.pid, lost.reason)
        else:
            self._remember(dossier)
            log.warning(
                "worker %s (process %d) is lost: %s; crash %s", lost.worker, lost.pid, lost.reason, lost.crash
            )
            self._on_death(lost.cause.value)
        if child is None:
            self._settle(dossier)
            return
        if child.settling is not None:  # lost, back, and lost again
            child.settling.cancel()
            self._settle_child(child)
        child.dossier = dossier
        child.settling = asyncio.get_running_loop().call_later(EXIT_SECONDS, self._settle_child, child)

    def observe(self, pids: Iterable[int]) -> None:
        """Look at the memory of these processes and of our own children; call it about once a second."""
        now = {pid: footprint_bytes(pid) or self._memory.get(pid) for pid in {*pids, *self._children}}
        self._memory = {pid: size for pid, size in now.items() if size is not None}

    # --- those who ask ---

    @property
    def memory(self) -> Mapping[int, int]:
        """The bytes that workers' processes held when they were last looked at, by process."""
        return self._memory

    @property
    def recent(self) -> list[Dossier]:
        """The latest deaths, the newest last, also where no files are kept."""
        return list(self._recent.values())

    @property
    def deaths(self) -> int:
        """How many there were."""
        return self._deaths

    async def dossiers(self) -> list[dict[str, Any]]:
        """Return what is kept, the newest first."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._store.dossiers)

    async def find(self, crash: str) -> dict[str, Any] | None:
        """Return one dossier, or None if there is none."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._store.find, crash)

    def close(self) -> None:
        """Write what still waits for an exit, and end."""
        for child in self._children.values():
            if child.settling is not None:
                child.settling.cancel()
                self._settle_child(child)
        self._writer.shutdown()

    # --- inside ---

    def _settle_child(self, child: _Child) -> None:
        child.settling = None
        if child.dossier is not None and not child.expected:
            self._settle(replace(child.dossier, stderr=child.stderr.read()))

    def _settle(self, dossier: Dossier) -> None:
        """Write a dossier without an exit; if that comes after all, it is written again."""
        if not _went_by_itself(dossier):
            self._keep(dossier)

    def _remember(self, dossier: Dossier) -> None:
        """Take a death, or what is known of one by now."""
        self._deaths += dossier.id not in self._recent
        self._recent[dossier.id] = dossier
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]

    def _keep(self, dossier: Dossier) -> None:
        self._remember(dossier)
        self._writer.submit(self._write, dossier)

    def _write(self, dossier: Dossier) -> None:
        try:
            self._store.write(dossier)
        except (OSError, EndpointError) as error:
            log.error("the dossier of crash %s can't be written: %s", dossier.id, error)  # noqa: TRY400 - a sentence
        except Exception:  # whatever it is, serving goes on
            log.exception("the dossier of crash %s can't be written", dossier.id)


def _went_by_itself(dossier: Dossier) -> bool:
    return dossier.state == "leaving" and not dossier.generations


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
