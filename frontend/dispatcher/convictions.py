"""Requests that killed a worker which ran nothing else: they are not tried again for a while."""

from __future__ import annotations

from ...protocol.messages import Generate
from .events import Failure, Why
from .fingerprint import fingerprint


class Convictions:
    """Remembers convicted requests by their fingerprints.

    Args:
        seconds: How long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[str, float] = {}

    def convict(self, request: Generate, reason: str, now: float) -> Failure:
        """Remember a request, and return what its client hears."""
        self._since[fingerprint(request)] = now
        return _failure(f"This request crashed ({reason}) every worker that ran it")

    def refusal(self, request: Generate, now: float) -> Failure | None:
        """Return what a client hears whose request was convicted before, or None."""
        since = self._since.get(fingerprint(request)) if self._since else None
        if since is None:
            return None
        return _failure(
            f"This request was sent before, {now - since:.0f} s ago, and crashed every worker that ran it"
        )

    def forget_old(self, now: float) -> None:
        """Forget those whose time is over."""
        self._since = {mark: since for mark, since in self._since.items() if now - since <= self._seconds}


def _failure(sentence: str) -> Failure:
    return Failure(
        Why.CONVICTED,
        f"{sentence}, at last one that ran nothing else. It is not tried again for a while.",
        code="request_crashes_worker",
    )
