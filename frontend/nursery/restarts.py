"""What the end of a worker's process means for the next one: when it is started, and whether there is hope."""

from __future__ import annotations

import os
import signal

from .backoff import Backoff

# After so many ends in a row before it was ready, a worker is not expected to get ready soon.
HOPELESS_AFTER = 5


class Restarts:
    """Decides for the processes that run one after the other under one name.

    Attributes:
        trouble: Why the next one is not likely to get ready, in a sentence's part; None while there is hope.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._backoff = Backoff()
        self._in_vain = 0
        self.trouble: str | None = None

    def became_ready(self) -> None:
        """The process that runs now is ready."""
        self._in_vain = 0
        self.trouble = None

    def ended(self, code: int, ready_seconds: float | None, crash: str | None) -> float | None:
        """Take the end of a process that nobody had ended, and return when to start the next one.

        Args:
            code: As `subprocess` has it: negative for a signal.
            ready_seconds: How long it had been ready; None if it never was.
            crash: The id of its dossier, if it has one.

        Returns:
            The seconds to wait, or None if starting again would not help (78).
        """
        if code == os.EX_CONFIG:
            return None
        pause = self._backoff.pause(ready_seconds or 0)
        self._in_vain = self._in_vain + 1 if ready_seconds is None else 0
        if self._in_vain >= HOPELESS_AFTER:
            dossier = f" (crash {crash})" if crash else ""
            self.trouble = (
                f"{self._name} ended {self._in_vain} times in a row before it was ready, the last time with "
                f"{describe_exit(code)}{dossier}; it is tried again in {pause:.0f} s"
            )
        return pause


def describe_exit(code: int) -> str:
    """Return what a process's return code says, in words."""
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}"
