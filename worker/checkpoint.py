"""What a model's folder tells without being loaded: its size, its weights' format, its context length.

Knows neither mlx nor the hub, so that whoever only looks need not import them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What mlx-lm downloads of a repository: mlx_lm.utils.DEFAULT_ALLOW_PATTERNS, which can't be had without mlx.
FILES = (
    "*.json",
    "model*.safetensors",
    "*.py",
    "tokenizer.model",
    "*.tiktoken",
    "tiktoken.model",
    "*.txt",
    "*.jsonl",
    "*.jinja",
)
_INDEX = "model.safetensors.index.json"
# Where a model's config may name its context length, most specific first.
_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx")
_HALF = {"F16": "float16", "BF16": "bfloat16", "F32": "float32"}
_LONGEST_HEADER = 100_000_000


class NoCheckpointError(Exception):
    """A folder holds no model that could be served; the sentence says why."""


@dataclass(frozen=True)
class Checkpoint:
    """A model's folder.

    Attributes:
        kind: The `model_type` of its config.
        weight_bytes: The size of its weights' files.
        format: What its weights are stored as, such as `4 bits` or `bfloat16`.
        context_length: In tokens; None if its config does not tell.
    """

    path: Path
    kind: str
    weight_bytes: int
    format: str
    context_length: int | None


def read_checkpoint(path: Path) -> Checkpoint:
    """Look at a model's folder.

    Raises:
        NoCheckpointError: A file is missing, or can't be read.
    """
    config = _read_json(path / "config.json")
    weights = sorted(path.glob("model*.safetensors"))
    if not weights:
        raise NoCheckpointError(f"{path} has no model*.safetensors")
    if missing := _missing_weights(path):
        raise NoCheckpointError(f"{path} is not complete: {', '.join(missing[:3])} missing")
    if not any((path / name).exists() for name in ("tokenizer.json", "tokenizer.model", "tokenizer_config.json")):
        raise NoCheckpointError(f"{path} has no tokenizer")
    try:
        size = sum(file.stat().st_size for file in weights)
        return Checkpoint(
            path, str(config.get("model_type", "?")), size, _format(config, weights[0]), context_length(config)
        )
    except OSError as error:
        raise NoCheckpointError(f"{error.filename}: {error.strerror}") from error


def context_length(config: dict[str, Any]) -> int | None:
    """Return how many tokens a model's config allows; None if it does not tell."""
    for part in (config, config.get("text_config") or {}):
        for key in _CONTEXT_KEYS:
            if isinstance(length := part.get(key), int) and length > 0:
                return length
    return None


def _missing_weights(path: Path) -> list[str]:
    if not (path / _INDEX).exists():
        return []
    named = _read_json(path / _INDEX).get("weight_map", {})
    return sorted(name for name in {*named.values()} if not (path / name).exists())


def _format(config: dict[str, Any], weights: Path) -> str:
    # MLX writes `quantization`; `quantization_config` is Hugging Face's word, which MLX writes too.
    quantization = config.get("quantization") or config.get("quantization_config") or {}
    if isinstance(bits := quantization.get("bits"), int):
        return f"{bits} bits"
    if method := quantization.get("quant_method"):
        return str(method)
    declared = config.get("dtype") or config.get("torch_dtype") or (config.get("text_config") or {}).get("dtype")
    return str(declared) if declared else _stored_format(weights)


def _stored_format(weights: Path) -> str:
    """Return the type of a file's first floating tensor (https://huggingface.co/docs/safetensors/index#format)."""
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            header = json.loads(file.read(length)) if length < _LONGEST_HEADER else {}
        except ValueError:
            header = {}
    stored = (tensor.get("dtype") for tensor in header.values() if isinstance(tensor, dict))
    return next((_HALF[dtype] for dtype in stored if dtype in _HALF), "?")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoCheckpointError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise NoCheckpointError(f"{path} can't be read: {error}") from error
    if not isinstance(value, dict):
        raise NoCheckpointError(f"{path} is no JSON object")
    return value
