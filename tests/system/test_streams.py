"""Many streams at once: each gets its own answer, whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from .servers import House, Server, counted

STREAMS = 64
TOKENS = 16


async def _stream(client: openai.AsyncOpenAI, content: str, model: str) -> str:
    stream = await client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": content}],
        max_tokens=TOKENS,
        temperature=0,
        stream=True,
    )
    async with stream:
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def _streams(server: Server, contents: list[str], model: str) -> list[str]:
    async with server.async_openai() as client:
        return await asyncio.gather(*(_stream(client, content, model) for content in contents))


def together(server: Server, contents: list[str], model: str = "any") -> list[str]:
    """Return the texts of streams that all run at once."""
    return asyncio.run(_streams(server, contents, model))


@pytest.fixture(scope="module")
def four(counting_model: Path, nonsense_model: Path) -> Iterator[Server]:
    """A frontend with two workers for each of two models."""
    house = House()
    try:
        server = house.frontend()
        for model in (counting_model, nonsense_model):
            for _ in range(2):
                house.worker(model, PORT=str(server.port))
        server.wait_for_workers(4)
        yield server
    finally:
        house.close()


def numbers() -> list[str]:
    return [f"Count on from {5 * number}" for number in range(STREAMS)]


def stories() -> list[str]:
    return [f"Story {number} is about {'a very ' * (number % 7)}small cat" for number in range(STREAMS)]


@pytest.fixture(scope="module")
def single(nonsense: Server) -> list[str]:
    """What each story is on its own."""
    return [nonsense.text(story, temperature=0, max_tokens=TOKENS) for story in stories()]


def test_each_of_many_streams_gets_its_own_continuation(counting: Server) -> None:
    wanted = [counted(5 * number + 1, 5 * number + TOKENS) for number in range(STREAMS)]
    assert together(counting, numbers()) == wanted


def test_each_of_many_streams_gets_its_own_continuation_from_two_workers(four: Server) -> None:
    wanted = [counted(5 * number + 1, 5 * number + TOKENS) for number in range(STREAMS)]
    assert together(four, numbers(), "counting") == wanted


def test_many_streams_say_what_single_requests_say(nonsense: Server, single: list[str]) -> None:
    assert together(nonsense, stories()) == single


def test_many_streams_on_two_workers_say_what_single_requests_say(four: Server, single: list[str]) -> None:
    assert together(four, stories(), "nonsense") == single


def test_streams_and_whole_answers_go_together(counting: Server) -> None:
    async def mixed() -> list[str]:
        async with counting.async_openai() as client:

            async def whole(number: int) -> str:
                answer = await client.chat.completions.create(
                    model="any", messages=[{"role": "user", "content": str(number)}], max_tokens=TOKENS
                )
                return answer.choices[0].message.content or ""

            return await asyncio.gather(
                *(_stream(client, str(n), "any") if n % 2 else whole(n) for n in range(32))
            )

    assert asyncio.run(mixed()) == [counted(n + 1, n + TOKENS) for n in range(32)]


def test_a_stream_runs_while_a_long_prompt_is_read(counting: Server) -> None:
    with counting.stream("5", max_tokens=300) as stream:
        first = stream.skip_to_text()
        assert counting.text("1 " * 4000 + "17", max_tokens=3) == "18 19 20"
        assert first + stream.text() == counted(6, 305)


def test_what_does_not_fit_in_the_batch_waits_its_turn(house: House, counting_model: Path) -> None:
    server = house.llm_server(counting_model, "--max-batch", "2")
    assert together(server, numbers()[:12]) == [counted(5 * n + 1, 5 * n + TOKENS) for n in range(12)]
    server.wait_idle()


def test_what_does_not_fit_in_the_queue_is_told_to_come_back(house: House, slow_model: Path) -> None:
    server = house.llm_server(slow_model, "--max-batch", "1", "--max-queue", "0")
    with server.stream("1", max_tokens=2000) as stream:
        stream.skip_to_text()
        answer = server.post({"messages": [{"role": "user", "content": "1"}]})
        assert answer.status == 429
        assert answer.headers["Retry-After"]
        assert answer.error["code"] == "server_overloaded"
