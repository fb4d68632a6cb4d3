from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from mlx_llm_server.commands.bench.streams import Target, measure
from mlx_llm_server.commands.bench.workload import Job
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Answer = Callable[[dict[str, Any], asyncio.StreamWriter], Awaitable[None]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
JOB = Job([["a", "b"], ["c", "d"]], 3)


def event(content: str | None = None, **fields: Any) -> bytes:
    choices = [] if content is None else [{"index": 0, "delta": {"content": content}}]
    return f"data: {json.dumps({'choices': choices} | fields)}\n\n".encode()


def run(answer: Answer, work: Job = JOB) -> Any:
    """The measurement of a job against a server that answers so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await answer(json.loads(await reader.readexactly(length)), writer)
        await writer.drain()
        writer.close()

    async def both() -> Any:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            return await measure(Target("127.0.0.1", server.sockets[0].getsockname()[1]), work)

    return asyncio.run(both())


def test_counts_tokens_by_usage_and_times_by_parts_of_text() -> None:
    async def answer(body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        assert body["temperature"] == 0
        assert body["stream_options"] == {"include_usage": True}
        writer.write(HEAD + event("", usage=None))
        for text in ("one", ' "content": "x', "three"):
            await asyncio.sleep(0.02)
            writer.write(event(text))
        writer.write(event("") + event(usage={"completion_tokens": body["max_tokens"]}) + b"data: [DONE]\n\n")

    result = run(answer)
    assert result.tokens == 12
    assert len(result.ttft) == 4
    assert len(result.itl) == 8
    assert min(result.ttft + result.itl) > 0.01
    assert result.seconds > 0.1


def test_an_answer_in_single_bytes_is_the_same_answer() -> None:
    async def answer(body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        whole = HEAD + event("x") + event("y") + event(usage={"completion_tokens": 2}) + b"data: [DONE]\n\n"
        for byte in whole:
            writer.write(bytes([byte]))
            await writer.drain()

    result = run(answer, Job([["a"]], 2))
    assert (result.tokens, len(result.ttft), len(result.itl)) == (2, 1, 1)


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\nbusy", "(?s)connection lost.*503.*busy"),
        (HEAD + event("x"), "connection lost"),
        (
            HEAD + event("x") + b'data: {"error": {"message": "worker died"}}\n\n',
            "(?s)error frame.*worker died",
        ),
        (HEAD + event("x") + b"data: [DONE]\n\n", "no usage"),
    ],
)
def test_an_answer_that_fails_is_no_measurement(bad: bytes, complaint: str) -> None:
    async def answer(body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(bad)

    with pytest.raises(ExceptionGroup) as raised:
        run(answer, Job([["a"]], 2))
    assert raised.group_contains(ConnectionError, match=complaint)


def test_a_refusal_by_a_server_that_keeps_its_connections_ends_too() -> None:
    async def refused() -> None:
        (listener,) = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(Application())
        server.add_socket(listener)
        try:
            await measure(Target("127.0.0.1", listener.getsockname()[1]), Job([["a"]], 2))
        finally:
            server.stop()
            await server.close_all_connections()

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(refused())
    assert raised.group_contains(ConnectionError, match="404")
