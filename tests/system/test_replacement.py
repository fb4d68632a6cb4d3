"""Workers are drained and replaced while clients are served: no request fails, and every answer is exact."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from .hooks import hook
from .reading import Read, read
from .servers import House, Server, counted, until

LENGTH = 60
NOT_DRAINED_IN_TIME = ("--drain-timeout", "0.1")


class Load:
    """Clients that ask one streamed answer after the other until they are told to stop."""

    def __init__(self, server: Server, clients: int) -> None:
        self._server = server
        self._clients = clients
        self._over = asyncio.Event()
        self._left: int | None = None

    async def keep_up(self) -> None:
        async with self._server.async_openai() as client:
            await asyncio.gather(*(self._ask(client, 10 * number) for number in range(self._clients)))

    async def _ask(self, client: openai.AsyncOpenAI, number: int) -> None:
        while not self._over.is_set():
            number += 1
            answer = await read(client, number, LENGTH)
            assert answer == Read(counted(number + 1, number + LENGTH), finish="length")
            if self._left is not None:
                self._left -= 1
                if self._left == 0:
                    self._over.set()

    async def stop_after(self, more: int) -> None:
        """Stop once so many more answers are complete."""
        self._left = more
        await self._over.wait()


def under_load(server: Server, clients: int, change: Callable[[], object]) -> None:
    """Run `change` on a thread while clients ask; fails if one of them does not get exactly its answer."""

    async def run() -> None:
        load = Load(server, clients)
        keeping_up = asyncio.create_task(load.keep_up())

        async def disturb() -> None:
            await asyncio.to_thread(until, lambda: server.running >= clients, "all clients are served")
            await asyncio.to_thread(change)
            await load.stop_after(clients)

        disturbing = asyncio.create_task(disturb())
        done, _ = await asyncio.wait([keeping_up, disturbing], return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        await asyncio.gather(keeping_up, disturbing)

    asyncio.run(run())


def pids(server: Server) -> dict[str, int]:
    return {worker["name"]: worker["pid"] for worker in server.workers("ready")}


def post(server: Server, path: str, **headers: str) -> Any:
    return server.send("POST", path, None, headers)


def replaced(server: Server, old: dict[str, int]) -> bool:
    now = pids(server)
    return set(now) == set(old) and not set(now.values()) & set(old.values()) and not server.workers("draining")


def test_a_hangup_replaces_all_workers_and_no_client_notices(house: House, slow_model: Path) -> None:
    server = house.up(slow_model, *NOT_DRAINED_IN_TIME, workers=2)
    old = pids(server)

    def replace() -> None:
        server.signal(signal.SIGHUP)
        until(lambda: server.get("/admin/replace").json["under_way"], "the replacement is under way")
        assert post(server, "/admin/replace").status == 409
        until(lambda: not server.get("/admin/replace").json["under_way"], "all are replaced")

    under_load(server, 4, replace)

    assert server.get("/admin/replace").json == {
        "under_way": False,
        "replaced": ["worker-1", "worker-2"],
        "waiting": [],
        "error": None,
        "drain_seconds": 0.1,
    }
    assert replaced(server, old)
    assert server.get("/admin/crashes").json["data"] == []
    assert len(psutil.Process(server.pid).children()) == 2


def test_the_only_worker_is_replaced_and_drained_and_no_client_notices(house: House, slow_model: Path) -> None:
    server = house.llm_server(slow_model, *NOT_DRAINED_IN_TIME, "--max-requests-per-worker", "5")
    first = pids(server)

    def replace_and_drain() -> None:
        until(lambda: replaced(server, first), "it has ended its requests")
        # It may be about to be replaced again.
        answer = until(lambda: (a := post(server, "/admin/drain/worker-1")).status == 202 and a, "it is drained")
        drained = answer.json
        assert drained | {"pid": 0, "running": 0} == {
            "worker": "worker-1",
            "pid": 0,
            "state": "draining",
            "running": 0,
            "seconds": 0.1,
            "then": "replaced",
        }
        assert post(server, f"/admin/drain/{drained['pid']}").status == 409
        state = server.get("/ready")
        assert state.status == 503
        assert "worker-1" in state.json["reason"] or "being started" in state.json["reason"]
        until(lambda: replaced(server, {"worker-1": drained["pid"]}), "it is replaced")

    under_load(server, 2, replace_and_drain)

    assert "requests, and may end 5" in server.log
    assert server.get("/admin/crashes").json["data"] == []


def test_a_worker_that_is_not_ours_is_drained_and_sent_away(house: House, slow_model: Path) -> None:
    server = house.frontend(*NOT_DRAINED_IN_TIME)
    guest = house.worker(slow_model, "--name", "guest", PORT=str(server.port))
    server.wait_for_workers(1)
    with server.stream("1", max_tokens=150) as stream:
        text = stream.skip_to_text()
        answer = post(server, "/admin/drain/guest")
        assert (answer.status, answer.json["then"], answer.json["running"]) == (202, "refused", 1)
        # There is nobody else: it goes on beyond its time.
        text += stream.some_text(30)
        assert guest.process.poll() is None
        house.worker(slow_model, "--name", "next", PORT=str(server.port))
        assert guest.wait() == 78
        text += stream.text()
    assert text == counted(2, 151)
    assert "drained at an operator's request" in guest.log
    assert server.get("/admin/crashes").json["data"] == []
    assert post(server, "/admin/drain/guest").status == 404
    assert post(server, "/admin/replace").error["code"] == "no_own_workers"


# A worker holds more with every step.
GROWS = """
import os, sys
if "worker" in sys.orig_argv:
    from mlx_llm_server.worker.engine import Engine
    step = Engine.step
    kept = []
    def growing(self):
        kept.append(b"x" * 4_000_000)
        return step(self)
    Engine.step = growing
"""


@pytest.mark.slow
def test_a_worker_over_its_memory_limit_is_replaced_and_no_client_notices(
    house: House, slow_model: Path, slow: Server, tmp_path: Path
) -> None:
    fresh = psutil.Process(slow.workers()[0]["pid"]).memory_info().rss
    limit = f"{fresh // 1_000_000 + 150}MB"
    server = house.llm_server(
        slow_model,
        *NOT_DRAINED_IN_TIME,
        PYTHONPATH=hook(tmp_path, GROWS),
        MLX_SERVE_WORKER_MEMORY_LIMIT=limit,
    )
    first = pids(server)
    under_load(server, 2, lambda: until(lambda: replaced(server, first), "it is replaced"))

    assert "is replaced: it holds" in server.log
    assert "too low" not in server.log
    assert server.get("/admin/crashes").json["data"] == []


def test_the_routes_need_a_key_and_take_no_body(house: House) -> None:
    server = house.frontend("--api-key", "secret")
    for path in ("/admin/drain/worker-1", "/admin/replace"):
        assert post(server, path).status == 401
        assert post(server, path, Authorization="Bearer secret").status == 404
        assert server.send("POST", path, b"{}", {"Authorization": "Bearer secret"}).status == 400
    assert server.get("/admin/drain/worker-1", {"Authorization": "Bearer secret"}).status == 405
