"""Model folders as Hugging Face lays them out: the float form, and the quantized one that ships.

python -m mlx_llm_server.scripts.demo_model.export FLOAT OUT
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click
import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten
from mlx_lm.utils import load_model, quantize_model
from tokenizers import Tokenizer

from .template import CHAT_TEMPLATE, END_OF_TEXT, TURN_END

BITS = 8
GROUP = 64


def write_float(out: Path, config: dict[str, Any], model: nn.Module, tokenizer: Path) -> None:
    """Write a model folder of bfloat16 weights."""
    flat: Any = tree_flatten(model.parameters())
    weights = {name: array.astype(mx.bfloat16) for name, array in flat}
    _write(out, config | {"torch_dtype": "bfloat16"}, weights, tokenizer)


def write_quantized(float_form: Path, out: Path) -> None:
    """Write the quantized form of a float form.

    Scales are float32 and so are activations: that costs a tenth in size, and spares a CPU the conversion of every
    number, which takes it ten times as long as the product.
    """
    model, config = load_model(float_form)
    model.set_dtype(mx.float32)
    model, config = quantize_model(model, config, GROUP, BITS)
    weights = dict(tree_flatten(model.parameters()))
    _write(out, config | {"torch_dtype": "float32"}, weights, float_form / "tokenizer.json")


def _write(out: Path, config: dict[str, Any], weights: dict[str, mx.array], tokenizer: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    vocabulary = Tokenizer.from_file(str(tokenizer))
    ends = {
        "bos_token_id": None,
        "eos_token_id": vocabulary.token_to_id(TURN_END),
        "pad_token_id": vocabulary.token_to_id(END_OF_TEXT),
    }
    names = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": None,
        "eos_token": TURN_END,
        "pad_token": END_OF_TEXT,
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": config["max_position_embeddings"],
        "chat_template": CHAT_TEMPLATE,
    }
    for name, content in (("config", config | ends), ("generation_config", ends), ("tokenizer_config", names)):
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    if tokenizer.resolve() != (out / "tokenizer.json").resolve():
        shutil.copyfile(tokenizer, out / "tokenizer.json")
    mx.save_safetensors(str(out / "model.safetensors"), weights, metadata={"format": "mlx"})


@click.command()
@click.argument("float_form", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
def main(float_form: Path, out: Path) -> None:
    """Quantize a trained model."""
    write_quantized(float_form, out)
    print(f"{sum(file.stat().st_size for file in out.iterdir()):,} bytes: {out}")


if __name__ == "__main__":
    main()
