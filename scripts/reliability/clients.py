"""Clients as people write them: openai's SDK, without its retries, one request after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from time import perf_counter
from typing import Any

import openai

from .answers import Answer
from .questions import Question

# Longer than the longest pause between a death and a new worker; what takes longer hangs.
PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Request:
    """A question, asked one way or the other, and the answer it is to get, once that is known."""

    question: Question
    stream: bool
    expected: Answer | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request went.

    Attributes:
        request: What was asked.
        answer: What came, complete or not.
        error: Why it failed; None if it did not.
        pause: Begin and end of the longest time in which nothing came, in seconds of `perf_counter`. Where the
            answer is not streamed that is all its time.
    """

    request: Request
    answer: Answer
    error: str | None
    pause: tuple[float, float]


@dataclass(slots=True)
class _Draft:
    """An answer so far, and when something came."""

    times: list[float] = field(default_factory=lambda: [perf_counter()])
    text: str = ""
    reasoning: str = ""
    calls: list[str] = field(default_factory=list)
    finish: str | None = None
    tokens: int | None = None

    def add(self, part: Any) -> None:
        """Add a message, or a delta of one."""
        self.text += part.content or ""
        self.reasoning += getattr(part, "reasoning_content", None) or ""
        self.calls += [f"{call.function.name}({call.function.arguments})" for call in part.tool_calls or ()]

    def answer(self) -> Answer:
        return Answer(self.text, self.reasoning, tuple(self.calls), self.finish, self.tokens)


def client(url: str) -> openai.AsyncOpenAI:
    """A client that lets nothing fail twice."""
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="no-key", max_retries=0, timeout=PATIENCE)


async def ask_all(
    api: openai.AsyncOpenAI, requests: Iterable[Request], clients: int, tell: Callable[[Outcome], None]
) -> None:
    """Make all requests, so many at a time, and tell the outcome of each."""
    left = iter(requests)

    async def one_after_the_other() -> None:
        for request in left:
            tell(await ask(api, request))

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(one_after_the_other())


async def ask(api: openai.AsyncOpenAI, request: Request) -> Outcome:
    """Make a request; whatever goes wrong is part of the outcome."""
    draft, error = _Draft(), None
    try:
        async with asyncio.timeout(PATIENCE):
            await (_stream if request.stream else _whole)(api, request.question, draft)
        if draft.finish is None:
            error = "ended without a finish reason and without an error"
    except TimeoutError:
        error = f"no end within {PATIENCE:.0f} s"
    except Exception as raised:  # noqa: BLE001 - what the SDK lets through of its HTTP library is its own matter
        error = describe(raised)
        # What came before an error is no whole answer, whatever it says.
        draft.finish = None
    draft.times.append(perf_counter())
    pause = max(pairwise(draft.times), key=lambda times: times[1] - times[0])
    return Outcome(request, draft.answer(), error, pause)


async def _stream(api: openai.AsyncOpenAI, question: Question, draft: _Draft) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}}
    async with await api.chat.completions.create(**question.fields(), **options) as chunks:
        async for chunk in chunks:
            draft.times.append(perf_counter())
            for choice in chunk.choices:
                draft.add(choice.delta)
                draft.finish = choice.finish_reason or draft.finish
            if chunk.usage:
                draft.tokens = chunk.usage.completion_tokens


async def _whole(api: openai.AsyncOpenAI, question: Question, draft: _Draft) -> None:
    completion = await api.chat.completions.create(**question.fields())
    choice = completion.choices[0]
    draft.add(choice.message)
    draft.finish = choice.finish_reason
    draft.tokens = completion.usage and completion.usage.completion_tokens


def describe(error: Exception) -> str:
    """Return what went wrong in a line: the status or the place, the code, the message."""
    match error:
        case openai.APIStatusError():
            place = str(error.status_code)
        case openai.APIConnectionError():
            return f"no answer: {error.__cause__ or error!r}"
        case openai.APIError():
            place = "in the stream"
        case _:
            return f"broken off: {error!r}"
    body = error.body if isinstance(error.body, dict) else {}
    return f"{place} {error.code}: {body.get('message', error.message)}"
