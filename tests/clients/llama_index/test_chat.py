from __future__ import annotations

import asyncio

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from ..questions import SUM, SUM_IS
from ..running import Running

ASKED = [ChatMessage(role="user", content=SUM)]


def test_a_question_is_answered(model: OpenAILike) -> None:
    answer = model.chat(ASKED)

    assert answer.message.content == SUM_IS
    assert answer.additional_kwargs["total_tokens"] > answer.additional_kwargs["completion_tokens"] > 0


def test_a_plain_prompt_is_answered(model: OpenAILike) -> None:
    assert model.complete(SUM).text == SUM_IS


def test_a_conversation_goes_on(model: OpenAILike) -> None:
    messages = [ChatMessage(role="system", content="Your name is Ada."), *ASKED]
    messages += [model.chat(messages).message, ChatMessage(role="user", content="What is your name?")]

    assert "Ada" in str(model.chat(messages).message.content)


def test_a_question_is_answered_to_asyncio(model: OpenAILike) -> None:
    assert asyncio.run(model.achat(ASKED)).message.content == SUM_IS


def test_log_probabilities_are_told(server: Running) -> None:
    model = OpenAILike(
        model="any",
        api_base=server.base_url,
        api_key=server.key,
        temperature=0,
        is_chat_model=True,
        logprobs=True,
        top_logprobs=2,
    )

    told = model.chat(ASKED).logprobs
    assert told is not None
    assert "".join(token[0].token for token in told) == SUM_IS
