"""A streamed answer on its connection: server-sent events, of one choice or of several in turn.

What is said within one turn of the event loop goes out in one write: of a step's last tokens with the end behind
them, and of several steps if they came faster than they could be written.

A reader that is slower than its answer is never waited for: while a write is under way, text gathers, and goes out
as one event for each choice; so at most the answer itself is kept in memory. While there is nothing to say for
long, comments (https://html.spec.whatwg.org/multipage/server-sent-events.html) tell clients and proxies that
somebody is there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tornado.httputil import HTTPConnection
from tornado.iostream import IOStream, StreamClosedError
from tornado.web import RequestHandler

from .chunks import DONE, Chunks

# What waits for a slow reader goes out in pieces: one who takes it slowly is told from one who takes nothing.
PIECE_BYTES = 16 * 1024


def event(value: Any) -> bytes:
    """Return one server-sent event with a JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class _Gathered:
    """What one choice has to say once the connection is free: rendered events, then a thought or text."""

    __slots__ = ("entries", "reasoning", "rendered", "text")

    def __init__(self) -> None:
        self.rendered = ""
        self.reasoning = ""
        self.text = ""
        self.entries: list[Any] = []


class ChunkStream:
    """Writes one answer as events, which its `chunks` render; they are set before the first choice begins.

    Args:
        handler: Its response is the stream; nothing was written yet.
        on_stall: Called once if the client takes less than `PIECE_BYTES` of what waits in `stall_seconds`.
        stall_seconds: How long that is.
    """

    chunks: Chunks

    def __init__(self, handler: RequestHandler, on_stall: Callable[[], None], stall_seconds: float) -> None:
        self._handler = handler
        self._on_stall = on_stall
        self._stall_seconds = stall_seconds
        self._loop = asyncio.get_running_loop()
        self._writing: asyncio.Future[None] | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._written_at = self._loop.time()
        self._gathered: dict[int, _Gathered] = {}
        self._tail = b""
        self._turn: list[bytes] = []  # what was said in this turn of the event loop
        self._unsent = memoryview(b"")
        # Without a length to announce, HTTP/1.1 has chunks, and HTTP/1.0 what comes until the connection closes.
        self._in_chunks = handler.request.version == "HTTP/1.1"
        self.opened = self._headed = False

    def break_silence(self, seconds: float, progress: Callable[[], str]) -> None:
        """Send a comment whenever nothing else was sent for so long, from now on to the end.

        Args:
            seconds: Above 0.
            progress: Returns what to say; its line breaks are taken out.
        """

        def look() -> None:
            if self._writing is None and self._loop.time() - self._written_at >= seconds:
                self._send(f": {' '.join(progress().split())}\n\n".encode())
            due = max(self._written_at + seconds, self._loop.time() + seconds / 10)
            self._silence = self._loop.call_at(due, look)

        self._silence = self._loop.call_at(self._written_at + seconds, look)

    def close(self) -> None:
        """Send no comments any more; to be called at the end of every stream, whatever end it is."""
        if self._silence is not None:
            self._silence.cancel()

    def begin(self, index: int) -> None:
        """Send the first event of a choice."""
        self._put(index, self.chunks.opening(index))

    def text(self, text: str, entries: list[Any] | None = None, index: int = 0) -> None:
        """Send text and what is told of its tokens, now or together with what comes next."""
        if self._writing is None:
            self._send(self.chunks.text(index, text, entries or []).encode())
            return
        gathered = self._of(index)
        gathered.text += text
        if entries:
            gathered.entries += entries

    def reasoning(self, text: str, index: int = 0) -> None:
        """Send a piece of a thought, now or together with what comes next."""
        if self._writing is None:
            self._send(self.chunks.reasoning(index, text).encode())
            return
        gathered = self._of(index)
        if gathered.text or gathered.entries:
            self._settle(index, gathered)
        gathered.reasoning += text

    def tool_call(self, number: int, call: dict[str, Any], index: int = 0) -> None:
        """Send a call, whole, behind what came before it."""
        self._put(index, self.chunks.tool_call(index, number, call))

    def finish(self, finish: str, index: int = 0) -> None:
        """Send the last event of a choice."""
        self._put(index, self.chunks.finish(index, finish))

    def end(self, usage: dict[str, Any] | None) -> None:
        """Send the usage, if it was asked for, and the end mark."""
        self._finish((b"" if usage is None else self.chunks.usage(usage).encode()) + DONE)

    def fail(self, error: dict[str, Any]) -> None:
        """Send an error in place of an end, so that no client takes the text for complete."""
        self._finish(event(error))

    async def drained(self) -> None:
        """Wait until everything is on its way."""
        while self._writing is not None or self._turn:
            if self._writing is not None:
                # `wait` leaves the write alone if we are cancelled, and does not raise its error.
                await asyncio.wait([self._writing])
            await asyncio.sleep(0)

    # --- inside ---

    def _of(self, index: int) -> _Gathered:
        if index not in self._gathered:
            self._gathered[index] = _Gathered()
        return self._gathered[index]

    def _put(self, index: int, rendered: str) -> None:
        """Send an event that nothing can be added to."""
        if not rendered:
            return
        if self._writing is None:
            self._send(rendered.encode())
        else:
            gathered = self._of(index)
            self._settle(index, gathered)
            gathered.rendered += rendered

    def _settle(self, index: int, gathered: _Gathered) -> None:
        """Render what has gathered, so that something of another kind can come behind it; thoughts are older."""
        if gathered.reasoning:
            gathered.rendered += self.chunks.reasoning(index, gathered.reasoning)
            gathered.reasoning = ""
        if gathered.text or gathered.entries:
            gathered.rendered += self.chunks.text(index, gathered.text, gathered.entries)
            gathered.text, gathered.entries = "", []

    def _finish(self, tail: bytes) -> None:
        self.close()
        if self._writing is None:
            self._send(tail)
        else:
            self._tail = tail

    def _send(self, data: bytes) -> None:
        """Send bytes at the end of this turn, behind what was said in it before; no write is under way."""
        self.opened = True
        if not self._turn:
            self._loop.call_soon(self._end_turn)
        self._turn.append(data)
        if len(data) > PIECE_BYTES:
            self._end_turn()  # what comes behind something long gathers

    def _end_turn(self) -> None:
        if not self._turn:
            return
        data = b"".join(self._turn)
        self._turn.clear()
        if self._headed:
            self._write(data)
            return
        self._unsent = memoryview(data)[PIECE_BYTES:]
        self._open(data[:PIECE_BYTES])
        if (connection := self._handler.request.connection) is not None:
            self._write_on(connection)

    def _open(self, data: bytes) -> None:
        """Send the headers, and the first bytes with them."""
        self._headed = True
        self._handler.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self._handler.set_header("Cache-Control", "no-cache")
        # nginx would otherwise gather the events.
        self._handler.set_header("X-Accel-Buffering", "no")
        self._handler.write(data)
        self._began(asyncio.ensure_future(self._handler.flush()))

    def _write(self, data: bytes) -> None:
        # Past RequestHandler.write and flush, which gather and transform: a third of the time of a chunk.
        connection = self._handler.request.connection
        if connection is None:
            return
        if len(data) > PIECE_BYTES:
            self._unsent = memoryview(data)
            self._write_on(connection)
        elif not self._hand_over(connection.stream, data):  # pyright: ignore[reportAttributeAccessIssue]
            self._began(asyncio.ensure_future(connection.write(data)))

    def _hand_over(self, stream: IOStream, data: bytes) -> bool:
        """Give a chunk to the socket itself; return whether it took it, or a part.

        Tornado's way there, with its buffer and three futures, took as long as the system's.
        """
        if not self._in_chunks or stream.writing() or stream.closed():
            return False
        chunk = b"%x\r\n%b\r\n" % (len(data), data)
        try:
            sent = stream.socket.send(chunk)  # pyright: ignore[reportOptionalMemberAccess] - it is not closed
        except OSError:  # full, or broken: Tornado hears the same, and knows what follows from it
            return False
        self._written_at = self._loop.time()
        if sent < len(chunk):
            self._began(asyncio.ensure_future(stream.write(chunk[sent:])))
        return True

    def _write_on(self, connection: HTTPConnection) -> None:
        """Write what is left of something long, as far as the reader takes it at once, and a piece more."""
        while self._unsent and self._writing is None:
            piece, self._unsent = self._unsent[:PIECE_BYTES], self._unsent[PIECE_BYTES:]
            self._began(asyncio.ensure_future(connection.write(bytes(piece))))

    def _began(self, writing: asyncio.Future[None]) -> None:
        self._written_at = self._loop.time()
        if writing.done():
            if writing.exception() is not None:
                self._unsent = memoryview(b"")
            return
        self._writing = writing
        self._stalled = self._loop.call_later(self._stall_seconds, self._on_stall)
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
        data = "".join(self._taken()).encode() + self._tail
        self._tail = b""
        if data:
            self._write(data)

    def _taken(self) -> list[str]:
        """Take what has gathered, choice by choice."""
        taken: list[str] = []
        for index, gathered in self._gathered.items():
            self._settle(index, gathered)
            taken.append(gathered.rendered)
        self._gathered.clear()
        return taken
