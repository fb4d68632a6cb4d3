"""Which models are found, and which fit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mlx_llm_server.commands.machine import fits, room_for_models
from mlx_llm_server.commands.models import in_folders
from mlx_llm_server.demo import DEMO_MODEL


def test_a_folder_may_be_a_model_or_hold_models(tmp_path: Path) -> None:
    shutil.copytree(DEMO_MODEL, tmp_path / "author" / "demo")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")

    found = {each.name: each for each in in_folders((tmp_path, DEMO_MODEL))}

    assert set(found) == {str(tmp_path / "author" / "demo"), str(broken), str(DEMO_MODEL)}
    assert found[str(DEMO_MODEL)].checkpoint is not None
    assert found[str(broken)].checkpoint is None
    assert "safetensors" in str(found[str(broken)].fault)


@pytest.mark.parametrize(
    ("size", "answer"), [(80, "yes"), (83, "yes"), (84, "tight"), (100, "tight"), (101, "no")]
)
def test_a_model_fits_with_a_fifth_of_its_size_to_spare(size: int, answer: str) -> None:
    assert fits(size, 100) == answer


def test_the_room_is_the_gpus_where_there_is_one() -> None:
    assert room_for_models({"gpu_bytes": 5}) == 5
    assert room_for_models({"gpu_bytes": None}) > 5
