"""Workers that are being emptied, or were."""

from __future__ import annotations

from dataclasses import dataclass

from ...protocol.messages import Hello
from .events import Drain

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
    """Remembers them by their identities, beyond their connections."""

    def __init__(self) -> None:
        self._of: dict[bytes, Draining] = {}

    def __contains__(self, identity: bytes) -> bool:
        return identity in self._of

    def begin(self, order: Drain, hello: Hello, now: float) -> None:
        """Remember a worker that is to be emptied."""
        self._of[order.identity] = Draining(hello.worker, hello.pid, now + order.seconds, order.successor)

    def under_way(self) -> list[tuple[bytes, Draining]]:
        """Return those that may still have something."""
        return [(identity, drain) for identity, drain in self._of.items() if not drain.over]

    def dismissed(self, identity: bytes) -> bool:
        """Tell whether this worker is to be refused when it greets: it has nothing, and nobody ends it."""
        drain = self._of.get(identity)
        return drain is not None and not drain.successor

    def exited(self, pid: int) -> None:
        """Forget a process of our own that has ended."""
        self._of = {
            identity: drain for identity, drain in self._of.items() if not (drain.successor and drain.pid == pid)
        }
