"""What of a server's status is shown, and how."""

from __future__ import annotations

from typing import Any

from mlx_llm_server.commands.status import event_line, row, show_time, shown
from rich.console import Console

WORKER: dict[str, Any] = {
    "name": "worker-1",
    "pid": 7,
    "state": "ready",
    "model": "m",
    "loading": None,
    "running": 2,
    "capacity": 32,
    "step_seconds": 1.26,
    "tokens_per_second": 80.04,
    "memory_bytes": 1 << 30,
    "tokens": 300,
}
LOADING = {
    **WORKER,
    "state": "loading",
    "model": "/models/[m]/",
    "capacity": 0,
    "running": 0,
    "step_seconds": None,
    "memory_bytes": None,
    "loading": {"stage": "weights", "bytes": 1, "of": 3},
}
DEATH = {
    "time": 0.0,
    "kind": "died",
    "worker": "worker-1",
    "pid": 7,
    "generations": 3,
    "crash": "ab",
    "reason": "killed by SIGKILL",
}
STATUS: dict[str, Any] = {
    "time": 100.0,
    "started": 39.0,
    "status": "ready",
    "reason": None,
    "queued": 4,
    "queued_seconds": 7.6,
    "running": 2,
    "tokens_per_second": 80.0,
    "deaths": 1,
    "resumed": 3,
    "workers": [WORKER, LOADING],
    "events": [DEATH] * 9,
}


def text(status: dict[str, Any]) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(shown(status, "http://[::1]:8080"))
    return capture.get()


def test_a_worker_is_a_row_and_the_age_of_a_step_counts_while_it_works() -> None:
    assert row(WORKER) == ["worker-1 (7)", "ready", "m", "2 / 32", "80.0", "1.0 GiB", "1.3 s", "300"]
    assert row({**WORKER, "running": 0})[6] == "-"


def test_a_worker_that_loads_tells_how_far_it_is() -> None:
    assert row({**LOADING, "model": "/models/m/"})[1:6] == ["weights 33 %", "m", "-", "80.0", "-"]
    assert row({**LOADING, "loading": {"stage": "Importing MLX", "bytes": 0, "of": 0}})[1] == "Importing MLX"


def test_an_event_is_a_line() -> None:
    assert event_line(DEATH) == "worker-1 died: killed by SIGKILL, 3 generations, /admin/crashes/ab"
    assert event_line({"kind": "ready", "worker": "w"}) == "w ready"


def test_the_whole_is_a_headline_a_table_and_the_latest_events() -> None:
    told = text(STATUS)

    assert "http://[::1]:8080 ready" in told
    assert "up 1 min 1 s, 2 running, 4 waiting (for 8 s), 80.0 tok/s, 1 deaths, 3 resumed" in told
    assert "[m]" in told
    assert told.count("worker-1 died") == 5


def test_a_server_that_is_not_ready_says_why() -> None:
    told = text({**STATUS, "status": "not ready", "reason": "no worker is connected", "workers": [], "events": []})

    assert "not ready: no worker is connected" in told


def test_times_are_told_in_two_units() -> None:
    assert [show_time(seconds) for seconds in (0, 59.9, 60, 3661, 90_000)] == [
        "0 s",
        "59 s",
        "1 min",
        "1 h 1 min",
        "1 d 1 h",
    ]
