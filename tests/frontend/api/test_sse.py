"""Streams over a real server and a real connection, whose reader is as slow as a test wants it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from mlx_llm_server.frontend.api.chunks import DONE, ChatChunks, CompletionChunks
from mlx_llm_server.frontend.api.sse import ChunkStream, event
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

Act = Callable[[ChunkStream], Awaitable[None]]

# More than the buffers of a connection hold.
MUCH = "x" * 20_000_000


class _Handler(RequestHandler):
    def initialize(self, act: Act, on_stall: Callable[[], None], stall_seconds: float) -> None:
        self.act, self.on_stall, self.stall_seconds = act, on_stall, stall_seconds

    async def get(self) -> None:
        stream = ChunkStream(self, self.on_stall, self.stall_seconds)
        stream.chunks = ChatChunks("chatcmpl-1", 1700000000, "a/model", with_usage=False)
        stream.begin(0)
        await self.act(stream)
        await stream.drained()


@asynccontextmanager
async def requested(
    act: Act,
    on_stall: Callable[[], None] = lambda: None,
    stall_seconds: float = 60,
    version: str = "1.1",
    buffer: int | None = None,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve streams that do `act`, and ask for one; `buffer` bounds what the system keeps for each side."""
    server = HTTPServer(
        Application([("/", _Handler, {"act": act, "on_stall": on_stall, "stall_seconds": stall_seconds})])
    )
    (listening,) = bind_sockets(0, "127.0.0.1", family=socket.AF_INET)
    server.add_sockets([listening])
    connecting = socket.socket()
    if buffer is not None:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        connecting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connecting.connect(listening.getsockname())
    reader, writer = await asyncio.open_connection(sock=connecting)
    writer.write(f"GET / HTTP/{version}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.stop()
        await server.close_all_connections()


async def read_events(reader: asyncio.StreamReader) -> list[str]:
    """Read a chunked response to its end; return the events' data."""
    await reader.readuntil(b"\r\n\r\n")
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    *events, rest = body.decode().split("\n\n")
    assert rest == ""
    return [text.removeprefix("data: ") for text in events]


def chunks(events: list[str]) -> list[Any]:
    return [json.loads(text) for text in events if text != "[DONE]"]


def contents(events: list[str]) -> list[str]:
    return [
        choice["delta"]["content"]
        for chunk in chunks(events)
        for choice in chunk["choices"]
        if "content" in choice["delta"]
    ]


def stream_of(act: Act) -> list[str]:
    """Return the events that a reader without delay gets."""

    async def main() -> list[str]:
        async with requested(act) as (reader, _):
            return await read_events(reader)

    return asyncio.run(main())


def test_a_stream_is_the_role_the_text_the_end_and_the_mark() -> None:
    async def act(stream: ChunkStream) -> None:
        stream.text("one")
        await stream.drained()
        stream.text(" two")
        await stream.drained()
        stream.finish("stop")
        stream.end(None)

    events = stream_of(act)

    assert events[-1] == "[DONE]"
    deltas = [(chunk["choices"][0]["delta"], chunk["choices"][0]["finish_reason"]) for chunk in chunks(events)]
    assert deltas == [
        ({"role": "assistant", "content": ""}, None),
        ({"content": "one"}, None),
        ({"content": " two"}, None),
        ({}, "stop"),
    ]


CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def test_thoughts_and_calls_have_deltas_of_their_own() -> None:
    async def act(stream: ChunkStream) -> None:
        stream.reasoning("hm")
        await stream.drained()
        stream.tool_call(0, CALL)
        await stream.drained()
        stream.finish("tool_calls")
        stream.end(None)

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks(stream_of(act))]

    assert deltas[1:] == [
        {"reasoning_content": "hm", "reasoning": "hm"},
        {"tool_calls": [{"index": 0, **CALL}]},
        {},
    ]


def test_every_chunk_says_what_it_belongs_to() -> None:
    async def act(stream: ChunkStream) -> None:
        stream.text("x")
        stream.finish("stop")
        stream.end({"total_tokens": 1})

    for chunk in chunks(stream_of(act)):
        assert chunk["id"] == "chatcmpl-1"
        assert chunk["object"] == "chat.completion.chunk"
        assert chunk["created"] == 1700000000
        assert chunk["model"] == "a/model"


def test_the_usage_comes_last_and_with_no_choice() -> None:
    async def act(stream: ChunkStream) -> None:
        stream.finish("length")
        stream.end({"prompt_tokens": 3})

    events = stream_of(act)

    assert events[-1] == "[DONE]"
    assert (chunks(events)[-1]["usage"], chunks(events)[-1]["choices"]) == ({"prompt_tokens": 3}, [])


def test_an_error_ends_the_stream_without_a_finish_reason_or_a_mark() -> None:
    async def act(stream: ChunkStream) -> None:
        stream.text("half an ans")
        stream.fail({"error": {"message": "gone"}})

    events = stream_of(act)

    assert json.loads(events[-1]) == {"error": {"message": "gone"}}
    assert contents(events[:-1]) == ["", "half an ans"]
    assert all(choice["finish_reason"] is None for chunk in chunks(events[:-1]) for choice in chunk["choices"])


def test_text_of_any_kind_arrives_as_it_is_in_one_line() -> None:
    text = 'quote " backslash \\ newline \n\n data: \r \u2028 \x85 \x00 日本 👩‍🚀'

    async def act(stream: ChunkStream) -> None:
        stream.text(text)
        await stream.drained()
        stream.finish("stop")
        stream.end(None)

    assert contents(stream_of(act)) == ["", text]


def test_what_comes_while_a_write_is_under_way_goes_out_together_in_order_and_before_the_end() -> None:
    async def main() -> list[str]:
        said = asyncio.Event()

        async def act(stream: ChunkStream) -> None:
            await stream.drained()
            stream.text(MUCH)
            for word in ("one", " two", " three"):
                stream.text(word)
                await asyncio.sleep(0)
            stream.finish("stop")
            stream.end(None)
            said.set()

        async with requested(act) as (reader, _):
            await said.wait()  # the reader takes nothing before all was said
            return await read_events(reader)

    events = asyncio.run(main())

    assert [len(content) for content in contents(events)] == [0, len(MUCH), len("one two three")]
    assert contents(events)[-1] == "one two three"
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks(events)] == [None, None, None, "stop"]
    assert events[-1] == "[DONE]"


def test_what_gathers_keeps_the_order_of_thoughts_text_and_calls() -> None:
    async def main() -> list[str]:
        said = asyncio.Event()

        async def act(stream: ChunkStream) -> None:
            await stream.drained()
            stream.text(MUCH)
            stream.reasoning("a")
            stream.reasoning("b")
            stream.text("c")
            stream.reasoning("d")
            stream.tool_call(0, CALL)
            stream.text("e")
            stream.text("f")
            stream.finish("tool_calls")
            stream.end(None)
            said.set()

        async with requested(act) as (reader, _):
            await said.wait()
            return await read_events(reader)

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks(asyncio.run(main()))]

    assert deltas[2:] == [
        {"reasoning_content": "ab", "reasoning": "ab"},
        {"content": "c"},
        {"reasoning_content": "d", "reasoning": "d"},
        {"tool_calls": [{"index": 0, **CALL}]},
        {"content": "ef"},
        {},
    ]


def test_log_probabilities_go_with_their_text_however_it_gathers() -> None:
    async def main() -> list[str]:
        said = asyncio.Event()

        async def act(stream: ChunkStream) -> None:
            await stream.drained()
            stream.text("a", ["A"])
            await stream.drained()
            stream.text(MUCH)
            stream.text("b", ["B"])
            stream.text("c", ["C", "D"])
            stream.reasoning("hm")
            stream.text("", ["E"])
            stream.finish("stop")
            stream.end(None)
            said.set()

        async with requested(act) as (reader, _):
            await said.wait()
            return await read_events(reader)

    choices = [chunk["choices"][0] for chunk in chunks(asyncio.run(main()))]

    assert [
        (choice["delta"], choice["logprobs"]) for choice in choices if choice["delta"].get("content") != MUCH
    ] == [
        ({"role": "assistant", "content": ""}, None),
        ({"content": "a"}, {"content": ["A"], "refusal": None}),
        ({"content": "bc"}, {"content": ["B", "C", "D"], "refusal": None}),
        ({"reasoning_content": "hm", "reasoning": "hm"}, None),
        ({"content": ""}, {"content": ["E"], "refusal": None}),
        ({}, None),
    ]


def test_choices_gather_each_for_itself_and_end_each_for_itself() -> None:
    async def main() -> list[str]:
        said = asyncio.Event()

        async def act(stream: ChunkStream) -> None:
            stream.begin(1)
            await stream.drained()
            stream.text(MUCH)
            for word in ("one", " two"):
                stream.text(word, index=0)
                stream.text(word.upper(), index=1)
            stream.finish("stop", 1)
            stream.finish("repetition", 0)
            stream.end({"total_tokens": 4})
            said.set()

        async with requested(act) as (reader, _):
            await said.wait()
            return await read_events(reader)

    *told, usage = chunks(asyncio.run(main()))
    choices = [chunk["choices"][0] for chunk in told]

    assert usage["usage"] == {"total_tokens": 4}
    assert [
        (choice["index"], choice["delta"], choice["finish_reason"], choice.get("stop_reason"))
        for choice in choices
        if choice["delta"].get("content") != MUCH
    ] == [
        (0, {"role": "assistant", "content": ""}, None, None),
        (1, {"role": "assistant", "content": ""}, None, None),
        (0, {"content": "one two"}, None, None),
        (0, {}, "length", "repetition"),
        (1, {"content": "ONE TWO"}, None, None),
        (1, {}, "stop", None),
    ]


def test_a_completion_begins_with_its_echo_and_has_text_alone() -> None:
    async def act(stream: ChunkStream) -> None:
        stream.chunks = CompletionChunks("cmpl-1", 1700000000, "a/model", True, ["", "the prompt"])
        stream.begin(0)
        stream.begin(1)
        stream.text(" on", [{"token": " on", "logprob": -1.0, "top": {" on": -1.0}, "offset": 10}], 1)
        stream.finish("stop", 1)
        stream.end({"total_tokens": 4})

    _, *told, usage = chunks(stream_of(act))

    assert {(chunk["object"], chunk["usage"]) for chunk in told} == {("text_completion", None)}
    assert usage["choices"] == []
    assert [chunk["choices"][0] for chunk in told] == [
        {"index": 1, "text": "the prompt", "logprobs": None, "finish_reason": None},
        {
            "index": 1,
            "text": " on",
            "logprobs": {
                "tokens": [" on"],
                "token_logprobs": [-1.0],
                "top_logprobs": [{" on": -1.0}],
                "text_offset": [10],
            },
            "finish_reason": None,
        },
        {"index": 1, "text": "", "logprobs": None, "finish_reason": "stop"},
    ]


def test_silence_is_broken_by_comments_and_not_after_the_end() -> None:
    async def main() -> bytes:
        heard = asyncio.Event()

        async def act(stream: ChunkStream) -> None:
            stream.break_silence(0.02, lambda: "queued,\n\n3 before it")
            await heard.wait()
            stream.text("at last")
            stream.finish("stop")
            stream.end(None)
            await asyncio.sleep(0.1)

        async with requested(act) as (reader, _):
            for _ in range(2):
                await reader.readuntil(b": queued, 3 before it\n\n")
            heard.set()
            return await reader.read()

    rest = asyncio.run(main())

    assert b'"content":"at last"' in rest
    assert rest.endswith(DONE + b"\r\n0\r\n\r\n")


def test_an_error_comes_after_the_text_that_gathered() -> None:
    async def main() -> list[str]:
        said = asyncio.Event()

        async def act(stream: ChunkStream) -> None:
            await stream.drained()
            stream.text(MUCH)
            stream.text("the rest")
            stream.fail({"error": {"message": "gone"}})
            said.set()

        async with requested(act) as (reader, _):
            await said.wait()
            return await read_events(reader)

    events = asyncio.run(main())

    assert json.loads(events[-1]) == {"error": {"message": "gone"}}
    assert contents(events[:-1])[-1] == "the rest"


def test_a_reader_that_takes_nothing_is_reported_once() -> None:
    async def main() -> list[str]:
        reported = asyncio.Event()
        reports: list[str] = []

        def on_stall() -> None:
            reports.append("stalled")
            reported.set()

        async def act(stream: ChunkStream) -> None:
            stream.text(MUCH)
            stream.text("more")
            await reported.wait()

        async with requested(act, on_stall, stall_seconds=0.05) as (_, writer):
            await reported.wait()
            writer.transport.abort()
        return reports

    assert asyncio.run(main()) == ["stalled"]


def test_a_reader_that_takes_a_little_now_and_then_is_not_reported() -> None:
    """It takes far longer than the limit for all that waits, and never as long for a piece of it."""

    async def main() -> tuple[list[str], int]:
        reports: list[str] = []

        async def act(stream: ChunkStream) -> None:
            stream.text(MUCH)
            stream.text("the rest")
            stream.finish("stop")
            stream.end(None)

        async with requested(act, lambda: reports.append("stalled"), stall_seconds=1.0) as (reader, _):
            size = 0
            for _ in range(14):
                size += len(await reader.readexactly(1_000_000))
                await asyncio.sleep(0.1)
            events = await reader.read()
        assert b'"content":"the rest"' in events
        assert events.endswith(DONE + b"\r\n0\r\n\r\n")
        return reports, size + len(events)

    reports, size = asyncio.run(main())
    assert reports == []
    assert size > len(MUCH)


def test_a_stream_whose_reader_left_drains_and_takes_no_more() -> None:
    async def main() -> bool:
        left, over = asyncio.Event(), asyncio.Event()

        async def act(stream: ChunkStream) -> None:
            stream.text(MUCH)
            await left.wait()
            await stream.drained()
            stream.text("to nobody")
            stream.finish("stop")
            stream.end(None)
            await stream.drained()
            over.set()

        async with requested(act) as (reader, writer):
            await reader.read(1)
            writer.transport.abort()
            left.set()
            await over.wait()
        return True

    assert asyncio.run(main())


def test_an_event_is_one_line_of_data() -> None:
    assert event({"a": "\n"}) == b'data: {"a": "\\n"}\n\n'
    assert DONE == b"data: [DONE]\n\n"


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    size = int(await reader.readline(), 16)
    return (await reader.readexactly(size + 2))[:-2]


def test_what_is_said_in_one_turn_of_the_loop_is_one_write_of_whole_events() -> None:
    async def act(stream: ChunkStream) -> None:
        await stream.drained()
        stream.text("one")
        stream.text(" two")
        stream.finish("stop")
        stream.end(None)

    async def main() -> tuple[bytes, bytes]:
        async with requested(act) as (reader, _):
            await reader.readuntil(b"\r\n\r\n")
            return await read_chunk(reader), await read_chunk(reader)

    opening, rest = asyncio.run(main())

    assert b"assistant" in opening
    events = [text.removeprefix("data: ") for text in rest.decode().split("\n\n")[:-1]]
    assert contents(events) == ["one", " two"]
    assert events[-1] == "[DONE]"


def test_a_client_of_http_1_0_gets_events_without_chunks() -> None:
    async def act(stream: ChunkStream) -> None:
        await stream.drained()
        stream.text("one")
        await stream.drained()
        stream.end(None)

    async def main() -> bytes:
        async with requested(act, version="1.0") as (reader, _):
            return await reader.read()

    _, _, body = asyncio.run(main()).partition(b"\r\n\r\n")

    assert body.startswith(b"data: {")
    assert contents([text.removeprefix("data: ") for text in body.decode().split("\n\n")[:-1]]) == ["", "one"]
    assert body.endswith(DONE)


def test_nothing_is_lost_or_doubled_where_a_socket_takes_a_part_of_a_write() -> None:
    said = [f"{number:05d}" * 3000 for number in range(100)]
    all_said = asyncio.Event()

    async def act(stream: ChunkStream) -> None:
        await stream.drained()
        for text in said:
            stream.text(text)
            await asyncio.sleep(0)
        stream.end(None)
        all_said.set()

    async def main() -> list[str]:
        async with requested(act, buffer=8192) as (reader, _):
            await all_said.wait()
            return await read_events(reader)

    events = asyncio.run(main())

    assert "".join(contents(events)) == "".join(said)
    assert len(events) < len(said)  # what came meanwhile has gathered
