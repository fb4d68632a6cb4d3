"""The caches of rows that decode together: plain for one row, batched and aligned for others.

mlx-lm's `BatchKVCache` makes a mask for every step and moves an array of offsets on in every layer. Both are
needed only for several rows of different lengths, and there once for all layers. A step of one row of the 0.6B
shape took 5.0 ms with it and 3.3 ms with the plain `KVCache` on an H200; one of 32 rows of one length 6.9 ms, and
5.3 ms without mask and offsets of its own.

How long each row is, is known here, so that nothing is ever read back from the device. Kinds of caches that are
not known here stay as mlx-lm batches them.

Where a step computes one of few numbers of rows (`device.py`), the first row stands in for those that are missing;
and where a model's steps can be compiled (`compiled.py`), they are, also one row's, and in the caches of several.
Elsewhere rows of unlike lengths are in parts (`parts.py`), and a step takes a chunk of a prompt along.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, cast

import mlx.core as mx
from mlx_lm.models.cache import (
    BatchKVCache,
    BatchRotatingKVCache,
    KVCache,
    RotatingKVCache,
)

from ..parted import Division, PartedKVCache, parts_of
from ..prefix_cache.rows import leaves, mapped, rows_by_part, window
from .device import ANY, Device
from .parts import group


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


class Chunk(NamedTuple):
    """Tokens of a prompt that are computed with a step of rows.

    Attributes:
        tokens: They.
        caches: The prompt's, plain ones, of all tokens before.
        start: How many these are.
        begun: To be called when the caches hold the tokens.
    """

    tokens: list[int]
    caches: list[Any]
    start: int
    begun: Callable[[], None] = lambda: None


class RowCaches:
    """The caches of some rows, and how many tokens each holds.

    Args:
        caches: mlx-lm's, one for each layer; batched, or those of one row; or in parts, one behind the other.
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
        self._counts: list[int] = []  # the rows of each part
        self._held: list[int] = []  # likewise, with those that stand in
        self._aligned: list[AlignedKVCache | PartedKVCache] = []
        self._starts: list[mx.array | None] = []  # by part; None where all rows begin at once
        self._offset: mx.array | None = None
        self._padding: mx.array | None = None  # the rows that a step computes, by their index
        self._compilable = False
        held = [len(rows) for rows in rows_by_part(caches, len(lengths))]
        self._settle([list(range(count)) for count in held], held)

    def forward(self, model: Any, tokens: mx.array, chunk: Chunk | None = None) -> mx.array:
        """Run the model on each row's next token.

        Args:
            model: The model.
            tokens: Of shape (rows,).
            chunk: What is computed at the same time; where rows may be in parts, and have keys and values only.

        Returns:
            The logits, of shape (rows, vocabulary).
        """
        if self._padding is not None:
            tokens = tokens[self._padding]
        logits = self._run_compiled(model, tokens)
        if logits is None:
            logits = self._run(model, tokens, chunk)
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

    def _run(self, model: Any, tokens: mx.array, chunk: Chunk | None) -> mx.array:
        """Run a step and move the layers on."""
        for part, (lengths, starts) in enumerate(zip(self._by_part(self.lengths), self._starts, strict=False)):
            if starts is None:
                continue
            end = max(lengths) + 1
            mask = (mx.arange(end) >= starts[:, None])[:, None, None]
            for cache in self._aligned:
                parts_of(cache)[part].mask = mask
            if self._device.kernels.attention is not None:
                self._device.kernels.attention.expect(mask, starts, mx.array([end]))
        layers, offset = self.layers, self._offset
        if chunk is not None:
            layers, offset = self._with(chunk)
            tokens = mx.concatenate([tokens, mx.array(chunk.tokens, dtype=tokens.dtype)])
        if offset is not None and self._device.kernels.rotary is not None:
            self._device.kernels.rotary.expect(offset)
        logits = model(tokens[:, None], cache=layers)[:, -1, :]
        if self._offset is not None:
            self._offset = self._offset + 1
            for cache in self._aligned:
                cache.offset = self._offset
        return logits

    def _with(self, chunk: Chunk) -> tuple[list[Any], mx.array]:
        """Return the layers for a step with these tokens too, each as a row; and how long all rows are."""
        end = len(self.lengths) + len(chunk.tokens)
        rows = [*self._by_part(list(range(len(self.lengths)))), list(range(len(self.lengths), end))]
        division, prompt = Division(rows, folded=True), leaves(chunk.caches)
        offset = mx.array([*self.lengths, *range(chunk.start, chunk.start + len(chunk.tokens))])

        def joined(cache: Any) -> PartedKVCache:
            layer = PartedKVCache([*parts_of(cache), next(prompt)], division)
            layer.offset = offset
            return layer

        return mapped(self.layers, joined), offset

    def extend(self, other: RowCaches) -> list[int]:
        """Take the rows of others in.

        Returns:
            How the rows stand now: each one's index before, the others' counted behind these.
        """
        order = list(range(len(self.lengths) + len(other.lengths)))
        if not other.lengths:
            return order
        if not self.lengths:
            vars(self).update(vars(other))
            return order
        counts, held = self._counts + other._counts, self._held + other._held
        lengths = self.lengths + other.lengths
        groups = group(self._by_part(self.lengths), other._by_part(other.lengths), self._device.slack)
        begins = [0, *accumulate(counts)]
        order = [row for each in groups for part in each for row in range(begins[part], begins[part + 1])]
        self.layers, joining = as_batch(self.layers), leaves(as_batch(other.layers))

        def joined(cache: Any) -> Any:
            parts = [*parts_of(cache), *parts_of(next(joining))]
            if isinstance(parts[0], BatchKVCache):
                return _of_parts([_joined([parts[part] for part in each]) for each in groups], held_now)
            first, second = parts
            first.extend(second)
            if order != sorted(order):
                first.filter(mx.array(order))
            return first

        held_now = [sum(held[part] for part in each) for each in groups]
        self.layers = mapped(self.layers, joined)
        self.lengths = [lengths[row] for row in order]
        kept: list[list[int]] = []
        for each in groups:  # without those that stood in for others
            places = zip(each, accumulate([0, *(held[part] for part in each)]), strict=False)
            kept.append([place + row for part, place in places for row in range(counts[part])])
        self._settle(kept, held_now)
        return order

    def filter(self, keep: Sequence[int]) -> None:
        """Keep the rows at these indices only, which rise."""
        self.lengths = [self.lengths[index] for index in keep]
        begins = [0, *accumulate(self._counts)]
        kept = [[index - begin for index in keep if begin <= index < end] for begin, end in pairwise(begins)]
        self._settle(kept, self._held)

    def __len__(self) -> int:
        """Return how many rows a step computes."""
        return len(self.lengths) if self._padding is None else self._padding.size

    def _by_part(self, each: list[int]) -> list[list[int]]:
        """Divide what there is for each row."""
        return [each[begin:end] for begin, end in pairwise([0, *accumulate(self._counts)])]

    def _settle(self, kept: list[list[int]], held: list[int]) -> None:
        """Give the layers the shape for some of the rows that they hold.

        Args:
            kept: The rows, by their place in each part.
            held: How many each part holds.
        """
        self._aligned, self._starts, self._offset, self._padding = [], [], None, None
        self._compilable = False
        self._counts = [len(rows) for rows in kept if rows]
        if not self._counts:
            self.layers = []
            return
        missing = self._device.rows(len(self.lengths)) - len(self.lengths)
        if missing:  # where rows are not parted
            kept = [kept[0] + kept[0][:1] * missing]
            self._padding = mx.array([*range(len(self.lengths)), *[0] * missing])
        if kept != [list(range(count)) for count in held]:
            self._select(kept, held)
        self._held = [len(rows) for rows in kept if rows]
        self._compilable = self._can_be_compiled()
        if len(self) == 1 and not self._compilable:
            self.layers = as_single(self.layers, self.lengths[0])
            return
        self.layers = as_batch(self.layers)
        self._align(missing)

    def _can_be_compiled(self) -> bool:
        compiled = self._device.compiled
        # The lengths of other kinds of caches, and of lists of them, are numbers that a trace would freeze.
        known = all(isinstance(cache, KVCache | BatchKVCache) and not cache.empty() for cache in self.layers)
        return compiled is not None and not compiled.refused and known

    def _select(self, kept: list[list[int]], held: list[int]) -> None:
        places = zip(kept, accumulate([0, *held]), strict=False)
        all_rows = mx.array([begin + row for rows, begin in places for row in rows])
        indices = [mx.array(rows) for rows in kept]

        def selected(cache: Any) -> Any:
            if not isinstance(cache, BatchKVCache | PartedKVCache):
                cache.filter(all_rows)
                return cache
            parts: list[Any] = []
            for part, rows, index, count in zip(parts_of(cache), kept, indices, held, strict=True):
                if not rows:
                    continue
                if part.keys is not None and rows != list(range(count)):  # mlx-lm's own would wait for the device
                    part.keys, part.values = part.keys[index], part.values[index]
                parts.append(part)
            return _of_parts(parts, [len(rows) for rows in kept if rows])

        self.layers = mapped(self.layers, selected)

    def _align(self, missing: int) -> None:
        """Let the layers share what says where the rows, and so many that stand in for others, stand."""
        by_part = self._by_part(self.lengths)
        by_part[0] = by_part[0] + self.lengths[:1] * missing
        starts = [[max(lengths) - length for length in lengths] for lengths in by_part]
        paddings = [mx.array(each) for each in starts]
        offset = mx.array([length for lengths in by_part for length in lengths])
        for cache in leaves(self.layers):
            if not isinstance(cache, BatchKVCache | PartedKVCache):
                continue
            for part, lengths, padding in zip(parts_of(cache), by_part, paddings, strict=True):
                _justify(part, max(lengths))
                part.__class__ = AlignedKVCache
                part.offset, part.left_padding, part.mask = mx.array(lengths), padding, None
            cache.offset = offset
            self._aligned.append(cast("AlignedKVCache | PartedKVCache", cache))
        if self._aligned:
            self._offset = offset
            self._starts = [padding if any(each) else None for each, padding in zip(starts, paddings, strict=True)]


def as_single(caches: Sequence[Any], length: int) -> list[Any]:
    """Return caches that hold one row of `length` tokens as those of a row alone, without copying them."""
    return mapped(caches, lambda cache: _single(cache, length))


def as_batch(caches: Sequence[Any]) -> list[Any]:
    """Return the caches of one row as a batch's; a batch's are returned as they are."""
    return mapped(caches, _batch)


def _single(cache: Any, length: int) -> Any:
    if isinstance(cache, BatchKVCache):
        _justify(cache, length)
        single = KVCache()
        single.keys, single.values, single.offset = cache.keys, cache.values, length
        return single
    if type(cache) is BatchRotatingKVCache:
        return RotatingKVCache(cache.max_size) if cache.empty() else window(cache, 0, length)
    return cache


def _batch(cache: Any) -> Any:
    if isinstance(cache, PartedKVCache):
        return PartedKVCache([_batch(part) for part in cache.parts], cache.division)
    if type(cache) is KVCache:
        batch = BatchKVCache([0])
        batch.keys, batch.values = cache.keys, cache.values
        batch.offset, batch._idx = mx.array([cache.offset]), cache.offset  # noqa: SLF001 - there is no other way
        return batch
    if type(cache) is RotatingKVCache:
        return BatchRotatingKVCache.merge([cache])
    return cache


def _of_parts(parts: list[Any], counts: list[int]) -> Any:
    rows = [list(range(begin, end)) for begin, end in pairwise([0, *accumulate(counts)])]
    return parts[0] if len(parts) == 1 else PartedKVCache(parts, Division(rows))


def _joined(caches: list[BatchKVCache]) -> BatchKVCache:
    """Return one cache with the rows of all.

    mlx-lm's `BatchKVCache.extend` copies both twice, to fill them up and to put them together. Into memory that
    has the size at once, a row of 422 tokens joins 8 shorter ones of the 0.6B shape in 93 ms on a CPU, and not in
    200. What says where the rows stand is made anew by `_align`.
    """
    first, *others = caches
    if not others:
        return first
    if any(cache.empty() for cache in caches):
        for cache in others:
            first.extend(cache)
        return first
    lengths = [cache.size() for cache in caches]
    end = max(lengths)

    def joined(arrays: list[Any]) -> mx.array:
        rows, size = sum(len(array) for array in arrays), max(array.shape[2] for array in arrays)
        whole = mx.zeros((rows, arrays[0].shape[1], size, arrays[0].shape[3]), arrays[0].dtype)
        at = 0
        for array, length in zip(arrays, lengths, strict=True):
            whole[at : at + len(array), :, end - length : end] = array[:, :, :length]
            at += len(array)
        return whole

    first.keys, first.values = joined([each.keys for each in caches]), joined([each.values for each in caches])
    first._idx = end  # noqa: SLF001
    return first


def _justify(cache: BatchKVCache, longest: int) -> None:
    """Cut off what lies left of the longest row."""
    unused = cache._idx - longest  # noqa: SLF001 - `size()` is it, by chance
    if unused > 0 and cache.keys is not None and cache.values is not None:
        cache.keys, cache.values = cache.keys[..., unused:, :], cache.values[..., unused:, :]
        cache._idx = longest  # noqa: SLF001
