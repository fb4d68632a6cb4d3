from __future__ import annotations

import asyncio
from typing import Any

import litellm

from ..questions import SUM, SUM_IS, user


def test_a_question_is_answered(where: dict[str, Any]) -> None:
    answer = litellm.completion(messages=user(SUM), temperature=0, **where)

    assert answer.choices[0].message.content == SUM_IS
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_question_is_answered_to_its_vllm_provider(where: dict[str, Any]) -> None:
    answer = litellm.completion(messages=user(SUM), temperature=0, **where | {"model": "hosted_vllm/any"})

    assert answer.choices[0].message.content == SUM_IS


def test_a_question_is_answered_to_asyncio(where: dict[str, Any]) -> None:
    answer: Any = asyncio.run(litellm.acompletion(messages=user(SUM), temperature=0, **where))

    assert answer.choices[0].message.content == SUM_IS


def test_several_choices_are_made_with_log_probabilities(where: dict[str, Any]) -> None:
    answer = litellm.completion(messages=user(SUM), temperature=0, n=2, logprobs=True, top_logprobs=2, **where)

    assert [choice.message.content for choice in answer.choices] == [SUM_IS, SUM_IS]
    assert "".join(token.token for token in answer.choices[1].logprobs.content) == SUM_IS


def test_thoughts_come_apart_from_the_answer(where: dict[str, Any]) -> None:
    thinking: Any = {"chat_template_kwargs": {"enable_thinking": True}}
    message = litellm.completion(messages=user(SUM), temperature=0, **thinking, **where).choices[0].message

    assert message.reasoning_content.startswith("17 + 25")
    assert message.content == SUM_IS


def test_what_openai_does_not_know_is_passed_on(where: dict[str, Any]) -> None:
    answer = litellm.completion(messages=user(SUM), top_k=1, min_p=0.1, drop_params=True, **where)

    assert answer.choices[0].message.content == SUM_IS
