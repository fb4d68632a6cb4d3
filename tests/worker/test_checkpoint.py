"""What a model's folder tells without being loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.demo import DEMO_MODEL
from mlx_llm_server.worker.checkpoint import FILES, NoCheckpointError, context_length, read_checkpoint
from mlx_lm.utils import DEFAULT_ALLOW_PATTERNS

INDEX = "model.safetensors.index.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo model with small weights, whose file has a header as it should be."""
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(DEMO_MODEL / name, tmp_path)
    header = json.dumps(
        {"__metadata__": {"format": "mlx"}, "a": {"dtype": "U32"}, "b": {"dtype": "BF16"}}
    ).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    return tmp_path


def with_config(folder: Path, **fields: Any) -> Path:
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen3", **fields}))
    return folder


def test_what_is_downloaded_is_what_mlx_lm_would() -> None:
    assert list(FILES) == DEFAULT_ALLOW_PATTERNS


def test_the_demo_models_folder_is_read() -> None:
    told = read_checkpoint(DEMO_MODEL)

    assert (told.kind, told.format, told.context_length) == ("qwen3", "8 bits", 4096)
    assert told.weight_bytes == (DEMO_MODEL / "model.safetensors").stat().st_size


@pytest.mark.parametrize(
    ("config", "stored"),
    [
        ({"quantization": {"bits": 4, "group_size": 64}}, "4 bits"),
        ({"quantization_config": {"quant_method": "fp8"}}, "fp8"),
        ({"torch_dtype": "float16"}, "float16"),
        ({"text_config": {"dtype": "float32"}}, "float32"),
        ({}, "bfloat16"),
    ],
)
def test_the_format_is_what_the_config_says_or_the_file(folder: Path, config: dict[str, Any], stored: str) -> None:
    assert read_checkpoint(with_config(folder, **config)).format == stored


def test_a_context_length_is_looked_for_inside_too() -> None:
    assert context_length({"n_ctx": 5, "max_position_embeddings": 7}) == 7
    assert context_length({"text_config": {"max_position_embeddings": 9}}) == 9
    assert context_length({"max_position_embeddings": None}) is None


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file_is_no_model(folder: Path, missing: str) -> None:
    (folder / missing).unlink()

    with pytest.raises(NoCheckpointError, match=missing.partition(".")[0]):
        read_checkpoint(folder)


def test_weights_that_an_index_names_must_be_there(folder: Path) -> None:
    (folder / INDEX).write_text(json.dumps({"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}))

    with pytest.raises(NoCheckpointError, match=r"not complete: model-2\.safetensors missing"):
        read_checkpoint(folder)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_config_that_can_not_be_read_is_told(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)

    with pytest.raises(NoCheckpointError, match=r"config\.json"):
        read_checkpoint(folder)


def test_weights_of_no_known_format_are_still_listed(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)

    assert read_checkpoint(with_config(folder)).format == "?"
