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
from mlx_lm.models.cache import KVCache


class Division:
    """Which rows of a batch are in which part.

    Args:
        rows: Of each part, by their index in the batch.
        folded: The rows of the last part are tokens of one row that follow each other, and one row there.
    """

    def __init__(self, rows: Sequence[Sequence[int]], *, folded: bool = False) -> None:
        self.rows = [list(part) for part in rows]
        self._folded = folded
        order = [row for part in rows for row in part]
        self._cuts = [*accumulate(map(len, rows))][:-1]
        self._order: mx.array | None = None  # of the rows, part by part
        self._back: mx.array | None = None
        if order != list(range(len(order))):
            self._order, self._back = mx.array(order), mx.argsort(mx.array(order))

    def divide(self, array: mx.array) -> list[mx.array]:
        """Return each part's rows of an array of shape (rows, heads, tokens, size)."""
        parts = list(mx.split(array if self._order is None else array[self._order], self._cuts))
        return self._fold(parts)

    def join(self, arrays: list[mx.array]) -> mx.array:
        """Return one array, given the rows of each part."""
        whole = mx.concatenate(self._fold(arrays))
        return whole if self._back is None else whole[self._back]

    def tokens(self, each: int) -> list[int]:
        """Return how many tokens a row of each part has where those of the batch have so many."""
        counts = [each] * len(self.rows)
        return [*counts[:-1], len(self.rows[-1])] if self._folded else counts

    def _fold(self, parts: list[mx.array]) -> list[mx.array]:
        """Exchange rows and tokens of the last part, if it is to be folded or was."""
        return [*parts[:-1], parts[-1].swapaxes(0, 2)] if self._folded else parts


class Parts:
    """Keys, values or masks of a step.

    Attributes:
        arrays: One for each part, with rows first; of masks also what MLX's attention takes in their place.
        division: Which rows each has.
    """

    __slots__ = ("arrays", "division")

    def __init__(self, arrays: Sequence[Any], division: Division) -> None:
        self.arrays = arrays
        self.division = division


class PartedKVCache:
    """A layer's cache in parts.

    Args:
        parts: mlx-lm's caches of several rows, or of one.
        division: Which rows each has.

    Attributes:
        offset: How long each row is, of shape (rows,); whoever begins a step sees to it.
    """

    offset: mx.array

    def __init__(self, parts: Sequence[Any], division: Division) -> None:
        self.parts = list(parts)
        self.division = division
        self._surplus: Sequence[int] = ()  # of the tokens of each row that come next

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[Parts, Parts]:
        """Take each row's next keys and values, of shape (rows, heads, tokens, size), and return all."""
        new = zip(self.parts, self.division.divide(keys), self.division.divide(values), strict=True)
        fetched = [part.update_and_fetch(k, v) for part, k, v in new]
        return Parts([k for k, _ in fetched], self.division), Parts([v for _, v in fetched], self.division)

    def make_mask(self, N: int, return_array: bool = False, **options: Any) -> Parts | None:  # noqa: N803 - mlx-lm's
        """Return the parts' masks; None if none needs one."""
        each = zip(self.parts, self.division.tokens(N), strict=True)
        masks = [part.make_mask(tokens, return_array=return_array, **options) for part, tokens in each]
        return None if all(mask is None for mask in masks) else Parts(masks, self.division)

    def prepare(self, *, lengths: Sequence[int], right_padding: Sequence[int]) -> None:
        """Get ready for so many tokens of each row, with so many behind them that are none of its."""
        self._surplus = right_padding
        for part, rows in zip(self.parts, self.division.rows, strict=True):
            if not isinstance(part, KVCache):
                part.prepare(
                    lengths=[lengths[row] for row in rows], right_padding=[right_padding[row] for row in rows]
                )

    def finalize(self) -> None:
        """Forget what was none of the rows' tokens."""
        for part, rows in zip(self.parts, self.division.rows, strict=True):
            if not isinstance(part, KVCache):
                part.finalize()
            elif self._surplus:
                part.trim(self._surplus[rows[0]])
        self._surplus = ()

    def filter(self, keep: Sequence[int]) -> None:
        """Keep only the rows at these indices, in this order; one of them may be there several times.

        That needs rows in batched caches.
        """
        places = {row: (part, at) for part, rows in enumerate(self.division.rows) for at, row in enumerate(rows)}
        kept: list[list[int]] = [[] for _ in self.parts]
        taken: list[list[int]] = [[] for _ in self.parts]
        for index, row in enumerate(keep):
            part, at = places[row]
            kept[part].append(index)
            taken[part].append(at)
        for part, rows, held in zip(self.parts, taken, self.division.rows, strict=True):
            if rows and rows != list(range(len(held))):
                part.filter(rows)
        self.parts = [part for part, rows in zip(self.parts, kept, strict=True) if rows]
        self.division = Division([rows for rows in kept if rows])

    def empty(self) -> bool:
        """Tell whether nothing was computed yet."""
        return all(part.empty() for part in self.parts)

    def find(self, row: int) -> tuple[Any, int]:
        """Return the part that has a row, and where."""
        part = next(part for part, rows in enumerate(self.division.rows) if row in rows)
        return self.parts[part], self.division.rows[part].index(row)

    @property
    def state(self) -> list[Any]:
        """What is to be evaluated."""
        return [part.state for part in self.parts if not part.empty()]

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return sum(part.nbytes for part in self.parts)

    def __copy__(self) -> PartedKVCache:
        """Return a copy that stays as it is while this one goes on."""
        return PartedKVCache([copy.copy(part) for part in self.parts], self.division)


def parts_of(cache: Any) -> list[Any]:
    """Return a layer's parts: one that is not in parts is its own."""
    return cache.parts if isinstance(cache, PartedKVCache) else [cache]


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
        masks = [None] * len(k.arrays) if mask is None else mask.arrays
        each = zip(k.division.divide(q), k.arrays, v.arrays, masks, strict=True)
        return k.division.join(
            [self.otherwise(*of_part, scale=scale, mask=masked, **options) for *of_part, masked in each]
        )
