"""What a step must look like on the device where it runs."""

from __future__ import annotations

from dataclasses import dataclass

import mlx.core as mx

from .ragged import RaggedAttention

_CUDA_SIZES = (1, 2, 4, 8, 16, 32, 48, 64, 96, 128)


@dataclass(frozen=True)
class Device:
    """Where steps run.

    Attributes:
        sizes: The numbers of rows that a step computes, rising; behind the last its multiples. Empty is any.
        attention: Whom to tell where rows of different lengths begin; None if nobody needs to know.
    """

    sizes: tuple[int, ...] = ()
    attention: RaggedAttention | None = None

    def rows(self, wanted: int) -> int:
        """Return how many rows a step computes for so many."""
        if not self.sizes:
            return wanted
        largest = self.sizes[-1]
        return next((size for size in self.sizes if size >= wanted), -(-wanted // largest) * largest)


ANY = Device()


def present() -> Device:
    """Return MLX's default device; on CUDA its attention is replaced, once for the process (`ragged.py`)."""
    if not mx.cuda.is_available() or mx.default_device().type != mx.gpu:
        return ANY
    attention = mx.fast.scaled_dot_product_attention
    if not isinstance(attention, RaggedAttention):
        mx.fast.scaled_dot_product_attention = attention = RaggedAttention(attention)
    return Device(_CUDA_SIZES, attention)
