"""How the next tokens are drawn: one pass over the whole batch, each row by its own settings.

Reproducible by design: the random key of a token is a function of (seed, position in the completion) and of
nothing else, so the same request gives the same tokens in any batch, on any worker, before or after a restart.
The filters and penalties are mlx-lm's (`mlx_lm.sample_utils`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mlx.core as mx
from mlx_lm.sample_utils import apply_top_p, make_logits_processors

from ..protocol.messages import Sampling

LogitsProcessor = Callable[[mx.array, mx.array], mx.array]

# Below this, 1/temperature overflows float32 log-probabilities, and the draw is the most probable token anyway.
_COLDEST = 1e-4
_MASK = (1 << 64) - 1
# A bound that no probability mass reaches: the row keeps every token, to the last bit as without a filter.
_KEEP_ALL = float("inf")


def token_key(seed: int, position: int) -> tuple[int, int]:
    """Return the random key of the token at `position` of a completion.

    SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): output number `position` of the stream that `seed` starts.

    Returns:
        Two words of 32 bits, a key of MLX's Threefry generator.
    """
    z = (seed + (position + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    z ^= z >> 31
    return z >> 32, z & 0xFFFFFFFF


class RowSampling:
    """One row's settings, and the position in its completion of the token that is drawn next."""

    __slots__ = ("greedy", "position", "scale", "seed", "top_p")

    def __init__(self, sampling: Sampling, position: int = 0) -> None:
        self.seed = sampling.seed
        self.position = position
        self.greedy = sampling.temperature < _COLDEST or sampling.top_p <= 0.0
        self.scale = 1.0 if self.greedy else 1.0 / sampling.temperature
        self.top_p = sampling.top_p if sampling.top_p < 1.0 else _KEEP_ALL

    def next_key(self) -> tuple[int, int]:
        """Return the key of the next token; call it exactly once for each."""
        key = token_key(self.seed, self.position)
        self.position += 1
        return key


class BatchSampler:
    """Draws one token for each of a fixed set of rows, step after step.

    What no row asks for is not computed, and settings become arrays once, not at every step.
    """

    def __init__(self, rows: Sequence[RowSampling]) -> None:
        self._rows = list(rows)
        self._all_greedy = all(row.greedy for row in rows)
        if self._all_greedy:
            return
        self._greedy = mx.array([row.greedy for row in rows]) if any(row.greedy for row in rows) else None
        self._scale = mx.array([[row.scale] for row in rows], dtype=mx.float32)
        filtered = any(row.top_p is not _KEEP_ALL for row in rows)
        self._top_p = mx.array([[row.top_p] for row in rows], dtype=mx.float32) if filtered else None

    def __call__(self, logits: mx.array) -> mx.array:
        """Return the next tokens.

        Args:
            logits: Of shape (rows, vocabulary), any float type.

        Returns:
            Token ids, uint32 of shape (rows,).
        """
        if self._all_greedy:
            return mx.argmax(logits, axis=-1)
        keys = mx.array([row.next_key() for row in self._rows], dtype=mx.uint32)
        logprobs = logits.astype(mx.float32)
        logprobs = logprobs - mx.logsumexp(logprobs, axis=-1, keepdims=True)
        if self._top_p is not None:
            logprobs = apply_top_p(logprobs, self._top_p)  # pyright: ignore[reportArgumentType]
        drawn = _draw(logprobs * self._scale, keys)
        return drawn if self._greedy is None else mx.where(self._greedy, mx.argmax(logits, axis=-1), drawn)


def _draw(logits: mx.array, keys: mx.array) -> mx.array:
    """Draw from each row of `logits` (rows, vocabulary) with its own key (rows, 2)."""
    return mx.vmap(lambda row, key: mx.random.categorical(row, key=key))(logits, keys)


def make_processors(sampling: Sampling) -> list[LogitsProcessor]:
    """Return the logits processors of a row, in the order they apply."""
    if sampling.repetition_penalty == 1.0 or sampling.repetition_context_size == 0:
        return []
    return make_logits_processors(
        repetition_penalty=sampling.repetition_penalty,
        repetition_context_size=sampling.repetition_context_size,
    )
