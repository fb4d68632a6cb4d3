from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from ..questions import COUNT, COUNT_LONG, SUM, SUM_IS, numbers, user
from ..running import Running

THINK: Any = {"chat_template_kwargs": {"enable_thinking": True}}


def test_a_question_is_answered(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="mlx-llm-server-demo", messages=user(SUM), temperature=0)

    assert answer.object == "chat.completion"
    assert answer.model == "mlx-llm-server-demo"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content == SUM_IS
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id


def test_a_conversation_goes_on(client: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "developer", "content": "Your name is Ada."},
        {"role": "user", "content": [{"type": "text", "text": SUM}]},
    ]
    first = client.chat.completions.create(model="any", messages=messages, temperature=0)
    messages += [first.choices[0].message, *user("What is your name?")]
    second = client.chat.completions.create(model="any", messages=messages, temperature=0)

    assert first.choices[0].message.content == SUM_IS
    assert "Ada" in (second.choices[0].message.content or "")


def test_many_ask_at_once(server: Running) -> None:
    async def ask() -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key=server.key) as client:

            async def sum_of(first: int) -> str | None:
                answer = await client.chat.completions.create(
                    model="any", messages=user(f"What is {first} + 25?"), temperature=0
                )
                return answer.choices[0].message.content

            return await asyncio.gather(*(sum_of(first) for first in range(10, 18)))

    assert asyncio.run(ask()) == [str(first + 25) for first in range(10, 18)]


def test_several_choices_are_made(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="any", messages=user(SUM), temperature=0, n=3)

    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert {choice.message.content for choice in answer.choices} == {SUM_IS}


def test_a_seed_says_the_same_again(client: openai.OpenAI) -> None:
    answers = [
        client.chat.completions.create(model="any", messages=user("Write a limerick."), seed=7, temperature=1.5)
        for _ in range(2)
    ]

    assert answers[0].choices[0].message.content == answers[1].choices[0].message.content


def test_a_stop_string_and_a_limit_end_an_answer(client: openai.OpenAI) -> None:
    stopped = client.chat.completions.create(model="any", messages=user(COUNT), temperature=0, stop=["6"])
    cut = client.chat.completions.create(model="any", messages=user(COUNT), temperature=0, max_completion_tokens=4)

    assert numbers(stopped.choices[0].message.content or "") == [1, 2, 3, 4, 5]
    assert stopped.choices[0].finish_reason == "stop"
    assert cut.choices[0].finish_reason == "length"
    assert cut.usage is not None
    assert cut.usage.completion_tokens == 4


def test_log_probabilities_are_told(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="any", messages=user(SUM), temperature=0, logprobs=True, top_logprobs=2
    )

    told = answer.choices[0].logprobs
    assert told is not None
    assert told.content is not None
    assert "".join(token.token for token in told.content) == SUM_IS
    assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in told.content)


def test_thoughts_come_apart_from_the_answer(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="any", messages=user(SUM), temperature=0, extra_body=THINK)

    message: Any = answer.choices[0].message
    assert message.reasoning_content.startswith("17 + 25\n7+5=12")
    assert message.content == SUM_IS


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["mlx-llm-server-demo"]
    assert client.models.retrieve("mlx-llm-server-demo").object == "model"


def test_who_has_no_more_patience_leaves_nothing_running(client: openai.OpenAI, server: Running) -> None:
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(
            model="any",
            messages=user(COUNT_LONG),
            max_tokens=3000,
            temperature=0,
            timeout=0.3,
            extra_body={"ignore_eos": True},
        )
    server.wait_idle()
