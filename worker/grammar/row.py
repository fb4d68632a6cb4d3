"""Where a row is in its grammar. The main thread moves it on; nothing here knows of MLX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from llguidance import LLExecutor, LLMatcher
from numpy.typing import NDArray

_BITS = 32


class RowGrammar:
    """The grammar of one row.

    Attributes:
        broken: Why it can't tell any more which tokens may come; empty while it can.
        words: Of a mask, 32 tokens each.

    Args:
        matcher: At its start.
        ends: The tokens that end a turn.
        vocabulary: How many tokens the matcher knows.
        ends_last: A turn's end may come only where nothing else may.
    """

    def __init__(
        self, matcher: LLMatcher, ends: Iterable[int], vocabulary: int, *, ends_last: bool = False
    ) -> None:
        self._matcher = matcher
        self.words = -(-vocabulary // _BITS)
        self.broken = ""
        self._begun = self._over = False
        self._ends = frozenset(ends)
        self._postponed: NDArray[np.uint32] | None = None
        if ends_last:
            self._postponed = np.zeros(self.words, np.uint32)
            for end in self._ends:
                self._postponed[end // _BITS] |= np.uint32(1 << end % _BITS)

    def replay(self, tokens: Iterable[int]) -> bool:
        """Take tokens that were sampled elsewhere, and tell whether they are of this grammar."""
        return self._matcher.consume_tokens(list(tokens))

    def warm_up(self) -> str:
        """Compute the first mask, which may take long, where nobody waits; return why it can't be, if so."""
        self._matcher.compute_bitmask()
        return self._matcher.get_error()

    def take(self, token: int) -> None:
        """Take the latest token; the first is the prompt's last, and no part of the answer.

        A token that ends the turn ends the grammar too: what is computed ahead behind it is for nobody.
        """
        if not self._begun:
            self._begun = True
        elif token in self._ends:
            self._over = True
        elif not self._over:
            self._matcher.consume_token(token)

    def settle(self, mask: NDArray[np.uint32]) -> None:
        """Have the last word on a mask that was computed.

        Args:
            mask: Of shape (words,): bit `i` of word `w` is for token `32 w + i`.
        """
        if not self._over and self._matcher.is_error():
            self.broken = self._matcher.get_error() or "its state is lost"
        if self._over or self.broken:
            mask.fill(0xFFFFFFFF)
        elif self._postponed is not None:
            rest = mask & ~self._postponed
            if rest.any():
                mask[:] = rest

    @property
    def matcher(self) -> LLMatcher | None:
        """What computes the next mask; None if there is nothing to compute."""
        return None if self._over or self._matcher.is_error() else self._matcher


def fill_masks(grammars: Sequence[RowGrammar], masks: NDArray[np.uint32]) -> None:
    """Write which tokens may come next, several rows at a time where there are processors for it.

    Args:
        grammars: Of as many rows.
        masks: Of shape (rows, words); see `RowGrammar.settle`.
    """
    due = [(matcher, row) for row, grammar in enumerate(grammars) if (matcher := grammar.matcher) is not None]
    if len(due) == 1:
        ((matcher, row),) = due
        matcher.unsafe_compute_mask_ptr(masks[row].ctypes.data, masks.strides[0])
    elif due:
        _executor().unsafe_compute_mask_ptr(due, masks.ctypes.data, masks.strides[0], len(masks))
    for grammar, mask in zip(grammars, masks, strict=True):
        grammar.settle(mask)


@cache
def _executor() -> LLExecutor:
    return LLExecutor()
