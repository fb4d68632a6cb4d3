"""How a row's next token is drawn.

Reproducible by design: the random key of a token is a function of (seed, position in the completion) and of
nothing else, so the same request gives the same tokens in any batch, on any worker, before or after a restart.
The filters and penalties are mlx-lm's (`mlx_lm.sample_utils`).
"""

from __future__ import annotations

from collections.abc import Callable

import mlx.core as mx
from mlx_lm.sample_utils import apply_top_p, make_logits_processors

from ..protocol.messages import Sampling

Sampler = Callable[[mx.array], mx.array]
LogitsProcessor = Callable[[mx.array, mx.array], mx.array]

# Below this, 1/temperature overflows float32 log-probabilities, and the draw is the most probable token anyway.
_COLDEST = 1e-4
_MASK = (1 << 64) - 1


def token_key(seed: int, position: int) -> mx.array:
    """Return the random key of the token at `position` of a completion.

    SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): output number `position` of the stream that `seed` starts.

    Returns:
        uint32 array of shape (2,), a key of MLX's Threefry generator.
    """
    z = (seed + (position + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    z ^= z >> 31
    return mx.array([z >> 32, z & 0xFFFFFFFF], dtype=mx.uint32)


class SeededSampler:
    """Draws one row's tokens in order; call it exactly once per token."""

    def __init__(self, sampling: Sampling) -> None:
        self._seed = sampling.seed
        self._scale = 1.0 / sampling.temperature
        # As an array: mx.compile keeps a compiled graph for every Python number that it is called with.
        self._top_p = mx.array(sampling.top_p) if sampling.top_p < 1.0 else None
        self._position = 0

    def __call__(self, logprobs: mx.array) -> mx.array:
        """Return the next token.

        Args:
            logprobs: Log-probabilities of shape (1, vocabulary).

        Returns:
            Token id, uint32 array of shape (1,).
        """
        key = token_key(self._seed, self._position)
        self._position += 1
        logprobs = logprobs.astype(mx.float32)
        if self._top_p is not None:
            logprobs = apply_top_p(logprobs, self._top_p)  # pyright: ignore[reportArgumentType]
        return mx.random.categorical(logprobs * self._scale, key=key)


def make_sampler(sampling: Sampling) -> Sampler | None:
    """Return the sampler of a row; `None` is greedy, which a batch does for all its greedy rows in one call."""
    if sampling.temperature < _COLDEST or sampling.top_p <= 0.0:
        return None
    return SeededSampler(sampling)


def make_processors(sampling: Sampling) -> list[LogitsProcessor]:
    """Return the logits processors of a row, in the order they apply."""
    if sampling.repetition_penalty == 1.0 or sampling.repetition_context_size == 0:
        return []
    return make_logits_processors(
        repetition_penalty=sampling.repetition_penalty,
        repetition_context_size=sampling.repetition_context_size,
    )
