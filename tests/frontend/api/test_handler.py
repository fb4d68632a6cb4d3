"""Whole answers over a real server and a real connection, to readers that take them or do not."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from mlx_llm_server.frontend.access import AccessPolicy
from mlx_llm_server.frontend.api.handler import ApiHandler
from mlx_llm_server.frontend.api.sse import PIECE_BYTES
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

# More than the buffers of a connection hold.
MUCH = "x" * 20_000_000
PIECES = 1 + len(MUCH) // PIECE_BYTES


class _Handler(ApiHandler):
    async def on_get(self) -> None:
        self.send_json(MUCH)


@asynccontextmanager
async def asked(stall_seconds: float) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve `MUCH`, and ask for it."""
    policy = AccessPolicy("127.0.0.1", (), (), ())
    # What a handler alone needs of `Services`.
    services = SimpleNamespace(policy=policy, max_body_bytes=1000, stall_seconds=stall_seconds)
    server = HTTPServer(Application([("/", _Handler, {"services": services})]))
    (listening,) = bind_sockets(0, "127.0.0.1", family=socket.AF_INET)
    server.add_sockets([listening])
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.getsockname()[1])
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    try:
        yield reader, writer
    finally:
        writer.close()
        server.stop()
        await server.close_all_connections()


def test_a_reader_of_a_whole_answer_gets_it_however_late_it_begins() -> None:
    async def main() -> bytes:
        async with asked(stall_seconds=3600) as (reader, _):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.1)
            return await reader.read()

    assert json.loads(asyncio.run(main())) == MUCH


def test_one_that_takes_nothing_of_it_loses_the_connection() -> None:
    async def main() -> None:
        async with asked(stall_seconds=0.1 / PIECES) as (reader, _):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.5)
            await reader.readexactly(len(MUCH))

    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        asyncio.run(main())
