"""Two workers that do one thing at a time: who gets which of them, and when."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import openai
import pytest

from .servers import House, Server, counted, until, user

# An answer that is still under way when the test has seen all it wants to see.
LONG = 2900


@pytest.fixture(scope="module")
def pair(shared_house: House, slow_model: Path) -> Server:
    """They have memory for 3840 tokens, at a KiB each."""
    return shared_house.up(slow_model, "--max-batch", "1", "--kv-memory", "4MB", workers=2)


def test_the_next_turn_of_a_conversation_goes_to_the_worker_that_had_the_one_before(pair: Server) -> None:
    conversations = [counted(100 * number + 1, 100 * number + 60) for number in range(4)]
    for text in conversations:
        assert pair.text(text, max_tokens=2)

    for number, text in enumerate(conversations):
        said = {"role": "assistant", "content": counted(100 * number + 61, 100 * number + 62)}
        answer = pair.post({"messages": [*user(text), said, *user("7 8 9")], "max_tokens": 3}).json
        assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] >= 50
        assert answer["choices"][0]["message"]["content"] == "10 11 12"


def test_a_batch_request_waits_while_interactive_ones_come_in(pair: Server) -> None:
    order: list[str] = []

    async def ask(client: openai.AsyncOpenAI, name: str, length: int, headers: dict[str, str]) -> None:
        await client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": "5"}], max_tokens=length, extra_headers=headers
        )
        order.append(name)

    async def all_ask(busy: contextlib.ExitStack) -> None:
        async with pair.async_openai() as client:
            tasks = []
            for queued, (name, length) in enumerate([("batch", 60), ("first", 2), ("second", 2)], start=1):
                headers = {"X-Priority": "batch"} if name == "batch" else {}
                tasks.append(asyncio.create_task(ask(client, name, length, headers)))
                await asyncio.to_thread(
                    until, lambda wanted=queued: pair.get("/ready").json["queued"] == wanted, f"{name} waits"
                )
            busy.close()
            await asyncio.gather(*tasks)

    with contextlib.ExitStack() as other, contextlib.ExitStack() as busy:
        for stack in (other, busy):
            assert stack.enter_context(pair.stream("1", max_tokens=LONG)).skip_to_text() == "2"
        asyncio.run(all_ask(busy))

    assert order == ["first", "second", "batch"]
    pair.wait_idle()


def test_a_priority_that_nobody_knows_is_refused_by_name(pair: Server) -> None:
    field = pair.post({"messages": user("5"), "priority": "high"})
    header = pair.post({"messages": user("5")}, {"X-Priority": "high"})

    assert (field.status, field.error["param"]) == (400, "priority")
    assert (header.status, header.error["param"]) == (400, "X-Priority")
    # The body goes before the header.
    assert pair.post({"messages": user("5"), "priority": "batch"}, {"X-Priority": "high"}).status == 200


def test_what_no_worker_has_the_memory_for_is_refused_by_name(pair: Server) -> None:
    answer = pair.post({"messages": user("5"), "max_tokens": 3900})

    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == ("max_tokens", "kv_memory_exceeded")
    assert "3840" in answer.error["message"]
