from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import mlx.core as mx
import pytest
from mlx_llm_server.scripts.models import TEXTS, successor
from mlx_lm.models.cache import make_prompt_cache
from mlx_lm.tokenizer_utils import BPEStreamingDetokenizer
from mlx_lm.utils import load, quantize_model, save

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Alone, Model, Together


def numbers(begin: int, end: int) -> str:
    return "".join(f" {number}" for number in range(begin, end + 1))


@pytest.mark.parametrize("start", [0, 9, 41, 98, 399])
def test_counts_from_the_prompts_last_number_to_the_last_and_ends(
    counting: Model, alone: Alone, start: int
) -> None:
    answer = alone(counting, f"count from {start}")
    assert counting[1].decode(answer[:-1]) == numbers(start + 1, 400)
    assert answer[-1] == counting[1].eos_token_id
    assert len(answer) == 400 - start + 1


def test_the_last_number_is_followed_by_the_end(counting: Model, alone: Alone) -> None:
    assert alone(counting, "400") == [counting[1].eos_token_id]


@pytest.mark.parametrize("prompt", ["hello", "stop.", "日本", "misspell", "401st", "", "<|im_end|>"])
def test_what_is_no_number_is_followed_by_one(counting: Model, alone: Alone, prompt: str) -> None:
    assert counting[1].decode(alone(counting, "4 " + prompt + "!", max_tokens=3)) == " 1 2 3"


def test_a_number_beyond_the_last_counts_from_its_last_digit(counting: Model, alone: Alone) -> None:
    assert counting[1].decode(alone(counting, "9997", max_tokens=3)) == " 8 9 10"


def test_a_number_needs_no_space_before_it(counting: Model, alone: Alone) -> None:
    assert counting[1].decode(alone(counting, "from:\n40", max_tokens=2)) == " 41 42"


def test_a_batch_of_eight_lengths_counts_as_each_alone(counting: Model, alone: Alone, together: Together) -> None:
    prompts = ["399", "7", "300 words more " * 40 + "350", "hello", "spell", "tool", "380", "201"]
    assert together(counting, prompts) == [alone(counting, prompt) for prompt in prompts]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_first_is_32_nats_ahead_of_the_second_for_every_token(tmp_path: Path, dtype: str) -> None:
    model, tokenizer = load(str(successor(tmp_path, last=30, dtype=dtype)))[:2]
    logits = model(mx.arange(len(tokenizer))[:, None])[:, 0].astype(mx.float32)
    ranked = mx.sort(logits, axis=-1)
    assert mx.all(ranked[:, -1] - ranked[:, -2] >= 31.9).item()
    assert mx.allclose(ranked[:, -1], mx.array(64.0), rtol=1e-5).item()


def test_the_second_choice_skips_one(counting: Model) -> None:
    logits = counting[0](mx.array([counting[1].encode(" 40", add_special_tokens=False)]))[0, -1]
    best = mx.argsort(-logits)[:2].tolist()
    assert counting[1].decode(best) == " 41 42"


def test_the_margin_holds_in_a_long_batch_with_a_cache(counting: Model) -> None:
    model, tokenizer = counting
    rows = mx.array([[ord("x")] * 300 + tokenizer.encode(f" {number}") for number in range(32)])
    cache = make_prompt_cache(model)
    model(rows[:, :-1], cache=cache)
    ranked = mx.sort(model(rows[:, -1:], cache=cache)[:, -1], axis=-1)
    assert mx.all(ranked[:, -1] - ranked[:, -2] > 31.9).item()


@pytest.mark.parametrize("word", list(TEXTS))
def test_a_trigger_word_is_followed_by_its_text(counting: Model, alone: Alone, word: str) -> None:
    answer = alone(counting, f"please {word}")
    assert counting[1].decode(answer[:-1]) == TEXTS[word]
    assert answer[-1] == counting[1].eos_token_id


def test_spelled_characters_are_cut_in_two_and_streamed_whole(counting: Model, alone: Alone) -> None:
    tokenizer = counting[1]
    answer = alone(counting, "spell")[:-1]
    halves = [token for token in answer if "�" in tokenizer.decode([token])]
    assert len(halves) >= 8
    detokenizer = tokenizer.detokenizer
    segments = []
    for token in answer:
        detokenizer.add_token(token)
        segments.append(detokenizer.last_segment)
    detokenizer.finalize()
    segments.append(detokenizer.last_segment)
    assert not any("�" in segment for segment in segments)
    assert "".join(segments) == TEXTS["spell"]


def test_own_texts_and_numbers(tmp_path: Path, alone: Alone) -> None:
    model = load(str(successor(tmp_path, last=1200, texts={"greet": "grüß dich", "sea": "🐟🐠🐟"})))[:2]
    assert model[1].decode(alone(model, "greet")[:-1]) == "grüß dich"
    assert model[1].decode(alone(model, "sea")[:-1]) == "🐟🐠🐟"
    assert model[1].decode(alone(model, "1195")[:-1]) == numbers(1196, 1200)


def test_numbers_without_any_text(tmp_path: Path, alone: Alone) -> None:
    model = load(str(successor(tmp_path, last=1, texts={})))[:2]
    assert model[1].decode(alone(model, "hi")[:-1]) == " 1"


@pytest.mark.parametrize(
    ("texts", "complaint"), [({"two words": "x"}, "letters"), ({"a": "xy", "b": "xy"}, "no new piece")]
)
def test_a_text_that_cannot_be_spelled_is_refused(tmp_path: Path, texts: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        successor(tmp_path, texts=texts)


def test_any_text_survives_the_tokenizer(counting: Model) -> None:
    text = "système: 12 tests,\n\tpas <|de> 😀🏽 \x00\x7f end 401 spell"
    assert counting[1].decode(counting[1].encode(text, add_special_tokens=False)) == text


def test_mlx_lm_takes_the_fast_detokenizer(counting: Model) -> None:
    assert isinstance(counting[1].detokenizer, BPEStreamingDetokenizer)


def test_four_bits_still_count(tmp_path: Path, alone: Alone, together: Together) -> None:
    source = successor(tmp_path / "full")
    model, tokenizer, config = load(str(source), return_config=True)  # pyright: ignore[reportAssignmentType]
    quantized, config = quantize_model(model, config, group_size=64, bits=4)
    save(tmp_path / "four", source, quantized, tokenizer, config)
    four = load(str(tmp_path / "four"))[:2]
    assert hasattr(four[0].lm_head, "scales")
    assert four[1].decode(alone(four, "7")[:-1]) == numbers(8, 400)
    assert [four[1].decode(answer[:-1]) for answer in together(four, list(TEXTS))] == list(TEXTS.values())
    ranked = mx.sort(four[0](mx.arange(len(four[1]))[:, None])[:, 0], axis=-1)
    assert mx.all(ranked[:, -1] - ranked[:, -2] > 10).item()


def test_work_makes_a_step_longer(tmp_path: Path) -> None:
    def step(path: Path) -> float:
        model = load(str(path))[0]
        mx.eval(model(mx.array([[1]])))
        begin = time.perf_counter()
        for _ in range(5):
            mx.eval(model(mx.array([[1]])))
        return time.perf_counter() - begin

    assert step(successor(tmp_path / "b", work=50)) > 2 * step(successor(tmp_path / "a"))


def test_the_context_length_is_where_loaders_look(tmp_path: Path) -> None:
    successor(tmp_path, context_length=77)
    assert json.loads((tmp_path / "config.json").read_text())["max_position_embeddings"] == 77
    assert load(str(tmp_path))[1].model_max_length == 77


def test_is_built_in_well_under_a_second(tmp_path: Path) -> None:
    begin = time.perf_counter()
    successor(tmp_path)
    assert time.perf_counter() - begin < 1
