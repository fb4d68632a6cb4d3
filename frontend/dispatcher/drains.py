"""Workers that are being emptied, or were."""

from __future__ import annotations

from dataclasses import dataclass

from ...protocol.messages import Cancel, Refused
from .events import Action, Drain, Drained, Transmit
from .loss import Losses
from .state import State, Worker, WorkerState

DISMISSED = "this worker was drained at an operator's request; start a new one to serve again"


@dataclass(slots=True)
class Draining:
    """One of them; its identity is drawn at its start, so what is said of it holds for the life of its process.

    Attributes:
        until: When what it still has is taken from it.
        successor: See `Drain`.
        over: It is empty, and whom that concerns was told.
    """

    worker: str
    pid: int
    until: float
    successor: bool
    over: bool = False


class Drains:
    """Empties workers, and remembers them by their identities, beyond their connections.

    Args:
        state: The dispatcher's.
        losses: Forgets those that are dismissed.
    """

    def __init__(self, state: State, losses: Losses) -> None:
        self._state = state
        self._losses = losses
        self._of: dict[bytes, Draining] = {}

    def __contains__(self, identity: bytes) -> bool:
        return identity in self._of

    def begin(self, order: Drain, now: float) -> None:
        """Give a worker nothing new from now on; one that is unknown or drained already is left alone."""
        worker = self._state.workers.get(order.identity)
        if worker is None or order.identity in self._of:
            return
        until = now + order.seconds
        self._of[order.identity] = Draining(worker.hello.worker, worker.hello.pid, until, order.successor)
        if worker.state is not WorkerState.LEAVING:
            worker.take_no_more(WorkerState.DRAINING)
        self._state.promised |= order.successor and not self._state.others_take(worker)

    def settle(self, now: float) -> list[Action]:
        """Let go of the draining workers that are empty, or whose time is up; a lost one is empty too."""
        actions: list[Action] = []
        for identity, drain in self._of.items():
            if drain.over:
                continue
            worker = self._state.workers.get(identity)
            if worker is not None and worker.running:
                if now < drain.until or not (drain.successor or self._state.others_take(worker)):
                    continue
                actions += self._take_away(worker, now)
            drain.over = True
            if drain.successor:
                actions.append(Drained(drain.worker, drain.pid))
            elif worker is not None:
                self._losses.forget(identity, DISMISSED, now, died=False)
                actions.append(Transmit(identity, Refused(DISMISSED)))
        return actions

    def dismissed(self, identity: bytes) -> bool:
        """Tell whether this worker is to be refused when it greets: it has nothing, and nobody ends it."""
        drain = self._of.get(identity)
        return drain is not None and not drain.successor

    def exited(self, pid: int) -> None:
        """Forget a process of our own that has ended."""
        self._of = {
            identity: drain for identity, drain in self._of.items() if not (drain.successor and drain.pid == pid)
        }

    def _take_away(self, worker: Worker, now: float) -> list[Action]:
        """Put what a living worker has back into the queue, to be resumed; what it still says of it is dropped."""
        waiting: list[int] = []
        for number in sorted(worker.running):
            if self._state.generations[number].cancelled:
                del self._state.generations[number]
            else:
                waiting.append(number)
        worker.running.clear()
        worker.kept_for = None
        self._state.wait_again(waiting, now)
        return [Transmit(worker.identity, Cancel(number)) for number in waiting]
