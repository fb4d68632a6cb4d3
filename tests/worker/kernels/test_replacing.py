"""What stands in for MLX's functions, and that it stands there once."""

from __future__ import annotations

import sys

import mlx.core as mx
import pytest
from mlx_llm_server.worker.kernels import replace_kernels
from mlx_llm_server.worker.kernels.cpu_attention import CpuAttention
from mlx_llm_server.worker.kernels.cpu_rotary import CpuRotary
from mlx_llm_server.worker.parted import PartedAttention


@pytest.mark.skipif(sys.platform != "linux" or mx.default_device().type != mx.cpu, reason="a Linux CPU's")
def test_what_suits_the_device_stands_in_once() -> None:
    kernels = replace_kernels()
    attention, rotary = mx.fast.scaled_dot_product_attention, mx.fast.rope
    assert isinstance(attention, PartedAttention)
    assert isinstance(attention.otherwise, CpuAttention)
    assert isinstance(rotary, CpuRotary)
    assert kernels.rotary is rotary

    replace_kernels()

    assert mx.fast.scaled_dot_product_attention is attention
    assert mx.fast.rope is rotary
