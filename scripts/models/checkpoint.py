"""A model directory as Hugging Face lays it out and mlx-lm loads it.

Knows nothing of what the weights mean: it writes what it is given and adds what every loader expects beside
it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import mlx.core as mx

from .tokenizer import END_OF_TEXT, TURN_END

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

    from .templates import Template

DTYPES = {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}


def write(
    path: Path, config: dict[str, Any], weights: dict[str, mx.array], tokenizer: Tokenizer, template: Template
) -> Path:
    """Write the directory, made if missing, and return it.

    `config` is config.json without the token ids, which are the tokenizer's. `weights` have the names of the
    architecture's own checkpoints.
    """
    path.mkdir(parents=True, exist_ok=True)
    end = {
        "bos_token_id": None,
        "eos_token_id": tokenizer.token_to_id(TURN_END),
        "pad_token_id": tokenizer.token_to_id(END_OF_TEXT),
    }
    names: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": None,
        "eos_token": TURN_END,
        "pad_token": END_OF_TEXT,
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": config["max_position_embeddings"],
    }
    if template.text is not None:
        names["chat_template"] = template.text
    _dump(path / "config.json", config | end)
    _dump(path / "generation_config.json", end)
    _dump(path / "tokenizer_config.json", names)
    tokenizer.save(str(path / "tokenizer.json"), pretty=False)
    mx.save_safetensors(str(path / "model.safetensors"), weights, metadata={"format": "mlx"})
    return path


def _dump(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
