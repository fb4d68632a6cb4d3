"""Tokens to text, for one generation: whole characters only, and nothing of a stop string."""

from __future__ import annotations

from typing import Protocol

from .stops import StopMatcher

# What a detokenizer makes of bytes that are no character.
_BROKEN = "\N{REPLACEMENT CHARACTER}"


class Detokenizer(Protocol):
    """What `TextStream` needs of mlx-lm's `StreamingDetokenizer`, which holds back incomplete characters."""

    @property
    def last_segment(self) -> str: ...  # noqa: D102
    def add_token(self, token: int) -> None: ...  # noqa: D102
    def finalize(self) -> None: ...  # noqa: D102


class TextStream:
    """The text of one generation, token by token."""

    def __init__(self, detokenizer: Detokenizer, stops: tuple[str, ...]) -> None:
        self._detokenizer = detokenizer
        self._matcher = StopMatcher(stops)

    def push(self, token: int) -> tuple[str, bool]:
        """Take a token of the answer (not the end-of-turn token).

        Returns:
            The text that is certain now, and whether a stop string ends the generation here.
        """
        self._detokenizer.add_token(token)
        return self._matcher.push(self._detokenizer.last_segment)

    def finish(self) -> tuple[str, bool]:
        """Return the rest of the text, and whether it still completed a stop string.

        A character that the answer's end has cut is left out.
        """
        self._detokenizer.finalize()
        text, stopped = self._matcher.push(self._detokenizer.last_segment.rstrip(_BROKEN))
        return (text, True) if stopped else (text + self._matcher.flush(), False)
