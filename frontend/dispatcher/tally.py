"""What workers have done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one worker, or of all.

    Attributes:
        tokens: That came from them.
        resumed: Generations that were given to a worker after another one had been lost with them, or had done a
            part of them.
    """

    tokens: int = 0
    resumed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.tokens + other.tokens, self.resumed + other.resumed)
