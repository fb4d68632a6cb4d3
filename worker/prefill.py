"""Prompts that are prefilled together.

mlx-lm's `PromptProcessingBatch` (`mlx_lm/generate.py`, 0.32) with these differences:

- A prompt alone runs on the plain caches: the model's mask is then a causal one, and not an array. Its keys and
  values get their memory once: mlx-lm copies all of them every 256 tokens, which takes 0.3 s at 1,500 tokens of
  the 0.6B shape on a CPU.
- A prompt alone may wait for the next step of the rows that decode, which computes its chunk with their tokens.
- Prompts share arrays with others of about as many tokens only, like rows that decode (`prompt_caches.py`).
- Prompts are filled up to the few shapes that suit the device (`decode/device.py`).
- Free memory is given back only behind large chunks.
- A prompt's caches can be copied for others that are equal to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx
from mlx_lm.generate import PromptProcessingBatch
from mlx_lm.models.cache import BatchKVCache, KVCache

from . import prompt_caches
from .decode import Chunk, DecodeBatch, Device, Row, RowCaches, as_batch, as_single
from .parted import PartedKVCache, parts_of
from .prefix_cache.rows import leaves


class PromptBatch(PromptProcessingBatch):
    """Prompts that are prefilled together, and then decode in a `DecodeBatch`.

    Attributes:
        device: Where they are.
        rides: Tells whether chunks may wait for a step of rows that decode.
        computed: How many tokens were computed here.
    """

    device: Device
    rides: Callable[[], bool] = staticmethod(lambda: False)
    computed = 0
    _waiting: Sequence[int] = ()  # tokens of the only prompt
    _then: Callable[[], None] | None = None  # what is to be done when they are computed

    def cached(self, index: int) -> list[int]:
        """Return the tokens that a row's caches hold."""
        return self.tokens[index]

    def begin(self, caches: list[list[Any]]) -> None:
        """Let the prompts be prefilled in their own caches, each those of one row."""
        lengths = [len(tokens) for tokens in self.tokens]
        self.prompt_cache = prompt_caches.begun(self.prompt_cache, caches, lengths, self.device.slack)

    def extend(self, batch: PromptProcessingBatch) -> None:
        """Let the prompts of another batch join."""
        self.flush()
        if self.uids and batch.uids:
            lengths = [len(tokens) for tokens in self.tokens], [len(tokens) for tokens in batch.tokens]
            caches = prompt_caches.joined(self.prompt_cache, batch.prompt_cache, lengths, self.device.slack)
            self.prompt_cache, batch.prompt_cache = caches, []
        super().extend(batch)

    def reserve(self, lengths: list[int]) -> None:
        """Make room for all tokens of prompts whose caches are their own.

        Args:
            lengths: In tokens, of each whole prompt.
        """
        for layer in leaves(self.prompt_cache):
            rows = layer.division.rows if isinstance(layer, PartedKVCache) else [range(len(self.uids))]
            for cache, (row, *_) in zip(parts_of(layer), rows, strict=True):
                if isinstance(cache, KVCache):
                    _reserve(cache, lengths[row])

    def filter(self, keep: list[int]) -> None:
        """Keep only the prompts at these indices."""
        if len(keep) == len(self.uids):
            return
        self.flush()
        super().filter(keep)
        self.prompt_cache = prompt_caches.settled(self.prompt_cache)
        if len(keep) == 1:
            self.prompt_cache = as_single(self.prompt_cache, len(self.tokens[0]))

    def split(self, indices: list[int]) -> PromptBatch:
        """Take the prompts at these indices out, and return them; if these are all, nothing is copied."""
        self.flush()
        if len(indices) < len(self.uids):
            part = super().split(indices)
        else:
            part = PromptBatch.empty(self.model, self.fallback_sampler, prefill_step_size=self.prefill_step_size)
            part.extend(self)
            self.prompt_cache = []  # the other's now
            self.filter([])
        part.device = self.device
        return part

    def prompt(self, tokens: list[list[int]]) -> None:
        """Process so many tokens of each prompt, or let them wait for `take_chunk`."""
        self.flush()
        if not tokens:
            return
        caches = list(leaves(self.prompt_cache))
        _announce(caches, mx.array([len(known) for known in self.tokens]))
        for known, new in zip(self.tokens, tokens, strict=True):
            known.extend(new)
        if len(tokens) == 1 and all(type(cache) is KVCache for cache in caches) and self.rides():
            self._waiting = tokens[0]
        else:
            self._process(tokens)

    def take_chunk(self) -> Chunk | None:
        """Return what waits, for someone else to compute it."""
        waiting, self._waiting = self._waiting, ()
        if not waiting:
            return None
        return Chunk([*waiting], self.prompt_cache, len(self.tokens[0]) - len(waiting), self._go_on)

    def flush(self) -> None:
        """Compute what waits."""
        waiting, self._waiting = self._waiting, ()
        if waiting:
            self._process([[*waiting]])
            self._go_on()

    def when_computed(self, then: Callable[[], None]) -> None:
        """Do something once the caches hold all tokens: now, if nothing waits."""
        if self._waiting:
            self._then = then
        else:
            then()

    def _go_on(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()

    def _process(self, tokens: list[list[int]]) -> None:
        """Compute so many tokens of each prompt.

        As mlx-lm's, but that free memory is given back only behind large chunks: a short prompt needs it again.
        """
        self.computed += sum(map(len, tokens))
        caches = list(leaves(self.prompt_cache))
        longest, missing = max(map(len, tokens)), 0
        if all(isinstance(cache, KVCache | BatchKVCache) for cache in caches):  # others keep what fills up
            missing = self.device.prompts(len(tokens), longest) - len(tokens)
            longest = self.device.length(longest)
        tokens = tokens + [[0] * longest] * missing
        if missing:
            _fill_up(caches, len(self), missing)
        padding = [longest - len(new) for new in tokens]
        alone = isinstance(caches[0], KVCache)
        if any(padding) and not alone:
            for cache in self.prompt_cache:
                cache.prepare(lengths=[len(new) for new in tokens], right_padding=padding)
        inputs = mx.array([new + [0] * count for new, count in zip(tokens, padding, strict=True)])
        self.model(inputs, cache=self.prompt_cache)
        if any(padding):
            for cache in self.prompt_cache:
                if alone:
                    cache.trim(padding[0])
                else:
                    cache.finalize()
        if missing:
            _cut_off(caches, len(self))
        mx.eval([cache.state for cache in self.prompt_cache])
        if inputs.size >= self.device.freeing_chunk:
            mx.clear_cache()

    def copy(self, twins: list[tuple[int, Any]]) -> None:
        """Add rows whose caches are those of rows that are here.

        Args:
            twins: Of each new one, the row that it is equal to, and mlx-lm's sequence.
        """
        self.flush()
        rows = len(self)
        self.prompt_cache = as_batch(self.prompt_cache)
        self.filter([*range(rows), *(row for row, _ in twins)])
        for index, (row, sequence) in enumerate(twins, rows):
            uid, _, most, _, _, sampler, processors, stops = sequence
            self.uids[index], self.tokens[index], self.max_tokens[index] = uid, [*self.tokens[row]], most
            self.samplers[index], self.logits_processors[index] = sampler, processors
            self.stop_sequences[index] = stops

    def generate(  # pyright: ignore[reportIncompatibleMethodOverride] - ours takes its place
        self, tokens: list[list[int]]
    ) -> DecodeBatch:
        """Return the rows, ready to decode, given the last token of each prompt."""
        rows = [
            Row(uid, sampling, [*before, last[-1]], left, ends)  # pyright: ignore[reportArgumentType]
            for uid, sampling, before, last, left, ends in zip(
                self.uids, self.samplers, self.tokens, tokens, self.max_tokens, self.stop_sequences, strict=True
            )
        ]
        in_order, order = prompt_caches.in_order(self.prompt_cache, len(rows))
        rows = [rows[index] for index in order]
        caches = RowCaches(in_order, [len(row.tokens) - 1 for row in rows], self.device)
        self.uids, self.prompt_cache, self.tokens = [], [], []
        self.samplers, self.logits_processors, self.max_tokens, self.stop_sequences = [], [], [], []
        return DecodeBatch(self.model, rows, caches)


def _announce(caches: list[Any], offset: mx.array) -> None:
    """Tell the caches in parts how long the rows are."""
    for cache in caches:
        if isinstance(cache, PartedKVCache):
            cache.offset = offset


def _reserve(cache: KVCache, tokens: int) -> None:
    """Give a cache that holds something memory for so many tokens, and the first of an answer."""
    if cache.keys is None or cache.values is None or cache.keys.shape[2] >= tokens:
        return
    size = (tokens // cache.step + 1) * cache.step
    for name in ("keys", "values"):
        array: mx.array = getattr(cache, name)[:, :, : cache.offset]
        setattr(cache, name, mx.pad(array, [(0, 0), (0, 0), (0, size - cache.offset), (0, 0)]))


def _fill_up(caches: list[BatchKVCache], rows: int, missing: int) -> None:
    """Let the first row stand in for those that are missing."""
    index = mx.array([*range(rows), *[0] * missing])
    for cache in caches:
        cache.offset, cache.left_padding = cache.offset[index], cache.left_padding[index]
        if cache.keys is not None and cache.values is not None:
            cache.keys, cache.values = cache.keys[index], cache.values[index]


def _cut_off(caches: list[BatchKVCache], rows: int) -> None:
    """Leave only so many rows."""
    for cache in caches:
        cache.offset, cache.left_padding = cache.offset[:rows], cache.left_padding[:rows]
        if cache.keys is not None and cache.values is not None:
            cache.keys, cache.values = cache.keys[:rows], cache.values[:rows]
