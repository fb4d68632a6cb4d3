"""`/metrics` is for those who have the key, or for everybody."""

import asyncio
from types import SimpleNamespace

import pytest
from mlx_llm_server.frontend.access import AccessPolicy
from mlx_llm_server.frontend.app import make_app
from mlx_llm_server.frontend.telemetry import Metrics, Telemetry
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets


async def ask(key: str, *, public: bool) -> HTTPResponse:
    services = SimpleNamespace(
        policy=AccessPolicy("127.0.0.1", ("right",)),
        max_body_bytes=1000,
        stall_seconds=60,
        telemetry=Telemetry(Metrics(), public_metrics=public),
        exchange=SimpleNamespace(now=asyncio.get_running_loop().time),
    )
    server = HTTPServer(make_app(services))  # pyright: ignore[reportArgumentType] - what this route needs of it
    (listening,) = bind_sockets(0, "127.0.0.1")
    server.add_sockets([listening])
    try:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/metrics"
        return await AsyncHTTPClient(force_instance=True).fetch(
            url, headers={"Authorization": f"Bearer {key}"}, raise_error=False
        )
    finally:
        server.stop()
        await server.close_all_connections()


@pytest.mark.parametrize(
    ("key", "public", "status"), [("right", False, 200), ("wrong", False, 401), ("wrong", True, 200)]
)
def test_who_may_read_them(key: str, public: bool, status: int) -> None:
    answer = asyncio.run(ask(key, public=public))

    assert answer.code == status
    assert (b"mlx_serve_build_info" in answer.body) == (status == 200)
