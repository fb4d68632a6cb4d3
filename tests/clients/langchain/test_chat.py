from __future__ import annotations

import asyncio

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI

from ..questions import SUM, SUM_IS


def test_a_question_is_answered(model: ChatOpenAI) -> None:
    answer = model.invoke(SUM)

    assert answer.content == SUM_IS
    assert answer.response_metadata["finish_reason"] == "stop"
    usage = answer.usage_metadata
    assert usage is not None
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_a_conversation_goes_on(model: ChatOpenAI) -> None:
    messages = [SystemMessage("Your name is Ada."), HumanMessage(SUM)]
    messages += [model.invoke(messages), HumanMessage("What is your name?")]

    assert "Ada" in str(model.invoke(messages).content)


def test_many_ask_at_once(model: ChatOpenAI) -> None:
    answers = model.batch([f"What is {first} + 25?" for first in (11, 12, 13)])

    assert [answer.content for answer in answers] == ["36", "37", "38"]


def test_a_question_is_answered_to_asyncio(model: ChatOpenAI, runner: asyncio.Runner) -> None:
    assert runner.run(model.ainvoke(SUM)).content == SUM_IS


def test_log_probabilities_are_told(model: ChatOpenAI) -> None:
    told = model.bind(logprobs=True, top_logprobs=2).invoke(SUM).response_metadata["logprobs"]

    assert "".join(token["token"] for token in told["content"]) == SUM_IS


def test_a_stop_string_ends_an_answer(model: ChatOpenAI) -> None:
    assert model.invoke("Count from 1 to 100.", stop=[", 6"]).content == "1, 2, 3, 4, 5"


def test_thoughts_are_counted(model: ChatOpenAI) -> None:
    answer = model.bind(extra_body={"chat_template_kwargs": {"enable_thinking": True}}).invoke(SUM)

    assert answer.content == SUM_IS
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.get("output_token_details", {}).get("reasoning", 0) > 0
