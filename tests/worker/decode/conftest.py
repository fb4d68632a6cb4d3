"""Attention as `replace_kernels` has it, without what suits the device."""

from __future__ import annotations

from collections.abc import Iterator

import mlx.core as mx
import pytest
from mlx_llm_server.worker.parted import PartedAttention


@pytest.fixture(scope="session", autouse=True)
def _parted_attention() -> Iterator[None]:
    own = mx.fast.scaled_dot_product_attention
    mx.fast.scaled_dot_product_attention = PartedAttention(own)
    yield
    mx.fast.scaled_dot_product_attention = own
