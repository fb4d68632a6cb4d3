"""The chaos command itself: what it reports is what happened."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from .servers import House, Running, until


def chaos(house: House, file: Path, *options: str) -> tuple[Running, dict[str, Any]]:
    """Run the command to its end; the house sees to it that it leaves nothing."""
    command = ["python", "-m", "mlx_llm_server.scripts.reliability", "--json", str(file), *options]
    running = house.start(command)
    running.wait(110)
    assert file.exists(), running.log
    return running, json.loads(file.read_text())


@pytest.mark.slow
def test_killed_workers_cost_no_answer(house: House, tmp_path: Path) -> None:
    running, report = chaos(house, tmp_path / "report.json", "--requests", "16", "--every", "1")
    assert (report["completed"], report["failed"], report["inexact"], report["errors"]) == (16, 0, 0, {})
    assert report["wrong"] == []
    assert report["kills"]["KILL"] >= 1
    assert report["begun_on_killed"] >= 1
    assert running.process.returncode == 0


@pytest.mark.slow
def test_a_run_without_deaths_is_a_success(house: House, tmp_path: Path) -> None:
    running, report = chaos(house, tmp_path / "report.json", "--requests", "6", "--every", "0", "--workers", "1")
    assert running.process.returncode == 0
    assert (report["completed"], report["inexact"], report["kills"], report["wrong"]) == (6, 0, {}, [])


def test_one_worker_is_killed_only_if_that_is_asked_for(house: House) -> None:
    running = house.start(["python", "-m", "mlx_llm_server.scripts.reliability", "--workers", "1"])
    assert running.wait() == 2
    assert "--down 1" in running.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(house: House, number: signal.Signals) -> None:
    running = house.start(["python", "-m", "mlx_llm_server.scripts.reliability", "--requests", "5000"])
    until(lambda: "undisturbed" in running.log, "the workers are asked")
    running.signal(number)
    assert running.wait() not in (0, -number)
