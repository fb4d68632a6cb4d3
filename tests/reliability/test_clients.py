"""Against a server that misbehaves on purpose: a client must not take half an answer for a whole one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from mlx_llm_server.scripts.reliability.answers import Answer
from mlx_llm_server.scripts.reliability.clients import Outcome, Request, ask_all, client
from mlx_llm_server.scripts.reliability.questions import Question

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
EVENTS = HEAD + b"text/event-stream\r\n\r\n"
ERROR = {"message": "The worker is gone.", "type": "server_error", "param": None, "code": "worker_lost"}
CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}}
DONE = b"data: [DONE]\n\n"


def event(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}
    return f"data: {json.dumps(chunk | fields)}\n\n".encode()


def usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": tokens + 1}


def ask(answer: bytes, *, stream: bool = True, length: int | None = None) -> Outcome:
    """The outcome of a request to a server that answers so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def both() -> list[Outcome]:
        outcomes: list[Outcome] = []
        question = Question(({"role": "user", "content": "5"},), 3, 0.0, 1)
        async with (
            await asyncio.start_server(serve, "127.0.0.1", 0) as server,
            client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as api,
        ):
            await ask_all(api, [Request(question, stream)], 2, outcomes.append)
        return outcomes

    (outcome,) = asyncio.run(both())
    return outcome


def test_a_stream_is_put_together() -> None:
    parts = [{"reasoning_content": "Hm."}, {"content": "6 "}, {"content": "7"}, {"tool_calls": [CALL]}]
    answer = EVENTS + b"".join(map(event, parts)) + event({}, "stop") + event(usage=usage(9)) + DONE
    outcome = ask(answer)
    assert outcome.error is None
    assert outcome.answer == Answer("6 7", "Hm.", ('look({"at": 1})',), "stop", 9)
    assert outcome.pause[0] < outcome.pause[1]


def test_an_answer_in_one_piece_is_the_same() -> None:
    message = {"role": "assistant", "content": "6 7", "reasoning_content": "Hm.", "tool_calls": [CALL]}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    answer = HEAD + b"application/json\r\n\r\n" + json.dumps(body | {"usage": usage(9)}).encode()
    assert ask(answer, stream=False).answer == Answer("6 7", "Hm.", ('look({"at": 1})',), "stop", 9)


SAID = event({"content": "6"})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            EVENTS + SAID + f"data: {json.dumps({'error': ERROR})}\n\n".encode(),
            "in the stream worker_lost: The worker",
        ),
        (EVENTS + SAID + DONE, "ended without a finish reason"),
        (EVENTS + SAID, "ended without a finish reason"),
    ],
    ids=["error frame", "no finish reason", "nothing more"],
)
def test_a_stream_that_ends_early_has_failed(answer: bytes, error: str) -> None:
    outcome = ask(answer)
    assert (outcome.error or "").startswith(error)
    assert outcome.answer == Answer("6")


@pytest.mark.parametrize("stream", [True, False])
def test_an_error_is_told_with_its_status(*, stream: bool) -> None:
    head = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"
    outcome = ask(head + json.dumps({"error": ERROR}).encode(), stream=stream)
    assert outcome.error == "503 worker_lost: The worker is gone."


@pytest.mark.parametrize("stream", [True, False])
def test_no_answer_at_all_has_failed(*, stream: bool) -> None:
    assert "no answer: " in (ask(b"", stream=stream).error or "")


def test_a_connection_that_breaks_in_the_stream_has_failed() -> None:
    outcome = ask(EVENTS.replace(b"\r\n\r\n", b"\r\nContent-Length: 5000\r\n\r\n") + SAID)
    assert outcome.error
    assert outcome.answer == Answer("6")
