from __future__ import annotations

import asyncio
from typing import Any

from langchain_openai import ChatOpenAI

from ..questions import COUNT, SUM, SUM_IS, numbers
from ..running import Running


def test_an_answer_comes_in_pieces_and_the_usage_last(model: ChatOpenAI) -> None:
    pieces = list(model.stream(COUNT, max_tokens=1000, stream_usage=True))

    assert numbers("".join(str(piece.content) for piece in pieces)) == list(range(1, 101))
    (usage,) = [piece.usage_metadata for piece in pieces if piece.usage_metadata]
    assert usage["output_tokens"] > 100


def test_events_are_told_to_asyncio(model: ChatOpenAI, runner: asyncio.Runner) -> None:
    async def events() -> list[Any]:
        return [event async for event in model.astream_events(SUM)]

    told = runner.run(events())
    kinds = {event["event"] for event in told}
    assert {"on_chat_model_start", "on_chat_model_stream", "on_chat_model_end"} <= kinds
    assert told[-1]["data"]["output"].content == SUM_IS


def test_a_stream_that_is_left_is_cancelled(model: ChatOpenAI, server: Running) -> None:
    stream = model.stream("Count from 1 to 300.", max_tokens=3000, extra_body={"ignore_eos": True})
    next(stream)
    stream.close()  # pyright: ignore[reportAttributeAccessIssue] - it is a generator

    server.wait_idle()
