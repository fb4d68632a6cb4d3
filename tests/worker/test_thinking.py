"""Thoughts end when their budget is spent, in the running batch, whatever the row's other settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import ChatMessage, Generate, Sampling
from mlx_llm_server.scripts.models import random, successor
from mlx_llm_server.worker.prompts import InvalidRequest, PromptBuilder

from .conftest import loaded
from .grammar.conftest import House, asked, by_regex

# Of this text each mark is a token of its own, behind which the model says what stands behind it here.
TEXTS = {"think": "<think>\nCounting is easy.\n</think>\n\nOne comes first."}


@pytest.fixture(scope="module")
def counting_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Of a model that counts, and thinks the text above once a thought is begun."""
    path = successor(tmp_path_factory.mktemp("models") / "thinking", texts=TEXTS, chat_template="open-thinking")
    house = House(loaded(path))
    yield house
    house.close()


@pytest.fixture(scope="module")
def nonsense_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Of a model that says nonsense, in a thought too if it is begun."""
    house = House(loaded(random(tmp_path_factory.mktemp("models") / "random", chat_template="chatml-thinking")))
    yield house
    house.close()


def thinks(content: str = "5", budget: int | None = 3, **fields: Any) -> Generate:
    return asked(content, sampling=Sampling(0, temperature=0), thinking_budget=budget, **fields)


@pytest.mark.parametrize("budget", [0, 1, 3])
def test_a_spent_budget_ends_the_thought_and_the_answer_goes_on(counting_house: House, budget: int) -> None:
    (answer,) = counting_house.ask(thinks(enable_thinking=True, budget=budget))

    tokenizer = counting_house.model.tokenizer
    assert answer.thought == tokenizer.decode(answer.tokens[:budget]).strip()
    assert "Counting is easy.".startswith(answer.thought)
    assert (answer.text, answer.finish) == ("One comes first.", "stop")
    assert answer.tokens[budget] == tokenizer.think_end_id


def test_a_thought_that_ends_by_itself_is_left_alone(counting_house: House) -> None:
    free, held, unthinking = counting_house.ask(
        thinks("think", None), thinks("think", 100), thinks("5", 0, enable_thinking=False)
    )

    assert free.thought == "Counting is easy."
    assert held == free
    assert unthinking.text.startswith("6 7 8 9")
    assert unthinking.thought == ""


def test_a_thought_that_the_answer_opens_is_held_too(counting_house: House) -> None:
    free, held = counting_house.ask(thinks("think", None), thinks("think", 4))

    assert 0 < len(held.thought) < len(free.thought)
    assert free.thought.startswith(held.thought)
    assert held.text == free.text


def test_only_rows_with_a_budget_are_held_to_one(counting_house: House) -> None:
    free, held = counting_house.ask(thinks(enable_thinking=True, budget=None), thinks(enable_thinking=True))

    assert free.thought == "Counting is easy."
    assert len(held.thought) < len(free.thought)


@pytest.mark.parametrize("known", [1, 3, 4, 7])
def test_an_answer_is_resumed_within_and_behind_its_budget(counting_house: House, known: int) -> None:
    request = thinks(enable_thinking=True)
    (whole,) = counting_house.ask(request)
    (rest,) = counting_house.ask(replace(request, resume=tuple(whole.tokens[:known])))

    assert whole.tokens[:known] + rest.tokens == whole.tokens
    assert whole.text.endswith(rest.text)


def test_an_answer_behind_a_thought_is_held_to_its_grammar(nonsense_house: House) -> None:
    """Without a budget this thought goes on until the answer is as long as it may be."""
    tokenizer = nonsense_house.model.tokenizer
    begun = tuple(tokenizer.encode("<think>", add_special_tokens=False))
    fields: dict[str, Any] = {"grammar": by_regex("[a-c]{5}"), "resume": begun, "max_tokens": 60}
    free, *held = nonsense_house.ask(
        asked(seed=1, **fields), *(asked(seed=seed, thinking_budget=6, **fields) for seed in range(4))
    )

    assert free.finish == "length"
    assert not free.text
    for answer in held:
        # A character that is not whole yet is ended first.
        assert tokenizer.think_end_id in answer.tokens[6:10]
        assert len(answer.text) == 5
        assert {*answer.text} <= {*"abc"}
        assert answer.finish == "stop"


def test_log_probabilities_are_the_models_own_of_what_was_forced(counting_house: House) -> None:
    sampling = Sampling(0, temperature=0, logprobs=True)
    request = asked("5", sampling=sampling, thinking_budget=2, enable_thinking=True)
    (answer,) = counting_house.ask(request)

    # The model would have gone on with its thought.
    assert answer.tokens[2] == counting_house.model.tokenizer.think_end_id
    told = {entry.token: entry.logprob for entry in answer.logprobs}
    assert told[b"</think>"] < -10
    assert all(logprob > -0.1 for token, logprob in told.items() if token != b"</think>")


def test_a_template_that_asks_for_the_budget_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = random(tmp_path_factory.mktemp("models") / "asks", chat_template="chatml-thinking")
    tokenizer = loaded(path).tokenizer
    tokenizer.chat_template = "{{ thinking_budget }}{% if enable_thinking %}{% endif %}"
    request = Generate(1, (ChatMessage("user", "x"),), Sampling(0), 1, thinking_budget=512)

    def prompt_of(request: Generate) -> str:
        return tokenizer.decode(PromptBuilder(tokenizer).build(request))

    assert prompt_of(request) == "512"
    assert prompt_of(replace(request, template_options='{"thinking_budget": 7}')) == "7"


def test_a_model_that_does_not_think_has_no_budget() -> None:
    class Silent:
        has_thinking = False
        chat_template = ""

    request = Generate(1, (ChatMessage("user", "x"),), Sampling(0), 1, thinking_budget=512)
    with pytest.raises(InvalidRequest) as raised:
        PromptBuilder(Silent()).build(request)
    assert raised.value.param == "thinking_token_budget"
