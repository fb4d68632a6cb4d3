"""A streamed answer, read to whatever end it has."""

from __future__ import annotations

from dataclasses import dataclass

import openai


@dataclass(frozen=True)
class Read:
    """What was read of a stream, and how it ended."""

    text: str
    finish: str | None = None
    error: str | None = None


async def read(client: openai.AsyncOpenAI, number: int, length: int) -> Read:
    text = ""
    stream = await client.chat.completions.create(
        model="any",
        messages=[{"role": "user", "content": str(number)}],
        max_tokens=length,
        stream=True,
    )
    async with stream:
        try:
            async for chunk in stream:
                text += chunk.choices[0].delta.content or ""
                if chunk.choices[0].finish_reason is not None:
                    return Read(text, finish=chunk.choices[0].finish_reason)
        except openai.APIError as error:
            return Read(text, error=error.message)
    return Read(text)
