"""A short training on a CPU, from lessons to files that stock mlx-lm loads."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from mlx_llm_server.scripts.demo_model import export, tokenizer
from mlx_llm_server.scripts.demo_model.abilities import ABILITIES
from mlx_llm_server.scripts.demo_model.batches import Batch, Marker, batches, made_ahead
from mlx_llm_server.scripts.demo_model.exercise import Ability, Exercise, Source, ask
from mlx_llm_server.scripts.demo_model.lessons import Teacher
from mlx_llm_server.scripts.demo_model.template import END_OF_TEXT, MARKS, SPECIAL
from mlx_llm_server.scripts.demo_model.train import SHAPE, Trainer, rate_at, train
from mlx_lm import generate, load
from tokenizers import Tokenizer

SMALL = SHAPE | {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "vocab_size": tokenizer.VOCABULARY,
}


@pytest.fixture(autouse=True)
def mlxs_own_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a worker's tests may have left: its own functions have no gradients."""
    for name in ("scaled_dot_product_attention", "rope"):
        function = getattr(mx.fast, name)
        while hasattr(function, "otherwise"):
            function = function.otherwise
        monkeypatch.setattr(mx.fast, name, function)


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.train(0, characters=10_000).save(str(path))
    return path


@pytest.fixture(scope="module")
def pieces(vocabulary: Path) -> Tokenizer:
    return Tokenizer.from_file(str(vocabulary))


def _counted(pieces: Tokenizer, lesson: str) -> list[str]:
    """Return the tokens of a lesson that are to be predicted."""
    tokens, weights = Marker(pieces).mark(pieces.encode(lesson).ids)
    return [pieces.decode([token], skip_special_tokens=False) for token in tokens[1:][weights > 0].tolist()]


@pytest.mark.parametrize(
    "text", ["What is 17 + 25?", "größe 😀 Привет", "<tool_call>\n{}\n</tool_call>", " \n\t x"]
)
def test_any_text_can_be_encoded(pieces: Tokenizer, text: str) -> None:
    assert pieces.decode(pieces.encode(text).ids, skip_special_tokens=False) == text


def test_digits_and_marks_are_tokens_of_their_own(pieces: Tokenizer) -> None:
    assert pieces.get_vocab_size() == tokenizer.VOCABULARY
    assert pieces.encode("1234").tokens == ["1", "2", "3", "4"]
    for mark in (*SPECIAL, *MARKS):
        assert pieces.encode(mark).tokens == [mark]


def test_only_what_the_assistant_says_is_learned(pieces: Tokenizer) -> None:
    said = _counted(
        pieces,
        "<|im_start|>user\n1<|im_end|>\n<|im_start|>assistant\n23<|im_end|>\n"
        "<|im_start|>user\n4<|im_end|>\n<|im_start|>assistant\n5<|im_end|>",
    )
    assert said == ["2", "3", "<|im_end|>", "5", "<|im_end|>"]


def test_the_opening_of_a_thought_is_not_learned(pieces: Tokenizer) -> None:
    said = _counted(pieces, "<|im_start|>assistant\n<think>\n7\n</think>\n\n8<|im_end|>")
    assert "".join(said) == "\n7\n</think>\n\n8<|im_end|>"


def test_letters_are_learned_one_by_one_where_separated(pieces: Tokenizer) -> None:
    assert pieces.encode("the").tokens == ["the"]
    said = _counted(pieces, f"<|im_start|>assistant\n{END_OF_TEXT.join('the')}<|im_end|>")
    assert said == ["t", "h", "e", "<|im_end|>"]


def test_a_long_answer_counts_more_but_not_as_many_times(pieces: Tokenizer) -> None:
    _, short = Marker(pieces).mark(pieces.encode("<|im_start|>assistant\n123<|im_end|>").ids)
    _, long = Marker(pieces).mark(pieces.encode(f"<|im_start|>assistant\n{'1' * 63}<|im_end|>").ids)
    assert (short.sum(), long.sum()) == (pytest.approx(2), pytest.approx(8))


def test_lessons_hold_no_held_out_material() -> None:
    ability = Ability("numbers", lambda source: Exercise(ask("?"), source.draw(_number)), 1.0)
    taught, held = (
        {Teacher(Source(seed, held_out=held_out), (ability,)).lesson().text for seed in range(200)}
        for held_out in (False, True)
    )
    assert taught
    assert held
    assert not taught & held


def _number(rng: random.Random) -> str:
    return str(rng.randrange(99))


def test_every_ability_is_taught() -> None:
    teacher = Teacher(Source(0, held_out=False))
    assert {teacher.lesson().ability for _ in range(3000)} == {ability.name for ability in ABILITIES}


def test_batches_have_rows_of_one_length_and_are_the_same_for_a_seed(pieces: Tokenizer) -> None:
    made = list(islice(batches(pieces, 1, 4096), 5))
    again = list(islice(batches(pieces, 1, 4096), 5))
    for batch, other in zip(made, again, strict=True):
        assert batch.weights.shape == (batch.tokens.shape[0], batch.tokens.shape[1] - 1)
        assert batch.weights.size >= 4096
        assert (batch.weights.sum(axis=1) > 0).all()
        assert np.array_equal(batch.tokens, other.tokens)


def test_processes_make_batches_in_turn(vocabulary: Path, pieces: Tokenizer) -> None:
    with made_ahead(vocabulary, 2, 4096, processes=2) as made:
        taken = [batch.tokens for batch in islice(made, 4)]
    alone: list[Iterator[Batch]] = [batches(pieces, 2000, 4096), batches(pieces, 2001, 4096)]
    for number, tokens in enumerate(taken):
        assert np.array_equal(tokens, next(alone[number % 2]).tokens)


def test_the_rate_warms_up_stays_and_falls() -> None:
    assert rate_at(0.0, 0, 0.4) == pytest.approx(1 / 200)
    assert rate_at(0.3, 300, 0.4) == 1
    assert rate_at(0.8, 800, 0.4) == pytest.approx(0.5)
    assert rate_at(1.0, 1000, 0.4) == 0


def test_it_learns(pieces: Tokenizer) -> None:
    trainer, batch = Trainer(SMALL, seed=0), next(batches(pieces, 3, 512))
    losses: Any = [trainer.step(batch, 1.0).item() for _ in range(12)]
    assert losses[-1] < losses[0] / 2


def test_a_short_training_ends_in_files_that_mlx_lm_loads(vocabulary: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"minutes": None, "decay": 0.5, "batch": 512, "processes": 1, "seed": 0}
    first, second, quantized = tmp_path / "first", tmp_path / "second", tmp_path / "quantized"
    train(first, SMALL, vocabulary, steps=2, go_on=None, save_every=1, **options)
    train(second, SMALL, vocabulary, steps=1, go_on=first / "model.safetensors", save_every=9, **options)
    export.write_quantized(second, quantized)
    for form in (second, quantized):
        model: Any
        model, loaded = load(str(form))[:2]
        assert loaded.has_tool_calling
        assert loaded.has_thinking
        assert model.args.max_position_embeddings >= 4096
        prompt = loaded.apply_chat_template([{"role": "user", "content": "Hi"}], add_generation_prompt=True)
        assert isinstance(generate(model, loaded, prompt, max_tokens=3), str)
    stored: Any = mx.load(str(quantized / "model.safetensors"))
    assert stored["model.embed_tokens.weight"].dtype == mx.uint32
    assert stored["model.embed_tokens.scales"].dtype == mx.float32
