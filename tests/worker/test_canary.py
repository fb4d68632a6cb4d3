"""A model that goes bad while it is loaded."""

from pathlib import Path

import mlx.core as mx
import pytest
from mlx_llm_server.worker.canary import Canary, CanaryError
from mlx_llm_server.worker.loading import LoadedModel

from .conftest import loaded


@pytest.fixture
def model(nonsense_path: Path) -> LoadedModel:
    """One of this test's own: it is broken here."""
    return loaded(nonsense_path)


def test_a_model_that_stays_as_it_is_passes_again_and_again(model: LoadedModel) -> None:
    canary = Canary(model.model, model.tokenizer)

    for _ in range(3):
        canary.check()


def test_weights_that_change_are_seen(model: LoadedModel) -> None:
    canary = Canary(model.model, model.tokenizer)
    canary.check()
    embedding = model.model.model.embed_tokens
    embedding.weight = mx.array(embedding.weight[::-1])

    with pytest.raises(CanaryError, match="at the start it was"):
        canary.check()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_is_seen_at_once(model: LoadedModel, bad: float) -> None:
    model.model.model.norm.weight = mx.full(model.model.model.norm.weight.shape, bad)

    with pytest.raises(CanaryError, match="NaN or infinite"):
        Canary(model.model, model.tokenizer).check()
