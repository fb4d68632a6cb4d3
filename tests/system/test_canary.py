"""A worker whose model goes bad while it serves."""

from __future__ import annotations

from pathlib import Path

from .hooks import hook
from .servers import House, until

# Put into a worker's interpreter at its start: once the file BAD is there, the weights are not what they were.
GO_BAD = """
import os, sys
if "worker" in sys.orig_argv:
    from mlx_llm_server.worker.canary import Canary
    check = Canary.check
    def check_what_went_bad(self):
        if os.path.exists(os.environ["BAD"]):
            os.unlink(os.environ["BAD"])
            embedding = self._model.model.embed_tokens
            embedding.weight = embedding.weight * float("nan")
        check(self)
    Canary.check = check_what_went_bad
"""


def test_an_idle_worker_whose_model_went_bad_is_replaced(
    house: House, counting_model: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad"
    server = house.up(counting_model, "--canary-interval", "1", PYTHONPATH=hook(tmp_path, GO_BAD), BAD=str(bad))
    (worker,) = server.workers()

    bad.touch()

    until(lambda: worker["pid"] not in [each["pid"] for each in server.workers("ready")], "the worker is gone")
    server.wait_for_workers(1)
    assert server.text("5", max_tokens=3) == "6 7 8"
    (crash,) = server.get("/admin/crashes").json["data"]
    assert (crash["pid"], crash["exit"]) == (worker["pid"], "exit code 70")
    assert "the model computes NaN" in crash["reason"]
