"""Tokens that a row's grammar does not allow are taken away, after all else that changes its logits.

A token that the grammar allows stays possible whatever bias, penalties or `min_tokens` say: if nothing else is
left, it comes. So a grammar is kept under any settings.
"""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx
import numpy as np

from ..grammar.row import fill_masks
from .row import RowSampling

_BITS = 32
# What an allowed token keeps at least: below all that a model computes, and far enough from float32's end to be
# divided by the smallest temperature.
_LEAST = -1e30


class Masks:
    """The masks of the rows that have a grammar.

    Attributes:
        rows: The indices of those rows; None if they are all.

    Args:
        rows: All rows of the batch.
    """

    def __init__(self, rows: Sequence[RowSampling]) -> None:
        self._grammars = {index: row.grammar for index, row in enumerate(rows) if row.grammar is not None}
        places = list(self._grammars)
        self._places = {index: place for place, index in enumerate(places)}
        self.rows = None if len(places) == len(rows) else mx.array(places, dtype=mx.uint32)
        words = max((grammar.words for grammar in self._grammars.values()), default=0)
        self._words = np.zeros((len(places), words), np.uint32)

    def __bool__(self) -> bool:
        """Whether a row has a grammar."""
        return bool(self._grammars)

    def take(self, newest: Sequence[int]) -> None:
        """Move the grammars on, on the host: the device computes meanwhile.

        Args:
            newest: Each row's latest token.
        """
        for index, grammar in self._grammars.items():
            grammar.take(newest[index])
        fill_masks(list(self._grammars.values()), self._words)

    def allow(self, index: int, token: int) -> bool:
        """Tell whether a row's grammar, if it has one, lets a token come next."""
        place = self._places.get(index)
        return place is None or bool(self._words[place, token // _BITS] >> token % _BITS & 1)

    def __call__(self, logits: mx.array) -> mx.array:
        """Return the logits of what may come, float32 and of these rows alone.

        Args:
            logits: Of all rows, of shape (rows, vocabulary).
        """
        bits = (mx.array(self._words)[:, :, None] >> mx.arange(_BITS, dtype=mx.uint32)) & 1
        allowed = bits.reshape(len(self._words), -1)[:, : logits.shape[-1]].astype(mx.bool_)
        # A model may have more rows than its tokenizer has tokens.
        if (missing := logits.shape[-1] - allowed.shape[-1]) > 0:
            allowed = mx.pad(allowed, [(0, 0), (0, missing)])
        held = (logits if self.rows is None else logits[self.rows]).astype(mx.float32)
        return mx.where(allowed, mx.maximum(held, _LEAST), -mx.inf)
