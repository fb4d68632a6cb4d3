"""Whether two ways to compute a step are the same, but for rounding."""

from __future__ import annotations

import mlx.core as mx

# What two ways to compute logits may differ by: the root of the mean square, as a share of a row's spread.
# Attention in float32 moved those of 28 layers in bfloat16 by 0.09 at most; a token too many or too few by 0.5.
_TOLERANCES = {mx.float32: 0.02, mx.float16: 0.05, mx.bfloat16: 0.2}


def agree(logits: mx.array, expected: mx.array, dtype: mx.Dtype) -> bool:
    """Tell whether logits of shape (rows, vocabulary) are the same but for what the type of the caches rounds."""
    logits, expected = logits.astype(mx.float32), expected.astype(mx.float32)
    # Infinite ones are equal too; and what is no number for both says nothing against either.
    same = (logits == expected) | (mx.isnan(logits) & mx.isnan(expected))
    error = mx.where(same, 0, logits - expected)
    spread = mx.std(mx.where(mx.isfinite(expected), expected, 0), axis=-1)
    return mx.all(mx.sqrt(mx.mean(error * error, axis=-1)) <= _TOLERANCES[dtype] * spread).item() is True
