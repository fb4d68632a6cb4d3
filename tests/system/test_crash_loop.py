"""A worker that can't get ready: what serves goes on, and what waits is told why."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from .hooks import hook
from .servers import House, Server, until, user

# Workers exit while they load as long as a file is there.
FAILS_TO_LOAD = """
import os, sys
if "worker" in sys.orig_argv:
    import mlx_llm_server.worker.main as main
    live = main._live
    def fail(*arguments):
        if os.path.exists(os.environ["NO_LOADING"]):
            os._exit(3)
        return live(*arguments)
    main._live = fail
"""


def last_crash(server: Server) -> str:
    return server.get("/admin/crashes").json["data"][0]["id"]


def test_a_worker_that_ends_while_it_loads(house: House, counting_model: Path, tmp_path: Path) -> None:
    """It takes nobody's place; and if there is nobody else, clients and operators hear what is wrong."""
    mark = tmp_path / "no-loading"
    server = house.up(counting_model, PYTHONPATH=hook(tmp_path, FAILS_TO_LOAD), NO_LOADING=str(mark))
    (old,) = server.workers()
    mark.touch()

    assert server.send("POST", "/admin/replace", None, {}).status == 202
    state = until(lambda: (s := server.get("/admin/replace").json)["error"] and s, "the replacement has failed")
    assert (state["under_way"], state["waiting"]) == (False, ["worker-1"])
    assert "exit code 3" in state["error"]
    assert last_crash(server) in state["error"]
    assert state["error"] in server.log
    assert [worker["pid"] for worker in server.workers("ready")] == [old["pid"]]
    assert server.text("5", max_tokens=3) == "6 7 8"

    os.kill(old["pid"], signal.SIGKILL)
    waiting = server.post({"messages": user("5"), "max_tokens": 3})  # sent before there is no more hope
    ready = server.get("/ready")
    assert ready.status == 503
    for told in (ready.json["reason"], waiting.error["message"]):
        assert re.search(r"worker-1 ended \d+ times in a row before it was ready", told)
        assert "exit code 3 (crash " in told
    assert (waiting.status, waiting.error["code"]) == (503, "service_unavailable")
    assert waiting.headers["Retry-After"]

    mark.unlink()
    server.wait_for_workers(1)
    assert "reason" not in server.get("/ready").json
    assert server.text("5", max_tokens=3) == "6 7 8"
