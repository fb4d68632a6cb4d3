"""Requests that killed a worker which ran nothing else: they are not tried again for a while."""

from __future__ import annotations

from dataclasses import dataclass

from ...protocol.messages import Generate
from .events import Failure, Why
from .fingerprint import fingerprint


@dataclass(frozen=True, slots=True)
class Conviction:
    """A request's content that is refused.

    Attributes:
        since: When it was convicted, on the dispatcher's clock.
        until: When that is forgotten.
        reason: How its last worker ended, and the id of that crash.
    """

    fingerprint: str
    since: float
    until: float
    reason: str


class Convictions:
    """Remembers convicted requests by their fingerprints.

    Args:
        seconds: How long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[str, Conviction] = {}

    def convict(self, request: Generate, reason: str, now: float) -> Failure:
        """Remember a request, and return what its client hears."""
        mark = fingerprint(request)
        self._known[mark] = Conviction(mark, now, now + self._seconds, reason)
        return _failure(f"This request crashed ({reason}) every worker that ran it")

    def refusal(self, request: Generate, now: float) -> Failure | None:
        """Return what a client hears whose request was convicted before, or None."""
        known = self._known.get(fingerprint(request)) if self._known else None
        if known is None:
            return None
        return _failure(
            f"This request was sent before, {now - known.since:.0f} s ago, and crashed every worker that ran it"
        )

    def all(self) -> list[Conviction]:
        """Return what is refused now, the oldest first."""
        return list(self._known.values())

    def pardon(self, fingerprint: str) -> None:
        """Forget one, if it is known."""
        self._known.pop(fingerprint, None)

    def forget_old(self, now: float) -> None:
        """Forget those whose time is over."""
        self._known = {mark: known for mark, known in self._known.items() if now <= known.until}


def _failure(sentence: str) -> Failure:
    return Failure(
        Why.CONVICTED,
        f"{sentence}, at last one that ran nothing else. It is not tried again for a while.",
        code="request_crashes_worker",
    )
