"""Rotary position embeddings (https://arxiv.org/abs/2104.09864) on a Linux CPU.

MLX computes the sines and cosines of all positions anew for the queries and for the keys of every layer, in some
fifteen operations of 66 us together, however small; a step of one row of a model with 4 layers took 1.7 ms, of
which that was 0.5. Here they are computed once, and a layer's part is six operations. The numbers are MLX's own.

Rows of different lengths have an array of offsets. Arrays can be changed in place, so only the one that was
announced, of the step that is about to be built, is known again; lengths that are plain numbers always are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import mlx.core as mx

# Models have one kind of rotation, or two: more than so many are never used in turn.
_KINDS = 8


class _Tables(NamedTuple):
    """The factors of some positions, of shape (tokens, size) or (rows, 1, tokens, size).

    Attributes:
        offset: Of the first position; the announced array, or a number.
        tokens: How many positions.
        frequencies: Kept, so that no other array has its identity.
    """

    offset: Any
    tokens: int
    frequencies: mx.array | None
    cosines: mx.array
    sines: mx.array


class CpuRotary:
    """Stands in for MLX's `rope` on a CPU.

    Args:
        otherwise: MLX's own; an attribute too.
    """

    def __init__(self, otherwise: Callable[..., mx.array]) -> None:
        self.otherwise = otherwise
        self._announced: mx.array | None = None
        self._tables: dict[tuple[Any, ...], _Tables] = {}

    def expect(self, offset: mx.array) -> None:
        """Announce the offsets of a step's rows, int32 of shape (rows,), which nobody changes."""
        self._announced = offset

    def __call__(
        self,
        a: mx.array,
        dims: int,
        *,
        traditional: bool,
        base: float | None,
        scale: float,
        offset: int | mx.array,
        freqs: mx.array | None = None,
        **options: Any,
    ) -> mx.array:
        """Return the rotated input, of the same shape (rows, heads, tokens, size), as MLX's own does."""
        known = isinstance(offset, int) or offset is self._announced
        if traditional or options or not known or a.ndim != 4 or a.dtype != mx.float32 or dims != a.shape[-1]:
            return self.otherwise(
                a, dims, traditional=traditional, base=base, scale=scale, offset=offset, freqs=freqs, **options
            )
        kind = (dims, base, scale, id(freqs))
        tables = self._tables.get(kind)
        tokens = a.shape[-2]
        if tables is None or tables.tokens != tokens or not _is_same(tables.offset, offset):
            if len(self._tables) >= _KINDS:
                self._tables.clear()
            tables = self._tables[kind] = _make_tables(tokens, dims, base, scale, offset, freqs)
        half = dims // 2
        turned = mx.concatenate([a[..., half:], a[..., :half]], axis=-1)
        return a * tables.cosines + turned * tables.sines


def _is_same(known: Any, offset: Any) -> bool:
    return known is offset or (isinstance(known, int) and isinstance(offset, int) and known == offset)


def _make_tables(
    tokens: int, dims: int, base: float | None, scale: float, offset: int | mx.array, freqs: mx.array | None
) -> _Tables:
    """Compute the factors in the same operations as MLX (`RoPE` in mlx/fast.cpp)."""
    half = dims // 2
    if freqs is not None:
        inverse = mx.reciprocal(freqs)
    else:
        assert base is not None  # noqa: S101 - MLX wants one of them
        inverse = mx.exp(mx.arange(0, -half, -1, dtype=mx.float32) * (math.log(base) / half))
    positions = mx.arange(tokens, dtype=mx.float32)
    if isinstance(offset, mx.array) and offset.ndim:
        positions = offset.reshape(-1, 1, 1) + positions
    else:
        positions = offset + positions
    angles = (positions * scale)[..., None] * inverse
    cosines, sines = mx.cos(angles), mx.sin(angles)
    return _Tables(
        offset,
        tokens,
        freqs,
        mx.concatenate([cosines, cosines], axis=-1),
        mx.concatenate([-sines, sines], axis=-1),
    )
