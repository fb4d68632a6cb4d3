"""Every death of a worker leaves one dossier, which says what died and of what, and no word of a prompt."""

from __future__ import annotations

import json
import os
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from .hooks import hook
from .servers import House, Server, free_port, until

SECRET = "the cat's name is Archibald"
# A prompt that the slow model answers with many numbers.
PROMPT = f"{SECRET} 1"
LONG = 2900

# Put into a worker's interpreter at its start: once the file is there, its next step fails as one on Metal does.
FAULT = """
import pathlib, sys
if "worker" in sys.orig_argv:
    from mlx_llm_server.worker.engine import Engine
    step = Engine.step
    def failing(self):
        if pathlib.Path(__file__).with_name("now").exists():
            raise RuntimeError("[METAL] Command buffer execution failed: Insufficient Memory")
        return step(self)
    Engine.step = failing
"""


def crashes(server: Server, count: int = 1) -> list[dict[str, Any]]:
    """Return the list of crashes, once there are so many."""

    def listed() -> list[dict[str, Any]] | None:
        data = server.get("/admin/crashes").json["data"]
        return data if len(data) == count else None

    return until(listed, f"{count} crashes are listed") or []


def dossier(server: Server) -> dict[str, Any]:
    """Return the only dossier, which is the content of the only file, and tells how the process ended."""
    (head,) = crashes(server)
    until(lambda: server.get(f"/admin/crashes/{head['id']}").json["exit"], "the exit is known")
    whole = server.get(f"/admin/crashes/{head['id']}").json
    assert SECRET not in json.dumps(whole)
    assert "Archibald" not in json.dumps(whole)
    return whole


def test_a_kill_is_told_by_file_log_error_and_api(house: House, slow_model: Path) -> None:
    server = house.up(slow_model)
    victim = server.workers()[0]["pid"]
    with server.stream(PROMPT, max_tokens=LONG) as stream, server.stream(PROMPT, max_tokens=LONG, seed=5) as other:
        stream.some_text(5)
        other.skip_to_text()
        # Long enough for its memory to have been looked at.
        until(lambda: server.workers()[0]["step"] > 10, "some steps are done")
        os.kill(victim, signal.SIGKILL)
        stream.some_text(5)
    told = dossier(server)
    assert f"crash {told['id']}" in server.log
    assert (told["worker"], told["pid"], told["own"]) == ("worker-1", victim, True)
    assert (told["model"], told["state"]) == ("slow", "ready")
    assert (told["exit"], told["exit_code"]) == ("killed by SIGKILL", -signal.SIGKILL)
    assert told["step"] > 10
    assert 0 <= told["seconds_since_progress"] < 60
    assert told["memory_bytes"] is None or told["memory_bytes"] > 10_000_000
    first, second = told["generations"]
    assert first["fingerprint"] == second["fingerprint"], "the seed is not part of what was asked"
    assert first["tokens"] >= 5
    assert first["prompt_tokens"] > 0
    assert first["accepted"]
    assert any("serving slow" in line for line in told["stderr"])
    assert "serving slow" in server.log, "what a worker prints is still printed"
    status = server.get("/admin/status").json
    (died,) = [event for event in status["events"] if event["kind"] == "died"]
    assert (died["crash"], died["pid"], died["generations"]) == (told["id"], victim, 2)
    assert (died["exit"], status["deaths"]) == ("killed by SIGKILL", 1)
    assert status["tokens"] > 5
    assert SECRET not in json.dumps(status)
    assert server.get("/admin/status?history=601").error["param"] == "history"
    # On disk, for the owner alone.
    (path,) = house.crashes.iterdir()
    assert json.loads(path.read_text()) == told
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(house.crashes.stat().st_mode) == 0o700
    assert server.get("/admin/crashes/0123456789").status == 404


def test_a_segmentation_fault_says_where_it_was(house: House, slow_model: Path) -> None:
    server = house.up(slow_model)
    with server.stream(PROMPT, max_tokens=LONG) as stream:
        stream.skip_to_text()
        os.kill(server.workers()[0]["pid"], signal.SIGSEGV)
        stream.some_text(5)
    told = dossier(server)
    assert told["exit"] == "killed by SIGSEGV"
    assert any("Segmentation fault" in line for line in told["stderr"])
    assert any("worker/main.py" in line for line in told["stderr"])  # what the main thread was at, all the way up
    assert len(told["generations"]) == 1


@pytest.fixture
def fault(tmp_path: Path) -> tuple[str, Path]:
    """What makes a worker's steps fail: its PYTHONPATH, and the file that begins it."""
    return hook(tmp_path, FAULT), tmp_path / "now"


@pytest.mark.slow
def test_an_exception_in_a_step_is_told_with_its_traceback(
    house: House, slow_model: Path, fault: tuple[str, Path]
) -> None:
    path, now = fault
    server = house.up(slow_model, PYTHONPATH=path)
    with server.stream(PROMPT, max_tokens=LONG) as stream:
        stream.skip_to_text()
        now.touch()
        told = dossier(server)
        now.unlink()
        stream.some_text(5)
    # Its last words came first, its exit after them: they are one death.
    assert "Insufficient Memory" in told["reason"]
    assert told["exit"] == f"exit code {os.EX_SOFTWARE}"
    assert any("Traceback" in line for line in told["stderr"])
    server.wait_for_workers(1)
    crashes(server, 1)


def test_of_a_worker_that_is_nobodys_child_the_last_words_are_kept(
    house: House, slow_model: Path, fault: tuple[str, Path]
) -> None:
    path, now = fault
    server = house.frontend()
    worker = house.worker(slow_model, "--name", "guest", PYTHONPATH=path, PORT=str(server.port))
    server.wait_for_workers(1)
    with server.stream(PROMPT, max_tokens=LONG) as stream:
        stream.skip_to_text()
        now.touch()
        assert worker.wait() == os.EX_SOFTWARE
    (head,) = crashes(server)
    told = server.get(f"/admin/crashes/{head['id']}").json
    assert "Insufficient Memory" in told["reason"]
    assert (told["worker"], told["own"], told["exit"], told["stderr"]) == ("guest", False, None, None)
    assert len(told["generations"]) == 1


def test_nothing_that_ends_late_keeps_a_worker_from_ending(
    house: House, counting_model: Path, tmp_path: Path
) -> None:
    # What OpenBLAS does at times that is told to end its threads while they multiply: it waits for ever.
    late = """
import atexit, sys, time
if "worker" in sys.orig_argv:
    atexit.register(time.sleep, 3600)
"""
    server = house.frontend()
    worker = house.worker(counting_model, PYTHONPATH=hook(tmp_path, late), PORT=str(server.port))
    server.wait_for_workers(1)
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert "ends: told to stop" in worker.log


def test_who_leaves_when_told_to_has_not_crashed(house: House, counting_model: Path) -> None:
    server = house.up(counting_model)
    guest = house.worker(counting_model, PORT=str(server.port))
    server.wait_for_workers(2)
    guest.signal(signal.SIGTERM)
    assert guest.wait() == 0
    own = next(worker["pid"] for worker in server.workers())
    os.kill(own, signal.SIGTERM)
    until(lambda: own not in {w["pid"] for w in server.workers()} and server.workers("ready"), "it is replaced")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert not house.crashes.exists()


def test_a_worker_that_never_came_to_greet_has_a_dossier_too(house: House, tmp_path: Path) -> None:
    fails = """
import os, sys
if "worker" in sys.orig_argv:
    print("no such library", file=sys.stderr)
    os._exit(78)
"""
    server = house.start(["mlx-serve", "up", "--port", str(free_port())], PYTHONPATH=hook(tmp_path, fails))
    assert server.wait() == 1
    (file,) = house.crashes.iterdir()
    told = json.loads(file.read_text())
    assert (told["state"], told["exit"], told["worker"]) == ("starting", "exit code 78", "worker-1")
    assert told["stderr"] == ["no such library"]
    assert f"crash {told['id']}" in server.log


def test_a_bounded_number_is_kept_and_listed_newest_first(house: House, counting_model: Path) -> None:
    server = house.up(counting_model, "--keep-crashes", "2", workers=3)
    workers = server.workers()
    seen: list[str] = []
    for number, worker in enumerate(workers, 1):
        os.kill(worker["pid"], signal.SIGKILL)
        crashes(server, min(number, 2))
        until(lambda pid=worker["pid"]: server.get("/admin/crashes").json["data"][0]["pid"] == pid, "it is first")
        listed = server.get("/admin/crashes").json["data"]
        seen.append(listed[0]["id"])
        assert [crash["id"] for crash in listed] == seen[-1:-3:-1]
    assert len(list(house.crashes.iterdir())) == 2
    assert server.get(f"/admin/crashes/{seen[0]}").status == 404
    assert server.get(f"/admin/crashes/{seen[0]}").error["code"] == "crash_not_found"


def test_crashes_are_shown_to_those_with_a_key(house: House) -> None:
    server = house.frontend("--api-key", "sesame")
    assert server.get("/admin/crashes").status == 401
    assert server.get("/admin/crashes/0123456789").status == 401
    assert server.get("/admin/crashes", {"Authorization": "Bearer sesame"}).json == {"object": "list", "data": []}


def test_a_folder_that_can_not_be_written_hurts_nobody(house: House, counting_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    server = house.up(counting_model, "--crash-dir", str(tmp_path / "file"))
    victim = server.workers()[0]["pid"]
    os.kill(victim, signal.SIGKILL)
    until(lambda: "can't be written" in server.log, "it is said")
    until(lambda: [w for w in server.workers("ready") if w["pid"] != victim], "there is a new worker")
    assert server.text("5", max_tokens=3) == "6 7 8"
    assert server.get("/admin/crashes").json["data"] == []
