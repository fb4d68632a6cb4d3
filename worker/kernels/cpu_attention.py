"""Attention on a Linux CPU, in operations that MLX's build for it vectorizes.

MLX's softmax calls the C library's `exp` there for one number after the other, at 14 ns each (MLX 0.32.4, x86-64):
27 of the 32 ms that attention of 132 tokens over 1827 takes with 8 heads of 32. Here it is a power of two,
made of additions, multiplications and shifts on whole arrays, which takes a fifth of that; and the weights are
divided by their sum behind the product with the values, where there are fewer numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mlx.core as mx

# 2 ** f for f from -0.5 to 0.5, by powers of f: a least-squares fit of the relative error at Chebyshev's nodes,
# 8e-8 at most.
_POWER_OF_TWO = (1.00000007, 0.69314695, 0.24022122, 0.05550743, 0.00967546, 0.0013267)
# Added to a float32 below 2 ** 22, it leaves that rounded to an integer, in the lowest bits.
_ROUNDING = 1.5 * 2**23
# The exponent's place in a float32.
_EXPONENT_SHIFT = 23
# A score that is so much lower than the highest counts for nothing; 2 ** -100 is far from what is slow to compute.
_LOWEST = -100.0
_MASKED = -1e9
# Scores that are computed at once: they and a few results of them fit into a core's cache.
_BLOCK = 1 << 18
# With fewer, the number of operations is what costs.
_FEW_SCORES = 8192


class CpuAttention:
    """Stands in for MLX's attention on a CPU.

    Args:
        otherwise: MLX's own `scaled_dot_product_attention`; an attribute too.
        few: So few scores are left to it.
        block: The most scores to compute at once, if a query's fit.
    """

    def __init__(self, otherwise: Callable[..., mx.array], *, few: int = _FEW_SCORES, block: int = _BLOCK) -> None:
        self.otherwise = otherwise
        self._few = few
        self._block = block
        # Of one token a row: a model passes the same mask on in every layer.
        self._mask: mx.array | None = None
        self._bias: mx.array | None = None

    def __call__(
        self, q: mx.array, k: mx.array, v: mx.array, *, scale: float, mask: Any = None, **options: Any
    ) -> mx.array:
        """Return the attention's output, of shape (rows, heads, tokens, size), as MLX's own does."""
        rows, heads, tokens, size = q.shape
        groups, length = k.shape[1:3]
        if (
            rows * heads * tokens * length <= self._few
            or not q.dtype == k.dtype == v.dtype == mx.float32
            or any(option is not None and option is not False for option in options.values())
            or not _is_known(mask)
        ):
            return self.otherwise(q, k, v, scale=scale, mask=mask, **options)
        # Heads that share keys and values are more rows of one product.
        queries = (q * (scale * math.log2(math.e))).reshape(rows, groups, heads // groups, tokens, size)
        keys = k.swapaxes(-1, -2)
        step = max(1, self._block // (rows * heads * length))
        outputs: list[mx.array] = []
        for begin in range(0, tokens, step):
            end = min(begin + step, tokens)
            seen = length
            if isinstance(mask, str):
                seen = length - tokens + end
                bias = _bias(mx.arange(seen - end + begin, seen)[:, None] >= mx.arange(seen))
            else:
                bias = None if mask is None else self._bias_of(mask, begin, end)
                if bias is not None and bias.ndim == 4:
                    # One for all heads, or one for each.
                    bias = bias.reshape(
                        len(bias), *((groups, -1) if bias.shape[1] > 1 else (1, 1)), *bias.shape[2:]
                    )
            attended = _attend(queries[:, :, :, begin:end], keys[..., :seen], v[:, :, :seen], bias)
            outputs.append(attended.reshape(rows, heads, end - begin, -1))
        return outputs[0] if len(outputs) == 1 else mx.concatenate(outputs, axis=2)

    def _bias_of(self, mask: mx.array, begin: int, end: int) -> mx.array:
        """Return what a mask adds to the scores of these tokens."""
        if mask.shape[-2] > 1:
            return _bias(mask[..., begin:end, :])
        if mask is not self._mask or self._bias is None:
            self._mask, self._bias = mask, _bias(mask)
        return self._bias


def _bias(mask: mx.array) -> mx.array:
    return mx.where(mask, 0.0, _MASKED)


def _is_known(mask: Any) -> bool:
    """Tell whether it is a mask that says which scores count; others are added to them."""
    if mask is None or (isinstance(mask, str) and mask == "causal"):
        return True
    return isinstance(mask, mx.array) and mask.dtype == mx.bool_ and mask.ndim in (2, 4)


def _attend(q: mx.array, k: mx.array, v: mx.array, bias: mx.array | None) -> mx.array:
    """Return softmax(q k) v for queries that are scaled by log2(e).

    Args:
        q: Of shape (rows, groups, heads of each, tokens, size).
        k: Of shape (rows, groups, size, length).
        v: Of shape (rows, groups, length, size).
        bias: To add to the scores; None is nothing.
    """
    rows, groups, heads, tokens, size = q.shape
    length = k.shape[-1]
    scores = q.reshape(rows, groups, heads * tokens, size) @ k
    if bias is not None:
        scores = (scores.reshape(rows, groups, heads, tokens, length) + bias).reshape(scores.shape)
    highest = scores.max(axis=-1, keepdims=True)
    weights = _power_of_two(mx.maximum(scores - highest, _LOWEST))
    # As a product: MLX's sum takes several times as long. What is not a number stays none, which bits would hide.
    total = weights @ mx.ones((length, 1)) + 0.0 * highest
    return (weights @ v) / total


def _power_of_two(x: mx.array) -> mx.array:
    """Return 2 ** x, float32, for x from -126 to 127 (the usual splitting, e.g. Cephes' `exp2f`)."""
    rounded = x + _ROUNDING
    rest = x - (rounded - _ROUNDING)
    power = rest * _POWER_OF_TWO[-1] + _POWER_OF_TWO[-2]
    for factor in _POWER_OF_TWO[-3::-1]:
        power = power * rest + factor
    return (power.view(mx.int32) + (rounded.view(mx.int32) << _EXPONENT_SHIFT)).view(mx.float32)
