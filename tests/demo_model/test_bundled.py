"""The bundled files: what they are, and that the other format made from them says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlx_llm_server.demo import DEMO_MODEL
from mlx_llm_server.protocol.messages import ChatMessage, Generate, Sampling
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.loading import LoadedModel, load
from mlx_llm_server.worker.progress import LoadProgress
from mlx_llm_server.worker.prompts import PromptBuilder
from mlx_llm_server.worker.scheduler import Insert, Key
from mlx_lm import convert

QUESTIONS = ("What is 17 + 25?", "Count from 1 to 20.", "Hello", "My name is Ada. What is my name?")
SHORTEST_CONTEXT = 1024


def loaded(path: Path, *, widen: bool = True) -> LoadedModel:
    with LoadProgress(lambda *_: None) as progress:
        return load(str(path), None, progress, widen=widen)


def answers(model: LoadedModel) -> list[str]:
    """Return what the model says to the questions, greedily, all in one batch."""
    engine = Engine(model.model, model.tokenizer.eos_token_ids, len(QUESTIONS))
    prompts, greedy = PromptBuilder(model.tokenizer), Sampling(0, temperature=0)
    for number, question in enumerate(QUESTIONS):
        request = Generate(number, (ChatMessage("user", question),), greedy, 80)
        engine.insert(Insert(Key(0, number), prompts.build(request), greedy, 80))
    tokens: list[list[int]] = [[] for _ in QUESTIONS]
    while engine.busy:
        for row in engine.step():
            tokens[row.key.generation].append(row.token)
    engine.close()
    return [model.tokenizer.decode(row, skip_special_tokens=True) for row in tokens]


@pytest.fixture(scope="module")
def bundled() -> LoadedModel:
    return loaded(DEMO_MODEL)


def test_it_is_quantized_to_8_bits_and_known_by_its_name(bundled: LoadedModel) -> None:
    config = json.loads((DEMO_MODEL / "config.json").read_text())

    assert config["model_type"] == "qwen3"
    assert (config["quantization"]["bits"], config["quantization"]["group_size"]) == (8, 64)
    assert bundled.info.id == "mlx-llm-server-demo"
    assert bundled.info.context_length >= SHORTEST_CONTEXT


def test_it_answers(bundled: LoadedModel) -> None:
    assert answers(bundled)[0] == "42"


def test_it_says_the_same_with_its_weights_as_they_are_stored(bundled: LoadedModel) -> None:
    assert answers(loaded(DEMO_MODEL, widen=False)) == answers(bundled)


def test_its_hugging_face_form_says_the_same(bundled: LoadedModel, tmp_path: Path) -> None:
    convert(str(DEMO_MODEL), str(tmp_path / "float"), dequantize=True, dtype="float32")
    config = json.loads((tmp_path / "float" / "config.json").read_text())
    assert "quantization" not in config
    assert "quantization_config" not in config

    assert answers(loaded(tmp_path / "float")) == answers(bundled)
