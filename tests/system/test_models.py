"""Models of every kind that is served: as they are, quantized, and with adapters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten
from mlx_llm_server.scripts.models import successor
from mlx_lm import convert, generate, load
from mlx_lm.tuner.utils import linear_to_lora_layers

from .servers import House, Server, counted, free_port

LORA: dict[str, Any] = {
    "fine_tune_type": "lora",
    "num_layers": 4,
    "lora_parameters": {"rank": 4, "scale": 10.0, "dropout": 0.0},
}
QUESTION = "Tell me"


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory, nonsense_model: Path) -> Path:
    """An adapter of random weights for the model that says nonsense."""
    folder = tmp_path_factory.mktemp("adapters") / "adapter"
    folder.mkdir()
    model, *_ = load(str(nonsense_model))
    model.freeze()
    linear_to_lora_layers(model, LORA["num_layers"], LORA["lora_parameters"])
    keys = iter(mx.random.split(mx.random.key(1), 1000))
    weights = {
        name: mx.random.normal(array.shape, scale=0.1, key=next(keys))
        for name, array in dict(tree_flatten(model.trainable_parameters())).items()
    }
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    (folder / "adapter_config.json").write_text(json.dumps(LORA))
    return folder


def told(model: Path, adapter: Path | None = None) -> str:
    """Return what mlx-lm itself says."""
    loaded, tokenizer, *_ = load(str(model), adapter_path=str(adapter) if adapter else None)
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": QUESTION}], add_generation_prompt=True)
    return generate(loaded, tokenizer, prompt, max_tokens=30)


def test_a_model_says_what_it_says_to_mlx_lm(nonsense: Server, nonsense_model: Path) -> None:
    assert nonsense.text(QUESTION, temperature=0, max_tokens=30) == told(nonsense_model)


@pytest.mark.parametrize(
    ("options", "weights"), [((), "weights widened to float32"), (("--no-widen",), "weights as stored")]
)
def test_on_a_cpu_weights_are_widened_unless_they_are_to_stay(
    house: House, tmp_path: Path, options: tuple[str, ...], weights: str
) -> None:
    server = house.llm_server(successor(tmp_path / "half", dtype="bfloat16"), *options)
    backend = server.workers()[0]["backend"]
    assert weights in backend or backend.startswith("gpu")
    assert server.text("5", max_tokens=3) == "6 7 8"


def test_an_adapter_may_be_a_weights_file_of_any_name(
    house: House, nonsense_model: Path, adapter: Path, tmp_path: Path
) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps(LORA))
    weights = tmp_path / "0000100_adapters.safetensors"
    weights.write_bytes((adapter / "adapters.safetensors").read_bytes())
    server = house.llm_server(nonsense_model, "--adapter-file", str(weights))
    wanted = told(nonsense_model, adapter)
    assert wanted != told(nonsense_model)
    assert server.text(QUESTION, temperature=0, max_tokens=30) == wanted


def test_an_adapter_may_be_a_folder(house: House, nonsense_model: Path, adapter: Path) -> None:
    wanted = told(nonsense_model, adapter)
    server = house.frontend()
    house.worker(nonsense_model, "--adapter-file", str(adapter), PORT=str(server.port))
    server.wait_for_workers(1)
    assert server.text(QUESTION, temperature=0, max_tokens=30) == wanted


@pytest.mark.parametrize("kind", ["nothing", "no weights"])
def test_an_adapter_that_is_not_there_is_said_plainly(
    house: House, counting_model: Path, tmp_path: Path, kind: str
) -> None:
    if kind == "no weights":
        (tmp_path / "adapter_config.json").write_text(json.dumps(LORA))
    path = tmp_path / "none" if kind == "nothing" else tmp_path
    command = ["mlx-llm-server", "--model", str(counting_model), "--adapter-file", str(path)]
    refused = house.start(command, PORT=str(free_port()))
    assert refused.wait() == 1
    assert "adapter" in refused.log
    assert str(path) in refused.log
    assert "Traceback" not in refused.log


def test_a_quantized_model_is_served(house: House, counting_model: Path, tmp_path: Path) -> None:
    quantized = tmp_path / "quantized"
    convert(str(counting_model), str(quantized), quantize=True, q_group_size=64, q_bits=4)
    assert "quantization" in json.loads((quantized / "config.json").read_text())
    server = house.llm_server(quantized)
    assert server.text("390") == counted(391, 400)
    assert server.workers()[0]["model"] == "quantized"
