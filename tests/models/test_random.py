from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import numpy as np
import pytest
from mlx_llm_server.scripts.models import random
from mlx_lm.generate import stream_generate
from mlx_lm.sample_utils import make_sampler
from mlx_lm.utils import get_total_parameters, load, load_tokenizer, quantize_model, save

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Alone, Model, Together

STORY = "Write a story about the sea."


def test_the_default_has_about_0_7_million_parameters(nonsense: Model) -> None:
    assert 0.65e6 < get_total_parameters(nonsense[0]) < 0.8e6


def test_greedy_text_goes_on_varying_and_does_not_end(nonsense: Model, alone: Alone) -> None:
    answer = alone(nonsense, STORY, max_tokens=400)
    assert len(answer) == 400
    assert len(set(answer[-100:])) > 50


def test_greedy_text_depends_on_the_whole_prompt(nonsense: Model, alone: Alone) -> None:
    assert alone(nonsense, "a" + STORY, max_tokens=20) != alone(nonsense, "b" + STORY, max_tokens=20)


def test_a_batch_says_what_each_row_says_alone(nonsense: Model, alone: Alone, together: Together) -> None:
    prompts = [STORY * (1 + row) for row in range(8)]
    assert together(nonsense, prompts, max_tokens=40) == [alone(nonsense, each, max_tokens=40) for each in prompts]


def test_a_generation_can_be_continued_from_its_tokens(nonsense: Model, alone: Alone) -> None:
    prompt = nonsense[1].apply_chat_template([{"role": "user", "content": STORY}], add_generation_prompt=True)
    answer = alone(nonsense, prompt, max_tokens=60)
    assert alone(nonsense, prompt + answer[:30], max_tokens=30) == answer[30:]


def test_sampled_text_ends_about_every_hundredth_token(nonsense: Model) -> None:
    model, tokenizer = nonsense
    mx.random.seed(3)
    prompt = tokenizer.encode(STORY)
    chances = [
        mx.exp(response.logprobs[tokenizer.eos_token_id]).item()
        for response in stream_generate(model, tokenizer, prompt, max_tokens=300, sampler=make_sampler(1.0))
    ]
    assert 0.003 < float(np.mean(chances)) < 0.03


def test_an_endless_model_never_ends(tmp_path: Path) -> None:
    model, tokenizer = load(str(random(tmp_path, endless=True)))[:2]
    logits = model(mx.arange(len(tokenizer))[None])[0]
    assert float(mx.max(mx.softmax(logits, axis=-1)[:, tokenizer.eos_token_id])) < 1e-30


def test_nothing_is_said_that_is_no_text_of_its_own(nonsense: Model) -> None:
    model, tokenizer = nonsense
    logits = model(mx.arange(len(tokenizer))[None])[0]
    chances = mx.softmax(logits, axis=-1).sum(axis=0)
    unspeakable = [*range(10), *range(11, 32), *range(127, 258)]
    assert mx.all(chances[mx.array(unspeakable)] < 1e-6).item()


def test_the_same_seed_is_the_same_model_and_another_another(tmp_path: Path) -> None:
    first, same, other = (random(tmp_path / name, seed=seed) for name, seed in (("a", 5), ("b", 5), ("c", 6)))
    read = [path.joinpath("model.safetensors").read_bytes() for path in (first, same, other)]
    assert read[0] == read[1] != read[2]


@pytest.mark.parametrize("preset", ["tiny", "0.6b"])
def test_the_numbers_of_a_shape_can_be_replaced(tmp_path: Path, alone: Alone, preset: str) -> None:
    path = random(tmp_path, preset=preset, hidden=64, layers=1, heads=2, kv_heads=1, vocab=1500, dtype="bfloat16")
    model = load(str(path))[:2]
    assert model[0](mx.array([[1]])).shape[-1] == len(model[1]) == 1500
    assert alone(model, "hi", max_tokens=5)


def test_the_large_vocabulary_is_named_in_full(tmp_path: Path) -> None:
    path = random(tmp_path, preset="0.6b", hidden=64, layers=1)
    tokenizer = load_tokenizer(path)
    assert len(tokenizer) == 151936
    assert len(tokenizer.encode(" the sea", add_special_tokens=False)) == 5


def test_four_bits_load_and_speak(tmp_path: Path, alone: Alone) -> None:
    source = random(tmp_path / "full")
    model, tokenizer, config = load(str(source), return_config=True)  # pyright: ignore[reportAssignmentType]
    quantized, config = quantize_model(model, config, group_size=64, bits=4)
    save(tmp_path / "four", source, quantized, tokenizer, config)
    four = load(str(tmp_path / "four"))[:2]
    assert len(alone(four, STORY, max_tokens=50)) == 50


@pytest.mark.parametrize(
    "wrong",
    [
        {"preset": "9b"},
        {"dtype": "int8"},
        {"chat_template": "x"},
        {"vocab": 600},
        {"heads": 3, "kv_heads": 2},
    ],
)
def test_what_cannot_be_built_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence differs, the kind does not
        random(tmp_path, **wrong)


def test_is_built_in_well_under_a_second(tmp_path: Path) -> None:
    begin = time.perf_counter()
    random(tmp_path)
    assert time.perf_counter() - begin < 1
