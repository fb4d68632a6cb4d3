from __future__ import annotations

import asyncio
from typing import Any

import openai

from ..questions import COUNT, COUNT_LONG, SUM, SUM_IS, numbers, user
from ..running import Running


def test_an_answer_comes_in_pieces(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model="any", messages=user(COUNT), temperature=0, max_tokens=1000, stream=True
    ) as stream:
        chunks = list(stream)

    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert numbers("".join(delta.content or "" for delta in deltas)) == list(range(1, 101))
    assert len(chunks) > 100
    assert [delta.role for delta in deltas] == ["assistant"] + [None] * (len(deltas) - 1)
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)


def test_the_usage_comes_last(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="any", messages=user(SUM), temperature=0, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = stream
    whole = client.chat.completions.create(model="any", messages=user(SUM), temperature=0)

    assert last.choices == []
    assert last.usage is not None
    assert whole.usage is not None
    assert last.usage.completion_tokens == whole.usage.completion_tokens
    assert last.usage.prompt_tokens == whole.usage.prompt_tokens
    assert all(chunk.usage is None for chunk in chunks)


def test_the_stream_helper_tells_events_and_the_whole(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model="any", messages=user(SUM), temperature=0, logprobs=True, stream_options={"include_usage": True}
    ) as stream:
        events = list(stream)
        whole = stream.get_final_completion()

    kinds = {event.type for event in events}
    assert {"chunk", "content.delta", "content.done", "logprobs.content.delta", "logprobs.content.done"} <= kinds
    assert "".join(event.delta for event in events if event.type == "content.delta") == SUM_IS
    assert whole.choices[0].message.content == SUM_IS
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None


def test_the_stream_helper_is_there_for_asyncio(server: Running) -> None:
    async def ask() -> Any:
        async with (
            openai.AsyncOpenAI(base_url=server.base_url, api_key=server.key) as client,
            client.chat.completions.stream(model="any", messages=user(SUM), temperature=0) as stream,
        ):
            return await stream.get_final_completion()

    assert asyncio.run(ask()).choices[0].message.content == SUM_IS


def test_several_choices_are_streamed_together(client: openai.OpenAI) -> None:
    said = {0: "", 1: ""}
    with client.chat.completions.create(
        model="any", messages=user(SUM), temperature=0, n=2, stream=True
    ) as stream:
        for chunk in stream:
            for choice in chunk.choices:
                said[choice.index] += choice.delta.content or ""

    assert said == {0: SUM_IS, 1: SUM_IS}


def test_thoughts_are_streamed_before_the_answer(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model="any",
        messages=user(SUM),
        temperature=0,
        stream=True,
        extra_body={"chat_template_kwargs": {"enable_thinking": True}},
    ) as stream:
        deltas: list[Any] = [chunk.choices[0].delta for chunk in stream]

    thought = [hasattr(delta, "reasoning_content") for delta in deltas[1:-1]]
    assert thought == sorted(thought, reverse=True)
    assert "".join(getattr(delta, "reasoning_content", "") for delta in deltas).startswith("17 + 25")
    assert "".join(delta.content or "" for delta in deltas) == SUM_IS


def test_a_stream_that_is_closed_is_cancelled(client: openai.OpenAI, server: Running) -> None:
    stream = client.chat.completions.create(
        model="any",
        messages=user(COUNT_LONG),
        max_tokens=3000,
        stream=True,
        extra_body={"ignore_eos": True},
    )
    next(iter(stream))
    stream.close()

    server.wait_idle()
