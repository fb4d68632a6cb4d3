"""Holds a thought to a budget: once so many tokens are thought, those of its closing mark are said for the model.

All state is a function of the token ids, so that a generation can be replayed from them. Whether the answer is in
a thought is read as its text is read (`answer.py`), so what ends here ends there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .answer import AnswerParser
from .text import Detokenizer


class ThinkingBudget:
    """The budget of one row.

    Args:
        detokenizer: Of the answer.
        parser: Tells where the answer is.
        end: The tokens of a thought's closing mark.
        tokens: Of thoughts, their marks not counted.
    """

    def __init__(self, detokenizer: Detokenizer, parser: AnswerParser, end: Sequence[int], tokens: int) -> None:
        self._detokenizer = detokenizer
        self._parser = parser
        self._end = end
        self._left = tokens
        self._said = 0  # tokens of the closing mark
        self._begun = False

    def replay(self, tokens: Iterable[int]) -> None:
        """Take tokens that were sampled elsewhere."""
        for token in tokens:
            self._take(token)

    def take(self, token: int) -> None:
        """Take the latest token; the first is the prompt's last, and no part of the answer."""
        if self._begun:
            self._take(token)
        self._begun = True

    @property
    def forced(self) -> int | None:
        """The token that must come next; None if that is the model's to say."""
        return self._end[self._said] if self._parser.thinking and self._left <= 0 else None

    def _take(self, token: int) -> None:
        forced = self.forced
        self._detokenizer.add_token(token)
        was_thinking = self._parser.thinking
        self._parser.push(self._detokenizer.last_segment)
        self._left -= was_thinking and self._parser.thinking
        self._said = (self._said + 1) % len(self._end) if token == forced else 0
