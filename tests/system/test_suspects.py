"""A request that kills its worker, wherever it runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from .hooks import hook
from .reading import Read, read
from .servers import House, counted, user

# Put into a worker's interpreter at its start: it dies of the step that says a certain token.
POISON = """
import os, sys
if "worker" in sys.orig_argv:
    from mlx_llm_server.worker.engine import Engine
    step = Engine.step
    def deadly(self):
        tokens = step(self)
        if any(each.token == int(os.environ["POISON"]) for each in tokens):
            os.abort()
        return tokens
    Engine.step = deadly
"""


def test_it_ends_alone_and_the_others_complete(house: House, slow_model: Path, tmp_path: Path) -> None:
    vocabulary = json.loads((slow_model / "tokenizer.json").read_text())["model"]["vocab"]
    server = house.up(slow_model, PYTHONPATH=hook(tmp_path, POISON), POISON=str(vocabulary["Ġ40"]))

    async def ask() -> list[Read]:
        async with server.async_openai() as client:
            return await asyncio.gather(*(read(client, number, 200) for number in (100, 30, 500)))

    innocent, guilty, other = asyncio.run(ask())
    assert innocent == Read(counted(101, 300), finish="length")
    assert other == Read(counted(501, 700), finish="length")
    assert guilty.text == counted(31, 39)
    assert guilty.finish is None
    assert "crashed (killed by SIGABRT" in str(guilty.error)
    assert len(server.get("/admin/crashes").json["data"]) == 3
    refused = server.post({"messages": user("30"), "max_tokens": 200})
    assert (refused.status, refused.error["code"]) == (400, "request_crashes_worker")
    server.wait_for_workers(1)
    assert server.text("5", max_tokens=3) == "6 7 8"

    (conviction,) = server.get("/admin/convictions").json["data"]
    one = f"/admin/convictions/{conviction['fingerprint']}"
    assert 0 < conviction["seconds_ago"] < conviction["seconds_left"] < 600
    assert "SIGABRT" in conviction["reason"]
    assert server.get("/admin/convictions/" + 16 * "0", method="DELETE").status == 404
    assert server.get(one, method="DELETE").json == {"pardoned": [conviction["fingerprint"]]}
    assert server.get("/admin/convictions").json["data"] == []
    assert server.get(one, method="DELETE").status == 404
    assert server.get("/admin/convictions", method="DELETE").json == {"pardoned": []}
    assert server.text("30", max_tokens=3) == "31 32 33"
