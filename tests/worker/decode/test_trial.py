"""Which models go along with caches in parts."""

from __future__ import annotations

import logging
from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.worker.decode import can_be_parted
from mlx_llm_server.worker.parted import Parts
from mlx_lm.models import base, llama

from ..tiny_models import CONFIGS, VOCABULARY, tiny


@pytest.mark.parametrize("kind", CONFIGS)
def test_those_that_have_keys_and_values_at_all(kind: str) -> None:
    assert can_be_parted(tiny(kind), VOCABULARY) == (kind != "mamba2")


def test_not_those_that_compute_with_keys(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own = base.scaled_dot_product_attention

    def doubled(queries: mx.array, keys: Any, *others: Any, **options: Any) -> mx.array:
        return own(queries, 2 * keys, *others, **options)

    monkeypatch.setattr(llama, "scaled_dot_product_attention", doubled)
    with caplog.at_level(logging.INFO):
        assert not can_be_parted(tiny("llama"), VOCABULARY)
    assert "take the memory of the longest: TypeError" in caplog.text


def test_not_those_whose_rows_would_see_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own = base.scaled_dot_product_attention

    def exchanged(queries: mx.array, keys: Any, values: Any, **options: Any) -> mx.array:
        if isinstance(keys, Parts):
            keys, values = (Parts(each.arrays[::-1], each.division) for each in (keys, values))
            options["mask"] = None
        return own(queries, keys, values, **options)

    monkeypatch.setattr(llama, "scaled_dot_product_attention", exchanged)
    assert not can_be_parted(tiny("llama"), VOCABULARY)
    assert "parts give other logits" in caplog.text
