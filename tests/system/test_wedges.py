"""Workers that live and do nothing: stopped, deadlocked, spinning."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .hooks import SLOW_TO_LOAD, hook
from .servers import House, Server, counted, until

# Put into a worker's interpreter at its start: it hangs in the step that says a certain token, and only the first
# worker that comes there.
HANG = """
import json, os, sys, threading

def deadlock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()

def spin():
    while True:
        pass

if "worker" in sys.orig_argv:
    from mlx_llm_server.worker.engine import Engine
    step = Engine.step
    hangs = json.loads(os.environ["HANGS"])
    def step_that_hangs(self):
        tokens = step(self)
        for name, token in hangs.items():
            if any(each.token == token for each in tokens):
                try:
                    os.close(os.open(os.environ["HUNG"] + name, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    continue
                globals()[name]()
        return tokens
    Engine.step = step_that_hangs
"""


@pytest.fixture(scope="module")
def hang(tmp_path_factory: pytest.TempPathFactory, slow_model: Path) -> dict[str, str]:
    """The environment of workers of which one deadlocks at the number 40, and one spins at 50."""
    folder = tmp_path_factory.mktemp("hang")
    vocabulary = json.loads((slow_model / "tokenizer.json").read_text())["model"]["vocab"]
    return {
        "PYTHONPATH": hook(folder, HANG),
        "HANGS": json.dumps({"deadlock": vocabulary["Ġ40"], "spin": vocabulary["Ġ50"]}),
    }


@pytest.fixture(scope="module")
def pair(slow_model: Path, hang: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers, each of which the other stands in for."""
    house = House()
    bounds = ("--step-timeout", "4", "--worker-timeout", "3")
    try:
        yield house.up(slow_model, *bounds, workers=2, **hang, HUNG=f"{tmp_path_factory.mktemp('hung')}/")
    finally:
        house.close()


def dossiers(server: Server) -> set[str]:
    return {crash["id"] for crash in server.get("/admin/crashes").json["data"]}


def new_dossier(server: Server, known: set[str]) -> dict[str, Any]:
    """Return the dossier of the death that was not known, once the process has ended."""

    def ended() -> dict[str, Any] | None:
        found = [server.get(f"/admin/crashes/{crash}").json for crash in dossiers(server) - known]
        return found[0] if found and found[0]["exit"] else None

    return until(ended, "the dossier tells of the exit") or {}


def test_a_frontend_that_was_stopped_blames_no_worker(pair: Server) -> None:
    workers = [worker["pid"] for worker in pair.wait_for_workers(2)]
    pair.signal(signal.SIGSTOP)
    time.sleep(4)  # longer than a worker may be silent
    pair.signal(signal.SIGCONT)

    assert pair.text("5", max_tokens=3) == "6 7 8"
    assert [worker["pid"] for worker in pair.workers()] == workers


def test_a_stopped_worker_is_killed_and_its_answer_goes_on(pair: Server) -> None:
    pair.wait_for_workers(2)
    known = dossiers(pair)

    with pair.stream("1000", max_tokens=200) as stream:
        text = stream.some_text(5)
        (worker,) = [worker for worker in pair.workers() if worker["running"]]
        os.kill(worker["pid"], signal.SIGSTOP)
        assert text + stream.text() == counted(1001, 1200)

    crash = new_dossier(pair, known)
    assert crash["pid"] == worker["pid"]
    assert "it said nothing for" in crash["reason"]


def test_loading_may_take_longer_than_a_step(house: House, counting_model: Path, tmp_path: Path) -> None:
    server = house.up(counting_model, "--step-timeout", "2", PYTHONPATH=hook(tmp_path, SLOW_TO_LOAD))

    assert server.text("5", max_tokens=3) == "6 7 8"
    assert dossiers(server) == set()


@pytest.mark.parametrize(("kind", "start"), [("deadlock", 30), ("spin", 45)])
def test_a_worker_that_hangs_in_a_step_is_killed_and_says_where(pair: Server, kind: str, start: int) -> None:
    known = dossiers(pair)

    assert pair.text(str(start), max_tokens=15) == counted(start + 1, start + 15)

    crash = new_dossier(pair, known)
    assert "its engine has stood still for" in crash["reason"]
    assert crash["exit"] == "killed by SIGKILL"
    assert any(f"in {kind}" in line for line in crash["stderr"])


@pytest.mark.slow
def test_foreign_workers_that_hang_or_are_stopped_get_no_work_until_they_answer(
    house: House, slow_model: Path, hang: dict[str, str], tmp_path: Path
) -> None:
    server = house.frontend("--step-timeout", "4", "--worker-timeout", "3")
    connect = ("--connect", house.endpoint(server), "--step-timeout", "2")
    hung = house.worker(slow_model, *connect, **hang, HUNG=f"{tmp_path}/")
    server.wait_for_workers(1)

    with server.stream("30", max_tokens=200) as stream:
        text = stream.skip_to_text()
        until(lambda: not server.workers(), "the worker that hangs is given up")
        other = house.worker(slow_model, *connect)
        text += stream.some_text(30)
        other.signal(signal.SIGSTOP)
        until(lambda: not server.workers("ready"), "the worker that is stopped is given up")
        other.signal(signal.SIGCONT)
        assert text + stream.text() == counted(31, 230)

    assert hung.wait() == 70
    assert "the engine has stood still for" in hung.log
    assert "in deadlock" in hung.log
    assert [worker["pid"] for worker in server.workers()] == [other.process.pid]
