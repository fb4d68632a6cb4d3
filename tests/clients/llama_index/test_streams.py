from __future__ import annotations

import asyncio

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from ..questions import COUNT, SUM, SUM_IS, numbers


def test_an_answer_comes_in_pieces(model: OpenAILike) -> None:
    pieces = list(model.stream_chat([ChatMessage(role="user", content=COUNT)], max_tokens=1000))

    assert numbers("".join(piece.delta or "" for piece in pieces)) == list(range(1, 101))
    assert numbers(str(pieces[-1].message.content)) == list(range(1, 101))


def test_an_answer_comes_in_pieces_to_asyncio(model: OpenAILike) -> None:
    async def ask() -> str:
        stream = await model.astream_chat([ChatMessage(role="user", content=SUM)])
        return "".join([piece.delta or "" async for piece in stream])

    assert asyncio.run(ask()) == SUM_IS
