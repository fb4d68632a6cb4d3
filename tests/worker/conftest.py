"""Tiny models, made once and loaded as a worker loads them."""

from pathlib import Path

import pytest
from mlx_llm_server.scripts.models import random, successor
from mlx_llm_server.worker.loading import LoadedModel, load
from mlx_llm_server.worker.progress import LoadProgress


def loaded(path: Path, adapter: Path | None = None, *, widen: bool = True) -> LoadedModel:
    """Load a model whose progress nobody follows."""
    with LoadProgress(lambda *_: None) as progress:
        return load(str(path), None if adapter is None else str(adapter), progress, widen=widen)


@pytest.fixture(scope="session")
def counting_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return successor(tmp_path_factory.mktemp("models") / "counting", chat_template="count")


@pytest.fixture(scope="session")
def nonsense_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random(tmp_path_factory.mktemp("models") / "nonsense")


@pytest.fixture(scope="session")
def counting(counting_path: Path) -> LoadedModel:
    """A model that counts on from the last number of its prompt, to 400."""
    return loaded(counting_path)


@pytest.fixture(scope="session")
def nonsense(nonsense_path: Path) -> LoadedModel:
    """A model of random weights."""
    return loaded(nonsense_path)
