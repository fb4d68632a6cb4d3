"""Continuous batching, with generations known by their keys.

Runs on the main thread, which also loaded the model (MLX streams are thread-local). One `step` decodes one
token for every running row and processes one chunk of the prompts that wait, so rows join, leave and are
cancelled between steps and between prefill chunks; how large it is follows from how long the steps before took
(`pace.py`). The batch computes one step ahead: while a step's tokens
are turned into text by the I/O thread, the next step is already under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import make_prompt_cache

from . import pace
from .batch import ContinuousBatch
from .decode import can_be_parted, present
from .prefix_cache import DiskTier, PrefixCache
from .rehearsal import rehearse
from .sampling import RowSampling, SpecialTokens
from .scheduler import Insert, Key, Scored, Token
from .scoring import PromptScorer, ScoredPrompt


class Engine:
    """The running batch of one model.

    Args:
        model: A model that mlx-lm loaded.
        eos_tokens: The ids that end a turn.
        max_batch: Rows that decode together; more wait inside.
        kept_by_xtc: Tokens that XTC never takes away.
        max_prefill_batch: Prompts that are prefilled together; None is as many as rows.
        prefill_chunk: Prompt tokens that a step processes; None lets them follow the measured speed.
        prefix_cache: Bytes of caches that are kept for prompts to come.
        disk: What of these outlives the process, if anything does.

    Attributes:
        vocabulary: How many different tokens the model's logits are for.
        slack: How much longer than they are rows may be made by others, see `KvMemory`.
        pace: How many prompt tokens a step processes.
    """

    def __init__(
        self,
        model: Any,
        eos_tokens: set[int],
        max_batch: int,
        kept_by_xtc: Iterable[int] = (),
        *,
        max_prefill_batch: int | None = None,
        prefill_chunk: int | None = None,
        prefix_cache: int = 0,
        disk: DiskTier | None = None,
    ) -> None:
        self._max_batch = max_batch
        self._special = SpecialTokens(frozenset(eos_tokens), frozenset(kept_by_xtc))
        # Only the shape: nothing is computed.
        self.vocabulary: int = model(mx.array([[0]]), cache=make_prompt_cache(model)).shape[-1]
        self._prefill_chunk = prefill_chunk
        device = present()
        if device.slack is not None and not can_be_parted(model, self.vocabulary):
            device = replace(device, slack=None)
        self.slack = device.slack
        self._prefixes = PrefixCache(model, prefix_cache, disk, least=device.least_prefix)
        self._generator = ContinuousBatch(
            model,
            self._prefixes,
            device,
            prefill_chunk or pace.LARGEST,
            completion_batch_size=max_batch,
            prefill_batch_size=min(max_batch, max_prefill_batch or max_batch),
        )
        self.pace = pace.PrefillPace(device.least_chunk, prefill_chunk, largest=device.largest_chunk)
        self._scorer = PromptScorer(model)
        self._keys: dict[int, Key] = {}
        self._uids: dict[Key, int] = {}
        self.steps = 0

    def warm_up(self) -> None:
        """Generate for nobody: kernels are compiled, and a model that can't run fails here."""
        token = min(self._special.ends, default=0)
        rehearse(self, self._generator.device, self._max_batch, token, self._prefill_chunk)
        self.steps = 0

    @property
    def busy(self) -> bool:
        """Whether there is anything to step for."""
        return bool(self._keys) or self._scorer.busy

    def insert(self, order: Insert) -> None:
        """Queue a prompt; it joins the batch at a step with room."""
        if order.prompt_logprobs is None:
            self._enter(order)
        else:
            self._scorer.add(order)

    def _enter(self, order: Insert, scored: ScoredPrompt | None = None) -> None:
        """Let a prompt wait for the batch; of one that was scored only the last token is to be computed."""
        row = RowSampling(
            order.sampling, order.prompt, order.position, self._special, order.grammar, order.thinking
        )
        (uid,) = self._generator.insert(
            [order.prompt if scored is None else order.prompt[-1:]],
            caches=None if scored is None else [scored.caches],
            all_tokens=None if scored is None else [order.prompt[:-1]],
            max_tokens=[order.max_tokens],
            samplers=[row],  # pyright: ignore[reportArgumentType] - see batch.py
            stop_sequences=[self._ends(order)],  # pyright: ignore[reportArgumentType] - likewise
        )
        self._generator.share(uid, order.cache_scope)
        self._keys[uid] = order.key
        self._uids[order.key] = uid

    def _ends(self, order: Insert) -> frozenset[int]:
        """Return the tokens that end a row."""
        # A grammar lets a turn end against `ignore_eos` only where nothing else may come.
        endless = order.sampling.ignore_eos and order.grammar is None
        ends = frozenset() if endless else self._special.ends
        return ends.union(order.sampling.stop_token_ids)

    def remove(self, keys: tuple[Key, ...]) -> None:
        """Take rows out of the batch, wherever they are in it; a key that is not there is ignored."""
        self._scorer.remove(keys)
        uids = [uid for key in keys if (uid := self._uids.pop(key, None)) is not None]
        for uid in uids:
            del self._keys[uid]
        self._generator.remove(uids)

    def step(self) -> list[Token]:
        """Decode one token for every running row and prefill one chunk of the waiting prompts.

        Raises:
            Exception: Whatever MLX raises. The context is suspect after that; the process must end.
        """
        decoding, prefilled = self._generator.decoding, self._generator.prefilled
        chunk = self.pace.chunk(
            decoding=decoding,
            waiting=self._generator.prefilling + self._scorer.busy,
            left=self._generator.left,
        )
        share = (chunk // 2 if self._generator.prefilling else chunk) if self._scorer.busy else 0
        self._generator.prefill_tokens = max(1, chunk - share)
        begin = perf_counter()
        responses = self._generator.step()
        prefilled = self._generator.prefilled - prefilled + self._score(share)
        # Nothing is computed behind the last tokens of all.
        self.pace.measured(prefilled, perf_counter() - begin, decoding=min(decoding, self._generator.decoding))
        self._prefixes.tokens_per_second = self.pace.tokens_per_second
        self.steps += 1
        tokens = [
            Token(self._keys[r.uid], r.token, r.finish, r.logprobs, self._generator.take_cached(r.uid))
            for r in responses
        ]
        for response in responses:
            if response.finish is not None:
                del self._uids[self._keys.pop(response.uid)]
        return tokens

    def _score(self, tokens: int) -> int:
        """Score up to so many tokens of prompts, and return how many it were."""
        if not self._scorer.busy:
            return 0
        with mx.stream(self._generator.stream):
            spent, ready = self._scorer.step(max(1, tokens))
        for scored in ready:
            self._enter(scored.order, scored)
        return spent

    def take_scored(self) -> list[Scored]:
        """Return what became known of prompts since the last time."""
        return self._scorer.take()

    @property
    def prefilled(self) -> list[tuple[Key, int]]:
        """How many tokens are computed of each prompt that is being processed."""
        scored = self._scorer.prefilled
        found = [(self._keys[uid], done) for uid, done in self._generator.progress]
        return found if scored is None else [*found, scored]

    def fetch_prefix(self, scope: str | None, prompt: Sequence[int], then: Callable[[], None]) -> None:
        """Read what the disk has of a prompt, then call `then`: see `PrefixCache.fetch`. Any thread may call."""
        self._prefixes.fetch(scope, prompt, then)

    def tend_prefix_cache(self, *, idle: bool = False) -> bool:
        """Keep what the last step computed, and bring it on its way to the disk.

        Returns:
            Whether there is more to do.
        """
        self._generator.keep()
        return self._prefixes.tend(idle=idle)

    def clear_prefix_cache(self) -> None:
        """Forget what is kept for prompts to come; rows in the batch keep what they took."""
        self._generator.forget()

    def close(self) -> None:
        """Write what is kept to disk, and give back what the generator changed in MLX's memory limits."""
        self._generator.keep()
        self._prefixes.close()
        self._generator.close()


def default_max_batch() -> int:
    """Return how many rows decode together if nobody says: on CUDA a step of 128 takes little more than of 32."""
    return 128 if mx.cuda.is_available() and mx.default_device().type == mx.gpu else 32
