"""A row's share of a batch's caches, cut out without waiting for what is being computed; and the way back.

mlx-lm's own `extract` reads paddings back from the device, layer by layer. A row's length is known here, so
nothing is read, and all of it is lazy: the caller evaluates it together with the next step.

Two sorts of layers: *positions* (plain keys and values) can be cut at any token; *states* (sliding windows,
recurrent states) hold only behind the last token.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import (
    ArraysCache,
    BatchKVCache,
    BatchRotatingKVCache,
    CacheList,
    KVCache,
    RotatingKVCache,
)

from ..parted import PartedKVCache

_STATES = (RotatingKVCache, ArraysCache)


class Positions:
    """Keys and values of some tokens in a row, of every layer that has them: (1, heads, tokens, size) each."""

    def __init__(self, arrays: list[tuple[mx.array, mx.array]]) -> None:
        self.arrays = arrays
        self.nbytes = sum(keys.nbytes + values.nbytes for keys, values in arrays)

    def split(self, at: int) -> tuple[Positions, Positions]:
        """Return the first `at` tokens and the rest, each in memory of its own."""

        def cut(part: slice) -> Positions:
            return Positions([(_own(k[:, :, part]), _own(v[:, :, part])) for k, v in self.arrays])

        first, rest = cut(slice(at)), cut(slice(at, None))
        mx.async_eval(first.arrays, rest.arrays)  # or both would hold the whole
        return first, rest


class States:
    """mlx-lm's caches of every layer that can't be cut, of one row."""

    def __init__(self, caches: list[Any]) -> None:
        self.caches = caches
        self.nbytes = sum(cache.nbytes for cache in caches)


def leaves(caches: Sequence[Any]) -> Iterator[Any]:
    """Yield the caches in the order of the layers, those inside of lists too."""
    for cache in caches:
        if type(cache) is CacheList:
            yield from leaves(cache.caches)
        else:
            yield cache


def mapped(caches: Sequence[Any], change: Callable[[Any], Any]) -> list[Any]:
    """Return the caches with another one in the place of each, in the order of `leaves`."""
    return [
        CacheList(*mapped(cache.caches, change)) if type(cache) is CacheList else change(cache) for cache in caches
    ]


def rows_by_part(caches: Sequence[Any], rows: int) -> list[list[int]]:
    """Return which of so many rows are in which part; all of them in one if the layers are not in parts."""
    parted = next((cache for cache in leaves(caches) if isinstance(cache, PartedKVCache)), None)
    return [list(range(rows))] if parted is None else parted.division.rows


def unknown_kinds(caches: Sequence[Any]) -> list[str]:
    """Return the names of the kinds of caches that can't be kept: only what is known to be right is."""
    kinds = {type(cache) for cache in leaves(caches)}
    return sorted(kind.__name__ for kind in kinds if kind is not KVCache and kind not in _STATES)


def has_positions(caches: Sequence[Any]) -> bool:
    """Tell whether any layer can be cut at any token."""
    return any(type(cache) is KVCache for cache in leaves(caches))


def has_states(caches: Sequence[Any]) -> bool:
    """Tell whether any layer holds only behind its last token."""
    return any(type(cache) in _STATES for cache in leaves(caches))


def cut_positions(batch: Sequence[Any], row: int, start: int, end: int) -> Positions | None:
    """Return a row's keys and values from token `start` to its length `end`; None if a layer has none."""
    arrays = []
    for layer in leaves(batch):
        cache, at = layer.find(row) if isinstance(layer, PartedKVCache) else (layer, row)
        if not isinstance(cache, KVCache | BatchKVCache):
            continue
        if cache.keys is None or cache.values is None:
            return None
        # Rows are justified to the right: the last token is the last that the cache holds.
        part = slice(cache.size() - (end - start), cache.size())
        arrays.append((_own(cache.keys[at : at + 1, :, part]), _own(cache.values[at : at + 1, :, part])))
    return Positions(arrays)


def cut_states(batch: Sequence[Any], row: int, length: int) -> States | None:
    """Return a row's states behind its `length` tokens, or None if a layer has none."""
    caches: list[Any] = []
    for cache in leaves(batch):
        if isinstance(cache, RotatingKVCache | BatchRotatingKVCache):
            if cache.empty():
                return None
            caches.append(window(cache, row, length))
        elif type(cache) is ArraysCache:
            state = ArraysCache(len(cache.cache))
            state.cache = [_own(array[row : row + 1]) for array in cache.cache if array is not None]
            if len(state.cache) < len(cache.cache):
                return None
            caches.append(state)
    return States(caches)


def window(cache: RotatingKVCache | BatchRotatingKVCache, row: int, length: int) -> RotatingKVCache:
    """Return the last tokens of a row of `length`, as many as the window holds, in their order."""
    kept = min(length, cache.max_size)
    single = RotatingKVCache(cache.max_size)
    for name in ("keys", "values"):
        array = getattr(cache, name)[row : row + 1]
        end = cache._idx  # noqa: SLF001 - there is no other way to it
        if isinstance(cache, RotatingKVCache):
            array = cache._temporal_order(array)  # noqa: SLF001 - likewise
            end = array.shape[2]
        elif cache.rotated:
            array, end = mx.roll(array, -end, 2), array.shape[2]
        setattr(single, name, _own(array[:, :, end - kept : end]))
    single.offset, single._idx = length, kept  # noqa: SLF001 - likewise
    return single


def take(pieces: Sequence[tuple[Positions, int]], start: int, end: int) -> Positions:
    """Return the keys and values of the tokens from `start` to `end`, in memory of their own.

    Args:
        pieces: From the first token on, each with how many of its tokens are taken; together at least to `end`.
        start: The first token.
        end: The one behind the last.
    """
    cuts: list[tuple[Positions, slice]] = []
    at = 0
    for piece, count in pieces:
        part = slice(max(0, start - at), min(count, end - at))
        if part.start < part.stop:
            cuts.append((piece, part))
        at += count
    layers = range(len(pieces[0][0].arrays))

    def joined(layer: int, which: int) -> mx.array:
        return _own(_concatenated([piece.arrays[layer][which][:, :, part] for piece, part in cuts]))

    return Positions([(joined(layer, 0), joined(layer, 1)) for layer in layers])


def arrays_of(positions: Positions | None, states: States | None) -> list[Any]:
    """Return everything that is to be evaluated."""
    return [
        [] if positions is None else positions.arrays,
        [] if states is None else [cache.state for cache in states.caches],
    ]


def rebuild(
    empty: Sequence[Any], pieces: Sequence[tuple[Positions, int]], states: States | None, *, more: int
) -> None:
    """Fill a model's empty caches, in place, with what was kept.

    Args:
        empty: As `make_prompt_cache` returns them.
        pieces: From the first token on, each with how many of its tokens are taken.
        states: Of the layers that can't be cut, behind the last of these tokens.
        more: How many tokens will follow: with room for them, all is copied once and not twice.
    """
    length = sum(count for _, count in pieces)
    saved = iter([] if states is None else states.caches)
    layer = 0
    for cache in leaves(empty):
        if type(cache) is KVCache:
            room = (more // cache.step + 1) * cache.step
            cache.keys = _joined([(piece.arrays[layer][0], count) for piece, count in pieces], room)
            cache.values = _joined([(piece.arrays[layer][1], count) for piece, count in pieces], room)
            cache.offset = length
            layer += 1
        else:
            # A copy of the handles: what is kept must not change with the row.
            cache.state = copy.deepcopy(next(saved).state)


def _joined(parts: Sequence[tuple[mx.array, int]], room: int) -> mx.array:
    rows, heads, _, size = parts[0][0].shape
    free = mx.zeros((rows, heads, room, size), parts[0][0].dtype)
    return mx.concatenate([*(array[:, :, :count] for array, count in parts), free], axis=2)


def _concatenated(arrays: Sequence[mx.array]) -> mx.array:
    return arrays[0] if len(arrays) == 1 else mx.concatenate(list(arrays), axis=2)


def _own(array: mx.array) -> mx.array:
    """Return the array in memory of its own: a slice would keep its whole batch alive."""
    return mx.contiguous(array)
