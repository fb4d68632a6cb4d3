from __future__ import annotations

import asyncio
from typing import Any

import litellm

from ..questions import COUNT, SUM, SUM_IS, numbers, user


def test_an_answer_comes_in_pieces_and_the_usage_last(where: dict[str, Any]) -> None:
    chunks = list(
        litellm.completion(
            messages=user(COUNT),
            temperature=0,
            max_tokens=1000,
            stream=True,
            stream_options={"include_usage": True},
            **where,
        )
    )

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert numbers(text) == list(range(1, 101))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks].count("stop") == 1
    assert chunks[-1].usage.completion_tokens > 100


def test_an_answer_comes_in_pieces_to_asyncio(where: dict[str, Any]) -> None:
    async def ask() -> str:
        stream: Any = await litellm.acompletion(messages=user(SUM), temperature=0, stream=True, **where)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(ask()) == SUM_IS


def test_thoughts_are_streamed(where: dict[str, Any]) -> None:
    thinking: Any = {"chat_template_kwargs": {"enable_thinking": True}}
    stream = litellm.completion(messages=user(SUM), temperature=0, stream=True, **thinking, **where)
    message = litellm.stream_chunk_builder(list(stream)).choices[0].message

    assert message.reasoning_content.startswith("17 + 25")
    assert message.content == SUM_IS
