"""Operations that MLX's own are slow at: each module stands in for a function of `mx.fast` or a layer's method.

    few_rows_matmul.py     layers' products of few rows, on CUDA
    ragged_attention.py    rows of different lengths in a step of one token a row, on CUDA
    cpu_attention.py       on a CPU whose softmax MLX computes one number at a time
    cpu_rotary.py          positions' sines and cosines on a CPU, once for all layers

Models call whatever stands there. What a module can't compute, or does no faster, MLX's own computes. Metal's
kernels need no help; there, and on a CPU, attention takes rows in several arrays too (`parted.py`).
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import mlx.core as mx

from ..parted import PartedAttention
from .cpu_attention import CpuAttention
from .cpu_rotary import CpuRotary
from .few_rows_matmul import FewRowsMatmul, replace_layers
from .ragged_attention import RaggedAttention

__all__ = ["Kernels", "RaggedAttention", "replace_kernels"]


class Kernels(NamedTuple):
    """What wants to know of a step before it comes.

    Attributes:
        attention: Where rows of different lengths begin.
        rotary: How long the rows are.
        product: That it is one to be traced.
    """

    attention: RaggedAttention | None = None
    rotary: CpuRotary | None = None
    product: FewRowsMatmul | None = None


def replace_kernels() -> Kernels:
    """Let what suits MLX's default device stand in, once for the process."""
    attention, rotary = mx.fast.scaled_dot_product_attention, mx.fast.rope
    on_cpu = mx.default_device().type == mx.cpu
    if not on_cpu and mx.cuda.is_available():
        if not isinstance(attention, RaggedAttention):
            mx.fast.scaled_dot_product_attention = attention = RaggedAttention(attention)
        return Kernels(attention=attention, product=replace_layers())
    # Accelerate, on macOS, has what MLX's build for Linux lacks.
    slow = on_cpu and sys.platform == "linux"
    if not isinstance(attention, PartedAttention):
        mx.fast.scaled_dot_product_attention = PartedAttention(CpuAttention(attention) if slow else attention)
    if not slow:
        return Kernels()
    if not isinstance(rotary, CpuRotary):
        mx.fast.rope = rotary = CpuRotary(rotary)
    return Kernels(rotary=rotary)
