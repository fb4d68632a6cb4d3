"""The caches of rows that decode together: plain for one row, batched and aligned for others.

mlx-lm's `BatchKVCache` makes a mask for every step and moves an array of offsets on in every layer. Both are
needed only for several rows of different lengths, and there once for all layers. A step of one row of the 0.6B
shape took 5.0 ms with it and 3.3 ms with the plain `KVCache` on an H200; one of 32 rows of one length 6.9 ms, and
5.3 ms without mask and offsets of its own.

How long each row is, is known here, so that nothing is ever read back from the device. Kinds of caches that are
not known here stay as mlx-lm batches them.

Where a step computes one of few numbers of rows (`device.py`), the first row stands in for those that are missing;
and where a model's steps can be compiled (`compiled.py`), they are, also one row's, and in the caches of several.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import mlx.core as mx
from mlx_lm.models.cache import (
    BatchKVCache,
    BatchRotatingKVCache,
    CacheList,
    KVCache,
    RotatingKVCache,
)

from ..prefix_cache.rows import leaves, window
from .device import ANY, Device


class AlignedKVCache(BatchKVCache):
    """A layer's keys and values in a step of one token a row; `RowCaches` says where the rows stand.

    Attributes:
        mask: Of the step, of shape (rows, 1, 1, tokens); None if the rows are of one length.
    """

    mask: mx.array | None = None

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """Take each row's next key and value, of shape (rows, heads, 1, size), and return all."""
        if self.keys is None or self._idx >= self.keys.shape[2]:
            offset = self.offset
            grown = super().update_and_fetch(keys, values)
            self.offset = offset
            return grown
        assert self.values is not None  # noqa: S101 - comes with the keys
        before, self._idx = self._idx, self._idx + 1
        self.keys[..., before : self._idx, :] = keys
        self.values[..., before : self._idx, :] = values
        return self.keys_and_values()

    def make_mask(  # pyright: ignore[reportIncompatibleMethodOverride] - plain caches return None too
        self,
        N: int,  # noqa: N803 - mlx-lm's
        return_array: bool = False,
        **options: Any,
    ) -> mx.array | None:
        """Return the step's mask; one for a window is made as mlx-lm does."""
        if options.get("window_size") is None and not (return_array and self.mask is None):
            return self.mask
        return super().make_mask(N, return_array, **options)


class RowCaches:
    """The caches of some rows, and how many tokens each holds.

    Args:
        caches: mlx-lm's, one for each layer; batched, or those of one row.
        lengths: In tokens, one for each row.
        device: What steps must look like where they run.

    Attributes:
        layers: The caches, as the model takes them.
        lengths: In tokens, as of the last step that was begun.
    """

    def __init__(self, caches: list[Any], lengths: list[int], device: Device = ANY) -> None:
        self.layers = caches
        self.lengths = lengths
        self._device = device
        self._aligned: list[AlignedKVCache] = []
        self._starts: mx.array | None = None
        self._offset: mx.array | None = None
        self._padding: mx.array | None = None  # the rows that a step computes, by their index
        self._compilable = False
        self._settle(list(range(len(lengths))))

    def forward(self, model: Any, tokens: mx.array) -> mx.array:
        """Run the model on each row's next token.

        Args:
            model: The model.
            tokens: Of shape (rows,).

        Returns:
            The logits, of shape (rows, vocabulary).
        """
        if self._padding is not None:
            tokens = tokens[self._padding]
        logits = self._run_compiled(model, tokens)
        if logits is None:
            logits = self._run(model, tokens)
        self.lengths = [length + 1 for length in self.lengths]
        return logits[: len(self.lengths)]

    def _run_compiled(self, model: Any, tokens: mx.array) -> mx.array | None:
        """Run a compiled step and move the layers on; None if there is none for these."""
        compiled = self._device.compiled
        if compiled is None or not self._compilable:
            return None
        logits = compiled(model, tokens, self.layers)
        self._offset = self._aligned[0].offset
        return logits

    def _run(self, model: Any, tokens: mx.array) -> mx.array:
        """Run a step and move the layers on."""
        if self._starts is not None:
            end = max(self.lengths) + 1
            mask = (mx.arange(end) >= self._starts[:, None])[:, None, None]
            for cache in self._aligned:
                cache.mask = mask
            if self._device.kernels.attention is not None:
                self._device.kernels.attention.expect(mask, self._starts, mx.array([end]))
        if self._offset is not None and self._device.kernels.rotary is not None:
            self._device.kernels.rotary.expect(self._offset)
        logits = model(tokens[:, None], cache=self.layers)[:, -1, :]
        if self._offset is not None:
            self._offset = self._offset + 1
            for cache in self._aligned:
                cache.offset = self._offset
        return logits

    def extend(self, other: RowCaches) -> None:
        """Take the rows of others in, behind these."""
        if not other.lengths:
            return
        if not self.lengths:
            self.layers, self.lengths, self._padding = other.layers, other.lengths, other._padding
            self._aligned, self._starts, self._offset = other._aligned, other._starts, other._offset
            self._compilable = other._compilable
            return
        mine, others = len(self), len(other)
        self.layers, more = as_batch(self.layers), as_batch(other.layers)
        for cache, joining in zip(leaves(self.layers), leaves(more), strict=True):
            _join(cache, joining)
        rows = [*range(len(self.lengths)), *range(mine, mine + len(other.lengths))]
        self.lengths = self.lengths + other.lengths
        self._settle(rows, mine + others)

    def filter(self, keep: Sequence[int]) -> None:
        """Keep the rows at these indices only."""
        present = len(self)
        self.lengths = [self.lengths[index] for index in keep]
        self._settle(list(keep), present)

    def __len__(self) -> int:
        """Return how many rows a step computes."""
        return len(self.lengths) if self._padding is None else self._padding.size

    def _settle(self, rows: list[int], present: int | None = None) -> None:
        """Give the layers the shape for these rows.

        Args:
            rows: Where they are among those that the layers hold.
            present: How many the layers hold; None is just these.
        """
        self._aligned, self._starts, self._offset, self._padding = [], None, None, None
        self._compilable = False
        if not rows:
            self.layers = []
            return
        missing = self._device.rows(len(rows)) - len(rows)
        if missing:
            rows = rows + rows[:1] * missing
            self._padding = mx.array([*range(len(self.lengths)), *[0] * missing])
        if rows != list(range(len(rows) if present is None else present)):
            self._select(mx.array(rows))
        self._compilable = self._can_be_compiled()
        if len(rows) == 1 and not self._compilable:
            self.layers = as_single(self.layers, self.lengths[0])
            return
        self.layers = as_batch(self.layers)
        self._align([*self.lengths, *self.lengths[:1] * missing])

    def _can_be_compiled(self) -> bool:
        compiled = self._device.compiled
        # The lengths of other kinds of caches, and of lists of them, are numbers that a trace would freeze.
        known = all(isinstance(cache, KVCache | BatchKVCache) and not cache.empty() for cache in self.layers)
        return compiled is not None and not compiled.refused and known

    def _select(self, rows: mx.array) -> None:
        for cache in leaves(self.layers):
            if not isinstance(cache, BatchKVCache):
                cache.filter(rows)
            elif cache.keys is not None and cache.values is not None:  # mlx-lm's own would wait for the device
                cache.keys, cache.values = cache.keys[rows], cache.values[rows]

    def _align(self, lengths: list[int]) -> None:
        """Let the layers share what says where the rows stand."""
        longest = max(lengths)
        starts = [longest - length for length in lengths]
        offset, padding = mx.array(lengths), mx.array(starts)
        for cache in leaves(self.layers):
            if not isinstance(cache, BatchKVCache):
                continue
            _justify(cache, longest)
            cache.__class__ = AlignedKVCache
            aligned = cast("AlignedKVCache", cache)
            aligned.offset, aligned.left_padding, aligned.mask = offset, padding, None
            self._aligned.append(aligned)
        if self._aligned:
            self._offset = offset
            if any(starts):
                self._starts = padding


def as_single(caches: Sequence[Any], length: int) -> list[Any]:
    """Return caches that hold one row of `length` tokens as those of a row alone, without copying them."""
    return [_single(cache, length) for cache in caches]


def as_batch(caches: Sequence[Any]) -> list[Any]:
    """Return the caches of one row as a batch's; a batch's are returned as they are."""
    return [_batch(cache) for cache in caches]


def _single(cache: Any, length: int) -> Any:
    if type(cache) is CacheList:
        return CacheList(*as_single(cache.caches, length))
    if isinstance(cache, BatchKVCache):
        _justify(cache, length)
        single = KVCache()
        single.keys, single.values, single.offset = cache.keys, cache.values, length
        return single
    if type(cache) is BatchRotatingKVCache:
        return RotatingKVCache(cache.max_size) if cache.empty() else window(cache, 0, length)
    return cache


def _batch(cache: Any) -> Any:
    if type(cache) is CacheList:
        return CacheList(*as_batch(cache.caches))
    if type(cache) is KVCache:
        batch = BatchKVCache([0])
        batch.keys, batch.values = cache.keys, cache.values
        batch.offset, batch._idx = mx.array([cache.offset]), cache.offset  # noqa: SLF001 - there is no other way
        return batch
    if type(cache) is RotatingKVCache:
        return BatchRotatingKVCache.merge([cache])
    return cache


def _join(cache: Any, joining: Any) -> None:
    """Let rows join those of a layer's cache.

    mlx-lm's `BatchKVCache.extend` copies both twice, to fill them up and to put them together. Into memory that
    has the size at once, a row of 422 tokens joins 8 shorter ones of the 0.6B shape in 93 ms on a CPU, and not in
    200. What says where the rows stand is made anew by `_align`.
    """
    if not isinstance(cache, BatchKVCache) or cache.empty() or joining.empty():
        cache.extend(joining)
        return
    parts = ((cache, cache._idx), (joining, joining._idx))  # noqa: SLF001 - as below
    end = max(length for _, length in parts)

    def joined(arrays: list[Any]) -> mx.array:
        rows, size = sum(len(array) for array in arrays), max(array.shape[2] for array in arrays)
        both = mx.zeros((rows, arrays[0].shape[1], size, arrays[0].shape[3]), arrays[0].dtype)
        at = 0
        for array, (_, length) in zip(arrays, parts, strict=True):
            both[at : at + len(array), :, end - length : end] = array[:, :, :length]
            at += len(array)
        return both

    cache.keys = joined([part.keys for part, _ in parts])
    cache.values = joined([part.values for part, _ in parts])
    cache._idx = end  # noqa: SLF001


def _justify(cache: BatchKVCache, longest: int) -> None:
    """Cut off what lies left of the longest row."""
    unused = cache._idx - longest  # noqa: SLF001 - `size()` is it, by chance
    if unused > 0 and cache.keys is not None and cache.values is not None:
        cache.keys, cache.values = cache.keys[..., unused:, :], cache.values[..., unused:, :]
        cache._idx = longest  # noqa: SLF001
