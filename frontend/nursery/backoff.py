"""How long to wait before something that went wrong is tried again."""

from __future__ import annotations

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 32.0
# What was well for so long has a new cause if it goes wrong.
WELL_AFTER_SECONDS = 60.0


class Backoff:
    """No pause after all was well for long, else pauses that double from 1 s to 32 s."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE_SECONDS

    def pause(self, well_seconds: float) -> float:
        """Return the seconds to wait, after all had been well for so long."""
        if well_seconds >= WELL_AFTER_SECONDS:
            self._next = FIRST_PAUSE_SECONDS
            return 0.0
        pause, self._next = self._next, min(2 * self._next, LONGEST_PAUSE_SECONDS)
        return pause
