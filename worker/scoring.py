"""Log-probabilities of prompts, chunk by chunk, beside the running batch.

A prompt that is scored is prefilled here, alone: the logits of a chunk are on the device for as long as it takes
to gather a few numbers from them, and what a step spends on it counts as prefill. It takes nothing from the prefix
cache, as what is kept there has no logits. Then its row joins the batch with the caches that came of it.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

import mlx.core as mx
from mlx_lm.models.cache import make_prompt_cache

from .ledger import TokenLogprobs
from .sampling.logprobs import gather
from .scheduler import Insert, Key, Scored

# With 150,000 tokens in a vocabulary, the logits of as many tokens take 150 MB.
_MOST_AT_ONCE = 256
# Of a prompt's first token, which nothing stands before.
_UNKNOWN = TokenLogprobs(0.0, ())


class ScoredPrompt(NamedTuple):
    """A prompt whose tokens are scored: all but the last are in the caches."""

    order: Insert
    caches: list[Any]


class PromptScorer:
    """The prompts that wait to be scored, in their order.

    Args:
        model: The model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._waiting: deque[Insert] = deque()
        # Of the first of them.
        self._caches: list[Any] | None = None
        self._done = 0
        self._scored: list[Scored] = []

    @property
    def busy(self) -> bool:
        """Whether a prompt waits."""
        return bool(self._waiting)

    def add(self, order: Insert) -> None:
        """Queue a prompt."""
        self._waiting.append(order)

    def remove(self, keys: tuple[Key, ...]) -> None:
        """Forget prompts; one that is not there is ignored."""
        if self._waiting and self._waiting[0].key in keys:
            self._caches = None
        self._waiting = deque(order for order in self._waiting if order.key not in keys)

    def take(self) -> list[Scored]:
        """Return what was computed since the last time."""
        scored, self._scored = self._scored, []
        return scored

    @property
    def prefilled(self) -> tuple[Key, int] | None:
        """How many tokens of the first prompt are in its caches; None if there is none."""
        return (self._waiting[0].key, self._done) if self._caches is not None else None

    def step(self, tokens: int) -> tuple[int, list[ScoredPrompt]]:
        """Score up to so many tokens, of one or several prompts.

        Returns:
            How many it were, and the prompts that are done.
        """
        spent, ready = 0, []
        while self._waiting and (spent < tokens or len(self._waiting[0].prompt) == 1):
            order = self._waiting[0]
            if self._caches is None:
                self._caches, self._done = make_prompt_cache(self._model), 0
            spent += self._score(order, self._caches, min(tokens - spent, _MOST_AT_ONCE))
            if self._done == len(order.prompt) - 1:
                ready.append(ScoredPrompt(order, self._caches))
                self._waiting.popleft()
                self._caches = None
        return spent, ready

    def _score(self, order: Insert, caches: list[Any], most: int) -> int:
        """Put the next tokens of a prompt into its caches, and tell of those behind each of them."""
        start, end = self._done, min(self._done + most, len(order.prompt) - 1)
        told = [(order.prompt[0], _UNKNOWN)] if start == 0 else []
        if start < end:
            logits = self._model(mx.array([order.prompt[start:end]]), cache=caches)[0]
            following = order.prompt[start + 1 : end + 1]
            logprobs = gather(logits, mx.array(following), [order.prompt_logprobs or 0] * len(following))
            mx.eval(logprobs.arrays, [cache.state for cache in caches])
            told += [(token, logprobs.of(place)) for place, token in enumerate(following)]
        self._done = end
        self._scored.append(Scored(order.key, start + 1 if start else 0, told))
        return end - start
