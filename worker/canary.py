"""A prompt that the model must always answer alike: whether the device still computes what it did at the start.

A broken graphics memory, a weight that was overwritten, or a context that went bad without an error otherwise
shows only in what clients read.
"""

from __future__ import annotations

from typing import Any, cast

import mlx.core as mx
from mlx_lm.models.cache import make_prompt_cache

_PROMPT = "The quick brown fox jumps over the lazy dog. 1, 2, 3, 4,"
_TOKENS = 8


class CanaryError(Exception):
    """The model computes what is no number, or another answer than at the start."""


class Canary:
    """Asks a model the same thing again and again; the first answer is the right one.

    It runs beside the batch, on the main thread, with a cache of its own.

    Args:
        model: A model that mlx-lm loaded.
        tokenizer: Its tokenizer, for the prompt; any token will do for one that knows none of its words.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model = model
        self._prompt = list(tokenizer.encode(_PROMPT)) or [0]
        self._expected: list[int] | None = None

    def check(self) -> None:
        """Ask, and compare.

        Raises:
            CanaryError: The logits are no numbers, or the answer is not the first one.
        """
        answer = self._answer()
        if self._expected is None:
            self._expected = answer
        elif answer != self._expected:
            raise CanaryError(
                f"the model answers a fixed prompt with {answer}, at the start it was {self._expected}: "
                "its weights or the device went bad"
            )

    def _answer(self) -> list[int]:
        """Return the most probable tokens, one after the other."""
        cache = make_prompt_cache(self._model)
        tokens: list[int] = []
        inputs = mx.array([self._prompt])
        for _ in range(_TOKENS):
            logits = self._model(inputs, cache=cache)[0, -1]
            # A logit may be -inf where a model masks tokens; NaN is always wrong, and so is +inf.
            broken = mx.any(mx.isnan(logits) | (logits == mx.inf))
            inputs = mx.argmax(logits)[None, None]
            mx.eval(inputs, broken)
            if broken.item():
                raise CanaryError("the model computes NaN or infinite logits for a fixed prompt")
            tokens += cast("list[int]", inputs[0].tolist())
        return tokens
