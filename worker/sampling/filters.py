"""What the draw may choose from, row by row: mlx-lm's filters with an array of parameters in place of a number.

Each takes and returns log-probabilities, float32 of shape (rows, vocabulary), and takes its parameters in shape
(rows, 1); a token that is taken away gets minus infinity. They are those of `mlx_lm/sample_utils.py`, 0.32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import mlx.core as mx
from mlx_lm.sample_utils import apply_top_p

from .keys import coin_keys
from .row import RowSampling

_OUT = -float("inf")


class Filters:
    """The filters of a fixed set of rows, each applied to the rows that ask for it, in mlx-lm's order."""

    def __init__(self, rows: Sequence[RowSampling]) -> None:
        settings = [row.settings for row in rows]
        self._top_p = _Some.of([s.top_p if s.top_p < 1 else None for s in settings])
        self._min_p = _Some.of([math.log(s.min_p) if s.min_p > 0 else None for s in settings])
        self._chance = _Some.of([s.xtc_probability or None for s in settings])
        throwing = [row for row in rows if row.settings.xtc_probability]
        self._threshold = mx.array([[row.settings.xtc_threshold] for row in throwing])
        self._kept = mx.array(sorted({token for row in throwing for token in row.special.kept_by_xtc}), mx.uint32)
        self._top_k = _Some.of([s.top_k or None for s in settings], dtype=mx.uint32)
        self._largest_k = max((s.top_k for s in settings), default=0)

    def __call__(self, logprobs: mx.array, keys: mx.array) -> mx.array:
        """Return the log-probabilities of what is left.

        Args:
            logprobs: Of shape (rows, vocabulary).
            keys: Of the tokens that are drawn next, of shape (rows, 2).
        """
        if (some := self._top_p) is not None:
            logprobs = some.put(logprobs, apply_top_p(some.take(logprobs), some.values))  # pyright: ignore[reportArgumentType]
        if (some := self._min_p) is not None:
            logprobs = some.put(logprobs, apply_min_p(some.take(logprobs), some.values))
        if (some := self._chance) is not None:
            thrown = mx.vmap(lambda key: mx.random.uniform(key=key))(coin_keys(some.take(keys)))
            without = apply_xtc(some.take(logprobs), self._threshold, self._kept)
            hit = thrown[:, None] <= some.values
            logprobs = some.put(logprobs, mx.where(hit, without, some.take(logprobs)))
        if (some := self._top_k) is not None:
            logprobs = some.put(logprobs, apply_top_k(some.take(logprobs), some.values, self._largest_k))
        return logprobs


class _Some:
    """The rows that ask for a filter, and their parameters."""

    def __init__(self, rows: mx.array | None, values: mx.array) -> None:
        self._rows = rows
        self.values = values

    @classmethod
    def of(cls, values: Sequence[float | None], dtype: mx.Dtype = mx.float32) -> _Some | None:
        """Return the rows whose value is not None, if there are any."""
        chosen = [index for index, value in enumerate(values) if value is not None]
        if not chosen:
            return None
        column = mx.array([[value] for value in values if value is not None], dtype=dtype)
        return cls(None if len(chosen) == len(values) else mx.array(chosen, dtype=mx.uint32), column)

    def take(self, array: mx.array) -> mx.array:
        return array if self._rows is None else array[self._rows]

    def put(self, array: mx.array, rows: mx.array) -> mx.array:
        if self._rows is None:
            return rows
        array[self._rows] = rows
        return array


def apply_min_p(logprobs: mx.array, log_min_p: mx.array) -> mx.array:
    """Take away what is less probable than the most probable token times `exp(log_min_p)`."""
    return mx.where(logprobs < mx.max(logprobs, axis=-1, keepdims=True) + log_min_p, _OUT, logprobs)


def apply_xtc(logprobs: mx.array, threshold: mx.array, kept: mx.array) -> mx.array:
    """Take away all tokens of a probability above `threshold` but the least probable of them; `kept` ones stay.

    https://github.com/oobabooga/text-generation-webui/pull/6335
    """
    probs = mx.softmax(logprobs, axis=-1)
    out = probs > mx.where(probs > threshold, probs, mx.inf).min(axis=-1, keepdims=True)
    if kept.size:
        out[:, kept] = False
    return mx.where(out, _OUT, logprobs)


def apply_top_k(logprobs: mx.array, top_k: mx.array, largest: int) -> mx.array:
    """Take away what is less probable than the `top_k` most probable tokens; no `top_k` is above `largest`.

    Tokens tied with the last one stay. mlx-lm leaves it to the sorting which of them do; that may depend on the
    rest of the batch.
    """
    largest = min(largest, logprobs.shape[-1])
    if largest == logprobs.shape[-1]:
        top = mx.sort(logprobs, axis=-1)
    else:
        top = mx.sort(mx.topk(logprobs, largest, axis=-1), axis=-1)
    place = mx.maximum(largest - top_k.astype(mx.int32), 0)
    return mx.where(logprobs < mx.take_along_axis(top, place, axis=-1), _OUT, logprobs)
