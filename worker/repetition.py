"""Sees when a generation goes round in a circle: the same few tokens, over and over.

All state is a function of the token ids, so that a generation can be replayed from them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

LONGEST_CIRCLE = 64
# Short circles may be meant (a line of dashes, a row of zeros); no text means one this long.
LEAST_TOKENS = 128
LEAST_ROUNDS = 8


class RepetitionGuard:
    """Watches the tokens of one generation.

    A circle is up to `LONGEST_CIRCLE` tokens that came `LEAST_ROUNDS` times in a row, and so often that they are
    `LEAST_TOKENS` tokens in all.

    Args:
        before: The tokens that it has already.
    """

    def __init__(self, before: Iterable[int] = ()) -> None:
        self._latest: deque[int] = deque(maxlen=LONGEST_CIRCLE)
        # For each length of a circle: how many tokens in a row were the one that came so many before.
        self._alike = [0] * LONGEST_CIRCLE
        for token in before:
            self.push(token)

    def push(self, token: int) -> bool:
        """Take a token; tell whether it closes a circle."""
        found = False
        for index, earlier in enumerate(reversed(self._latest)):
            if earlier != token:
                self._alike[index] = 0
                continue
            self._alike[index] += 1
            length = index + 1
            found |= self._alike[index] + length >= max(LEAST_TOKENS, LEAST_ROUNDS * length)
        self._latest.append(token)
        return found
