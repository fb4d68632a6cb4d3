"""A streamed answer: server-sent events of OpenAI's chat completion chunks.

https://platform.openai.com/docs/api-reference/chat-streaming

The hot path of the frontend: one chunk for each token of each stream. What all chunks of a stream share is
rendered once, and they go straight to the connection. A reader that is slower than its answer is never waited
for: while a write is under way, text gathers, and goes out as one chunk; so at most the answer itself is
kept in memory.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

# Escapes everything beyond ASCII: some clients split lines at U+2028 or U+0085, which JSON allows in strings.
from json.encoder import encode_basestring_ascii as quote
from typing import Any

from tornado.httputil import HTTPConnection
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

DONE = b"data: [DONE]\n\n"
# What waits for a slow reader goes out in pieces: one who takes it slowly is told from one who takes nothing.
PIECE_BYTES = 16 * 1024


def event(value: Any) -> bytes:
    """Return one server-sent event with a JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class ChunkStream:
    """Writes one answer as chunks.

    Args:
        handler: Its response is the stream; nothing was written yet.
        on_stall: Called once if the client takes less than `PIECE_BYTES` of what waits in `stall_seconds`.
    """

    def __init__(self, handler: RequestHandler, on_stall: Callable[[], None], stall_seconds: float) -> None:
        self._handler = handler
        self._on_stall = on_stall
        self._stall_seconds = stall_seconds
        self._writing: asyncio.Future[None] | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._gathered = ""
        self._text = ""
        self._entries: list[Any] = []
        self._reasoning = ""
        self._tail = b""
        self._unsent = memoryview(b"")

    def open(self, completion_id: str, created: int, model: str, with_usage: bool) -> None:
        """Send the headers, and the first chunk, which carries the role."""
        usage = ',"usage":null' if with_usage else ""
        self._prefix = (
            f'data: {{"id":{quote(completion_id)},"object":"chat.completion.chunk","created":{created},'
            f'"model":{quote(model)}'
        )
        self._before = f'{self._prefix},"choices":[{{"index":0,"delta":{{"content":'
        self._before_reasoning = f'{self._prefix},"choices":[{{"index":0,"delta":{{"reasoning_content":'
        self._after = f'}},"logprobs":null,"finish_reason":null}}]{usage}}}\n\n'
        self._usage = usage
        self._handler.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self._handler.set_header("Cache-Control", "no-cache")
        # nginx would otherwise gather the events.
        self._handler.set_header("X-Accel-Buffering", "no")
        self._handler.write(self._chunk('{"role":"assistant","content":""}', "null"))
        self._began(asyncio.ensure_future(self._handler.flush()))

    def text(self, text: str, logprobs: list[Any] | None = None) -> None:
        """Send text and the log-probabilities of its tokens, now or together with what comes next."""
        if self._writing is None:
            self._write(self._content(text, logprobs).encode())
        else:
            self._text += text
            if logprobs:
                self._entries += logprobs

    def reasoning(self, text: str) -> None:
        """Send a piece of a thought, now or together with what comes next."""
        if self._writing is None:
            self._write(f"{self._before_reasoning}{quote(text)}{self._after}".encode())
        elif self._text or self._entries:
            self._settle()
            self._reasoning = text
        else:
            self._reasoning += text

    def tool_call(self, index: int, call: dict[str, Any]) -> None:
        """Send a call, whole, behind what came before it."""
        chunk = self._chunk(json.dumps({"tool_calls": [{"index": index, **call}]}), "null")
        if self._writing is None:
            self._write(chunk.encode())
        else:
            self._settle()
            self._gathered += chunk

    def end(self, finish_reason: str, usage: dict[str, Any] | None) -> None:
        """Send the last chunk, the usage if it was asked for, and the end mark."""
        tail = self._chunk("{}", quote(finish_reason)).encode()
        if usage is not None:
            tail += f'{self._prefix},"choices":[],"usage":{json.dumps(usage)}}}\n\n'.encode()
        self._finish(tail + DONE)

    def fail(self, error: dict[str, Any]) -> None:
        """Send an error in place of an end, so that no client takes the text for complete."""
        self._finish(event(error))

    async def drained(self) -> None:
        """Wait until everything is on its way."""
        while self._writing is not None:
            # `wait` leaves the write alone if we are cancelled, and does not raise its error.
            await asyncio.wait([self._writing])
            await asyncio.sleep(0)

    # --- inside ---

    def _chunk(self, delta: str, finish_reason: str) -> str:
        return (
            f'{self._prefix},"choices":[{{"index":0,"delta":{delta},"logprobs":null,'
            f'"finish_reason":{finish_reason}}}]{self._usage}}}\n\n'
        )

    def _content(self, text: str, logprobs: list[Any] | None) -> str:
        if not logprobs:
            return f"{self._before}{quote(text)}{self._after}"
        told = json.dumps({"content": logprobs, "refusal": None})
        return f'{self._before}{quote(text)}}},"logprobs":{told},"finish_reason":null}}]{self._usage}}}\n\n'

    def _settle(self) -> None:
        """Render what has gathered, so that something of another kind can come behind it; thoughts are older."""
        if self._reasoning:
            self._gathered += f"{self._before_reasoning}{quote(self._reasoning)}{self._after}"
            self._reasoning = ""
        if self._text or self._entries:
            self._gathered += self._content(self._text, self._entries)
            self._text, self._entries = "", []

    def _finish(self, tail: bytes) -> None:
        if self._writing is None:
            self._write(tail)
        else:
            self._tail = tail

    def _write(self, data: bytes) -> None:
        # Past RequestHandler.write and flush, which gather and transform: a third of the time of a chunk.
        connection = self._handler.request.connection
        if connection is None:
            return
        if len(data) <= PIECE_BYTES:
            self._began(asyncio.ensure_future(connection.write(data)))
            return
        self._unsent = memoryview(data)
        self._write_on(connection)

    def _write_on(self, connection: HTTPConnection) -> None:
        """Write what is left of something long, as far as the reader takes it at once, and a piece more."""
        while self._unsent and self._writing is None:
            piece, self._unsent = self._unsent[:PIECE_BYTES], self._unsent[PIECE_BYTES:]
            self._began(asyncio.ensure_future(connection.write(bytes(piece))))

    def _began(self, writing: asyncio.Future[None]) -> None:
        if writing.done():
            if writing.exception() is not None:
                self._unsent = memoryview(b"")
            return
        self._writing = writing
        self._stalled = asyncio.get_running_loop().call_later(self._stall_seconds, self._on_stall)
        writing.add_done_callback(self._written)

    def _written(self, writing: asyncio.Future[None]) -> None:
        self._writing = None
        if self._stalled is not None:
            self._stalled.cancel()
        if writing.cancelled() or isinstance(writing.exception(), StreamClosedError):
            return
        if self._unsent and (connection := self._handler.request.connection) is not None:
            self._write_on(connection)
            if self._writing is not None:
                return
        self._settle()
        data, self._gathered, self._tail = self._gathered.encode() + self._tail, "", b""
        if data:
            self._write(data)
