"""Keys and values of a batch's rows in several arrays, some rows in each: a layer's cache, and attention over it.

Models pass on to attention what a layer's cache returns, and look at it no further. So the parts get there as they
are, in the place of arrays. Who does look at them gets an error, and never another result.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import BatchKVCache


class Parts:
    """Keys, values or masks of a step: the first rows are in the first part, and so on.

    Attributes:
        arrays: One for each part, with rows first; of masks, None for a part that needs none.
    """

    __slots__ = ("arrays",)

    def __init__(self, arrays: Sequence[Any]) -> None:
        self.arrays = arrays


class PartedKVCache:
    """A layer's cache in parts.

    Args:
        parts: Each with rows of its own.
        counts: How many.

    Attributes:
        offset: How long each row is, of shape (rows,); whoever begins a step sees to it.
    """

    offset: mx.array

    def __init__(self, parts: Sequence[BatchKVCache], counts: Sequence[int]) -> None:
        self.parts = list(parts)
        self.counts = list(counts)

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[Parts, Parts]:
        """Take each row's next keys and values, of shape (rows, heads, tokens, size), and return all."""
        new = zip(self.parts, _divided(keys, self.counts), _divided(values, self.counts), strict=True)
        fetched = [part.update_and_fetch(k, v) for part, k, v in new]
        return Parts([k for k, _ in fetched]), Parts([v for _, v in fetched])

    def make_mask(self, N: int, return_array: bool = False, **options: Any) -> Parts | None:  # noqa: N803 - mlx-lm's
        """Return the parts' masks; None if none needs one."""
        masks = [part.make_mask(N, return_array, **options) for part in self.parts]
        return None if all(mask is None for mask in masks) else Parts(masks)

    def empty(self) -> bool:
        """Tell whether nothing was computed yet."""
        return all(part.empty() for part in self.parts)

    def find(self, row: int) -> tuple[BatchKVCache, int]:
        """Return the part that has a row, and where."""
        for part, count in zip(self.parts, self.counts, strict=True):
            if row < count:
                return part, row
            row -= count
        raise IndexError(row)

    def __copy__(self) -> PartedKVCache:
        """Return a copy that stays as it is while this one goes on."""
        twin = PartedKVCache([copy.copy(part) for part in self.parts], self.counts)
        twin.offset = self.offset
        return twin


class PartedAttention:
    """Stands in for MLX's attention: takes keys, values and masks in parts, too.

    Args:
        otherwise: What computes the attention of one array, `scaled_dot_product_attention` or what stands in for
            that; an attribute too.
    """

    def __init__(self, otherwise: Callable[..., mx.array]) -> None:
        self.otherwise = otherwise

    def __call__(self, q: Any, k: Any, v: Any, *, scale: float, mask: Any = None, **options: Any) -> mx.array:
        """Return the attention's output, of shape (rows, heads, tokens, size), as MLX's own does.

        Raises:
            TypeError: Some are in parts, and others that would have to be are not.
        """
        if not isinstance(k, Parts):
            return self.otherwise(q, k, v, scale=scale, mask=mask, **options)
        if not isinstance(v, Parts) or not isinstance(mask, Parts | None):
            raise TypeError("keys are in parts, but values or a mask are not")
        queries = _divided(q, [len(part) for part in k.arrays])
        masks = [None] * len(queries) if mask is None else mask.arrays
        each = zip(queries, k.arrays, v.arrays, masks, strict=True)
        return mx.concatenate(
            [self.otherwise(*of_part, scale=scale, mask=masked, **options) for *of_part, masked in each]
        )


def _divided(rows: mx.array, counts: Sequence[int]) -> list[mx.array]:
    return list(mx.split(rows, [*accumulate(counts)][:-1]))
