"""Attention that takes rows in parts, as `replace_kernels` has it, without what suits the device."""

from __future__ import annotations

import mlx.core as mx
import pytest
from mlx_llm_server.worker.parted import PartedAttention


@pytest.fixture(autouse=True)
def _parted_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    own = mx.fast.scaled_dot_product_attention
    monkeypatch.setattr(mx.fast, "scaled_dot_product_attention", PartedAttention(own))
