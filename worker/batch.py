"""mlx-lm's continuous batching, with prefill and decode steps of our own, and a cache of prefixes.

`BatchGenerator` and its caches are mlx-lm's (`mlx_lm/generate.py`, 0.32). Where mlx-lm has a row's sampler, ours
has its `RowSampling`, and where it has stop sequences, ours has the tokens that end a row.

A prompt looks for its longest kept prefix when it joins the prompts that are prefilled, not before; and if one of
these is about to compute a prefix for it, it lets others pass and joins when that is done. Of equal prompts one is
prefilled, and the others' rows are copied from it (`n` answers to a request), with whatever caches the model has.

A prompt alone is processed in the steps of the rows that decode, if there are any: its chunks wait for them.

What is to be kept of rows is cut out of the batch's caches behind the step that computed it, when its tokens are
on their way: of 32 rows that end together it takes 30 ms on an H200.
"""

from __future__ import annotations

import copy
from collections import deque
from itertools import islice, pairwise
from typing import Any, NamedTuple, cast

import mlx.core as mx
from mlx_lm.generate import BatchGenerator, PromptProcessingBatch

from .decode import DecodeBatch, Decoded, Device, RowCaches
from .prefill import PromptBatch
from .prefix_cache import PrefixCache, worth_waiting
from .prefix_cache.rows import leaves

# Of its share of a step, which a prompt may take to be done: another step for a few tokens costs as much as this.
_MORE = 1.5


class _Computed(NamedTuple):
    """What is to be kept of a row: whom it may help, its tokens, and where its caches are."""

    scope: str
    tokens: list[int]
    caches: list[Any]
    row: int


class ContinuousBatch(BatchGenerator):
    """mlx-lm's `BatchGenerator`, whose rows decode in a `DecodeBatch` and leave their caches to others.

    Args:
        model: The model.
        prefixes: Where caches are kept.
        device: Where it runs.
        largest_chunk: The most tokens of one prompt that the model is given at once.
        options: `BatchGenerator`'s.

    Attributes:
        device: Where it runs.
        prefill_tokens: How many prompt tokens the next step may process, of all prompts together.
    """

    def __init__(
        self, model: Any, prefixes: PrefixCache, device: Device, largest_chunk: int, **options: Any
    ) -> None:
        super().__init__(model, prefill_step_size=largest_chunk, **options)
        self.device = device
        self.prefill_tokens = self._largest_chunk = largest_chunk
        self._prefixes = prefixes
        self._decoding = self._generation_batch = DecodeBatch(
            model,
            [],
            RowCaches([], [], self.device),
            lambda indices: self._end(self._decoding, indices),
            lambda: cast("PromptBatch", self._prompt_batch).take_chunk(),
        )
        prompts = self._prompt_batch = PromptBatch.empty(model, self.sampler, prefill_step_size=largest_chunk)
        prompts.device = device
        # What goes along with parts goes along with chunks (`decode/trial.py`).
        prompts.rides = lambda: device.slack is not None and len(self._decoding) > 0
        # By uid: whose caches a row's may help, the prompts that are not yet decoding, how much of them was found,
        # and which prompts wait for which other.
        self._scopes: dict[int, str] = {}
        self._prompts: dict[int, list[int]] = {}
        self._cached: dict[int, int] = {}
        self._waits_for: dict[int, int] = {}
        self._computed: list[_Computed] = []

    @property
    def decoding(self) -> int:
        """How many rows get a token in the next step."""
        return len(self._decoding)

    @property
    def prefilling(self) -> int:
        """How many prompts wait or are being processed."""
        return len(self._unprocessed_sequences) + len(self._prompt_batch)

    @property
    def left(self) -> int:
        """How many tokens of these are still to be processed, if none is found in the prefix cache."""
        first = islice(self._unprocessed_sequences, self.prefill_batch_size)  # more won't be done together
        waiting = sum(len(self._prompt_of(sequence)) for sequence in first)
        return waiting + sum(total - done for _, done, total in self._currently_processing)

    @property
    def progress(self) -> list[tuple[int, int]]:
        """By uid, how many tokens are computed, or were found, of each prompt that is being processed."""
        return [
            (uid, len(self._prompts[uid]) - total + done)
            for uid, (_, done, total) in zip(self._prompt_batch.uids, self._currently_processing, strict=True)
        ]

    @property
    def prefilled(self) -> int:
        """How many prompt tokens were processed so far, or are in a step that was begun.

        MLX has few operations under way at once: to begin a step takes about as long as computing it does.
        """
        return cast("PromptBatch", self._prompt_batch).computed + self._decoding.carried

    def share(self, uid: int, scope: str | None) -> None:
        """Let an inserted row use and leave caches within a scope; None, and without this call, neither."""
        if scope is not None:
            self._scopes[uid] = scope

    def take_cached(self, uid: int) -> int:
        """Return how many tokens of a row's prompt were found and not computed; once, then 0."""
        return self._cached.pop(uid, 0)

    def remove(self, uids: list[int], return_prompt_caches: bool = False) -> Any:
        """Take rows out, wherever they are; what was computed of them is kept."""
        with mx.stream(self._stream):
            for uid, (stage, index) in self._find_uids(uids).items():
                if stage:
                    self._end(self._prompt_batch if stage == 1 else self._decoding, [index])
                for of_row in (self._scopes, self._prompts, self._cached, self._waits_for):
                    of_row.pop(uid, None)
            return super().remove(uids, return_prompt_caches)

    def _end(self, batch: PromptBatch | DecodeBatch, indices: list[int]) -> None:
        """Note what was computed of some rows, before they leave or go on."""
        rows = [(self._scopes.get(batch.uids[index]), index) for index in indices]
        if not self._prefixes.enabled or all(scope is None for scope, _ in rows):
            return
        if isinstance(batch, PromptBatch):
            batch.flush()
        # As they are now: rows that leave are cut out of the caches themselves.
        layers = batch.prompt_cache if isinstance(batch, PromptBatch) else batch.caches.layers
        caches = [copy.copy(cache) for cache in leaves(layers)]
        for scope, index in rows:
            if scope is not None:
                self._computed.append(_Computed(scope, [*batch.cached(index)], caches, index))

    def keep(self) -> None:
        """Keep what was computed of rows that have left, or have come to the end of a prompt."""
        computed, self._computed = self._computed, []
        with mx.stream(self._stream):
            for each in computed:
                self._prefixes.keep(*each)

    def forget(self) -> None:
        """Forget all that is kept."""
        self._computed.clear()
        self._prefixes.clear()

    def step(self) -> list[Decoded]:
        """Decode one token for every row and prefill one chunk of the prompts that wait; return the tokens."""
        return cast("list[Decoded]", self.next()[1])

    def _next(self) -> Any:
        """Do a step; what has come to the end of a prompt, or to a border in it, is kept."""
        self.keep()
        self._copy_twins()
        self._divide()
        batch = cast("PromptBatch", self._prompt_batch)
        batch.reserve([len(self._prompts[uid]) for uid in batch.uids])
        prompts, tokens = cast("tuple[list[PromptProcessingBatch.Response], list[Decoded]]", super()._next())
        ready = []
        for response in prompts:
            if response.end_of_prompt:
                del self._prompts[response.uid]
            elif response.end_of_segment:
                ready.append(self._prompt_batch.uids.index(response.uid))
        if ready:
            batch.when_computed(lambda: self._end(batch, ready))
        for response in tokens:
            if response.finish is not None:
                self._scopes.pop(response.uid, None)
        return prompts, tokens

    def _prompt_of(self, sequence: Any) -> list[int]:
        prompt = self._prompts.get(sequence[0])
        if prompt is None:
            prompt = self._prompts[sequence[0]] = [token for segment in sequence[1] for token in segment]
        return prompt

    def _copy_twins(self) -> None:
        """Let prompts that wait, and are equal to one that is done, go on with what was computed of it."""
        batch = cast("PromptBatch", self._prompt_batch)
        done = {
            uid: row
            for row, (uid, (segments, *_)) in enumerate(zip(batch.uids, self._currently_processing, strict=True))
            if len(segments) == 1 and len(segments[0]) == 1
        }
        room = min(self.completion_batch_size - len(self._decoding), self.prefill_batch_size) - len(batch)
        twins: list[tuple[int, Any]] = []
        waiting: deque[Any] = deque()
        for sequence in self._unprocessed_sequences if done and room > 0 else ():
            twin = next((uid for uid in done if self._are_equal(uid, sequence)), None)
            if twin is None or len(twins) >= room:
                waiting.append(sequence)
                continue
            twins.append((done[twin], sequence))
            prompt = self._prompts[sequence[0]]
            self._cached[sequence[0]] = len(prompt) - 1
            self._currently_processing.append([[prompt[-1:]], len(prompt) - 1, len(prompt)])
        if twins:
            self._unprocessed_sequences = waiting
            batch.copy(twins)

    def _are_equal(self, uid: int, sequence: Any) -> bool:
        """Tell whether a prompt that waits is one that is being prefilled, and may use what is computed of it."""
        scope = self._scopes.get(sequence[0])
        return (
            scope is not None
            and scope == self._scopes.get(uid)
            and self._prompt_of(sequence) == self._prompts[uid]
        )

    @property
    def _most_prompts(self) -> int:
        """How many prompts are prefilled together at most."""
        return min(self.prefill_batch_size, max(1, self.prefill_tokens // self.device.least_share))

    def _make_batch(self, n: int) -> PromptBatch:
        """Take up to `n` of the prompts that wait, each with what is kept of it."""
        chosen = self._choose(min(n, self._most_prompts - len(self._prompt_batch)))
        self._unprocessed_sequences.extendleft(map(self._with_prefix, reversed(chosen)))
        caches = [sequence[3] for sequence in self._unprocessed_sequences][: len(chosen)]
        batch = cast("PromptBatch", super()._make_batch(len(chosen)))
        batch.__class__ = PromptBatch
        batch.device = self.device
        if chosen:
            batch.begin(caches)
        self._divide()
        return batch

    def _divide(self) -> None:
        """Divide the step's tokens among the prompts; if a little more ends them all, they get it."""
        left = [len(segments[0]) for segments, *_ in self._currently_processing if segments[1:] or segments[0][1:]]
        share = max(1, min(self.prefill_tokens // max(1, len(left)), self._largest_chunk))
        longest = max(left, default=share)
        self.prefill_step_size = longest if longest <= _MORE * share else share

    def _choose(self, most: int) -> list[Any]:
        """Take the oldest prompts that need not wait out of the queue."""
        prefilling = {
            uid: total - done - 1
            for uid, (_, done, total) in zip(self._prompt_batch.uids, self._currently_processing, strict=True)
        }
        twins = {(self._scopes.get(uid), *self._prompts[uid]): uid for uid, left in prefilling.items() if left}
        chosen: list[Any] = []
        waiting: deque[Any] = deque()
        for sequence in self._unprocessed_sequences:
            uid = sequence[0]
            prompt = self._prompt_of(sequence)
            if len(chosen) >= most or self._must_wait(sequence, prefilling, twins):
                waiting.append(sequence)
                continue
            chosen.append(sequence)
            prefilling[uid] = len(prompt) - 1 - self._prefixes.usable(self._scopes.get(uid), prompt)
            if prefilling[uid]:
                twins[self._scopes.get(uid), *prompt] = uid
        self._unprocessed_sequences = waiting
        return chosen

    def _must_wait(self, sequence: Any, prefilling: dict[int, int], twins: dict[tuple[Any, ...], int]) -> bool:
        """Tell whether a prompt waits for one that is being prefilled.

        Args:
            sequence: mlx-lm's, of the prompt.
            prefilling: By uid, how much each of the others has left.
            twins: By scope and tokens, those that have some.
        """
        uid, prompt = sequence[0], self._prompts[sequence[0]]
        scope = self._scopes.get(uid)
        if scope is None:
            return False
        if self._waits_for.get(uid) in prefilling:
            return True
        self._waits_for.pop(uid, None)
        other = twins.get((scope, *prompt))
        if other is None and self._prefixes.enabled and len(prompt) > self._prefixes.least:
            usable, by_snapshot = self._prefixes.usable(scope, prompt), self._prefixes.by_snapshot
            other = next(
                (
                    each
                    for each, left in prefilling.items()
                    if self._scopes.get(each) == scope
                    and worth_waiting(prompt, usable, self._prompts[each], left, by_snapshot=by_snapshot)
                ),
                None,
            )
        if other is None:
            return False
        self._waits_for[uid] = other
        return True

    def _with_prefix(self, sequence: Any) -> Any:
        """Return a sequence of mlx-lm's with its longest kept prefix in its caches; only the rest is computed."""
        uid, segments, most, caches, tokens, *others = sequence
        prompt = self._prompts[uid]
        found = self._prefixes.find(self._scopes.get(uid), prompt)
        if found.length:
            self._cached[uid] = found.length
        cuts = [found.length, *([found.border] if found.border else []), len(prompt) - 1, len(prompt)]
        segments = [prompt[start:end] for start, end in pairwise(cuts) if start < end]
        if found.caches is not None:
            caches, tokens = found.caches, prompt[: found.length]
        return (uid, segments, most, caches, tokens, *others)
