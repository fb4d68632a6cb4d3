"""The log-probabilities of drawn tokens and of their alternatives, for the rows that ask.

They are the model's own, before biases, penalties, temperature and filters, as OpenAI and vLLM report them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import mlx.core as mx

from ..bounds import MOST_ALTERNATIVES
from ..ledger import TokenLogprobs
from .row import RowSampling


class StepLogprobs:
    """Those of one step, on the device until they are read."""

    def __init__(self, arrays: list[mx.array], counts: Sequence[int]) -> None:
        self.arrays = arrays
        self._counts = counts
        self._read: list[TokenLogprobs] | None = None

    def of(self, place: int) -> TokenLogprobs:
        """Return those of one of the rows that ask, by its place among them; the first call reads all."""
        if self._read is None:
            drawn, *tops = [cast("list[Any]", array.tolist()) for array in self.arrays]
            ids, values = tops or ([()] * len(drawn), [()] * len(drawn))
            rows = zip(drawn, ids, values, self._counts, strict=True)
            self._read = [
                TokenLogprobs(one, tuple(zip(i[:count], v[:count], strict=True))) for one, i, v, count in rows
            ]
        return self._read[place]


class Logprobs:
    """Gathers the log-probabilities of the rows that ask.

    Attributes:
        places: The rows that ask: of each, its place among them.
    """

    def __init__(self, rows: Sequence[RowSampling]) -> None:
        asking = [index for index, row in enumerate(rows) if row.settings.logprobs]
        self.places = {index: place for place, index in enumerate(asking)}
        self._rows = None if len(asking) == len(rows) else mx.array(asking, dtype=mx.uint32)
        self._counts = [rows[index].settings.top_logprobs for index in asking]

    def __call__(self, logits: mx.array, tokens: mx.array) -> StepLogprobs:
        """Return those of the tokens that were drawn, and of the alternatives.

        Args:
            logits: The model's, of shape (rows, vocabulary).
            tokens: Of shape (rows,).
        """
        if self._rows is not None:
            logits, tokens = logits[self._rows], tokens[self._rows]
        return gather(logits, tokens, self._counts)


def gather(logits: mx.array, tokens: mx.array, counts: Sequence[int]) -> StepLogprobs:
    """Return the log-probabilities of tokens and of the most probable ones.

    Args:
        logits: Of shape (rows, vocabulary).
        tokens: Of shape (rows,).
        counts: How many of the most probable ones, of each row.
    """
    logits = logits.astype(mx.float32)
    # Taken before it is subtracted from: a pass over the vocabulary less.
    whole = mx.logsumexp(logits, axis=-1, keepdims=True)
    arrays = [(mx.take_along_axis(logits, tokens[:, None], axis=-1) - whole)[:, 0]]
    if any(counts):
        # Always so many, that a row does not depend on the others.
        most = min(MOST_ALTERNATIVES, logits.shape[-1])
        ids = mx.argpartition(logits, kth=-most, axis=-1)[:, -most:]
        values = mx.take_along_axis(logits, ids, axis=-1) - whole
        order = mx.argsort(-values, axis=-1)
        arrays += [mx.take_along_axis(ids, order, axis=-1), mx.take_along_axis(values, order, axis=-1)]
    return StepLogprobs(arrays, counts)
