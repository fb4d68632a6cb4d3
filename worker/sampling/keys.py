"""The random keys of tokens: a function of (seed, position in the completion) and of nothing else.

So the same request gives the same tokens in any batch, on any worker, before or after a restart. The key is output
number `position` of the SplitMix64 stream that `seed` starts (Steele, Lea and Flood, OOPSLA 2014), as two words of
32 bits, a key of MLX's Threefry generator.
"""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx

_GAMMA = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
# Keys are made for so many steps at once.
_BLOCK = 64
# "XTC!": one key must not serve two draws.
_COIN = 0x58544321


class Keys:
    """The keys of a fixed set of rows, step after step.

    Args:
        starts: The seed of each row, and the position of its next token.
    """

    def __init__(self, starts: Sequence[tuple[int, int]]) -> None:
        self._starts = starts
        self._step = 0

    def next(self) -> mx.array:
        """Return the keys of the next tokens, uint32 of shape (rows, 2)."""
        place = self._step % _BLOCK
        if place == 0:
            self._block = token_keys([(seed, position + self._step) for seed, position in self._starts], _BLOCK)
        self._step += 1
        return self._block[place]


def token_keys(starts: Sequence[tuple[int, int]], count: int) -> mx.array:
    """Return the keys of tokens, uint32 of shape (count, rows, 2).

    Args:
        starts: The seed of each row, and the position of its first token.
        count: Of tokens for each row.
    """
    first = [(seed + (position + 1) * _GAMMA) & _MASK for seed, position in starts]
    z = _words(first) + _words([(step * _GAMMA) & _MASK for step in range(count)])[:, None]
    z = (z ^ (z >> 30)) * _words([0xBF58476D1CE4E5B9])
    z = (z ^ (z >> 27)) * _words([0x94D049BB133111EB])
    z = z ^ (z >> 31)
    return mx.stack([z >> 32, z & 0xFFFFFFFF], axis=-1).astype(mx.uint32)


def coin_keys(keys: mx.array) -> mx.array:
    """Return the keys of the coins that are thrown beside the draws of these keys."""
    return keys ^ mx.array([_COIN, 0], dtype=mx.uint32)


def _words(numbers: Sequence[int]) -> mx.array:
    # In halves: MLX takes no larger numbers from Python than an int64 holds.
    halves = mx.array([[number >> 32, number & 0xFFFFFFFF] for number in numbers], dtype=mx.uint64)
    return (halves[:, 0] << 32) | halves[:, 1]
