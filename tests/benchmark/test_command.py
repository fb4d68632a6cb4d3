from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from mlx_llm_server.commands.bench.workload import Job, Measurement, job
from mlx_llm_server.scripts.benchmark.__main__ import _measure
from mlx_llm_server.scripts.benchmark.processes import Measure, running
from mlx_llm_server.scripts.benchmark.servers import STARTS
from mlx_llm_server.scripts.models import random, successor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "mlx_llm_server.scripts.benchmark"]


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_engine_counts_what_was_generated(tmp_path: Path) -> None:
    """The counting model ends every answer (of a prompt without a number) after its last number."""
    with STARTS["BatchGenerator"](str(successor(tmp_path, last=30)), 3) as measure:
        result = measure(job(3, 2, 100, 0))
        assert result.tokens == 3 * 2 * 31
        assert len(result.ttft) == 6
        assert len(result.itl) == 6 * 30
        assert measure(job(2, 1, 5, 1, sampled=True)).tokens == 10


def test_the_plain_loop_generates_to_the_end(tmp_path: Path) -> None:
    with STARTS["plain loop"](str(successor(tmp_path)), 3) as measure:
        result = measure(job(3, 2, 5, 0))
    assert (result.tokens, len(result.ttft), result.decoded) == (30, 6, 24)


def test_one_run_against_mlx_lms_server(tmp_path: Path) -> None:
    model = random(tmp_path / "model", layers=1)
    options = ["--model", str(model), "--streams", "1,2", "--rounds", "2", "--max-tokens", "8", "--runs", "1"]
    options += ["--drawing", "greedy"]
    options += [
        "--program",
        "BatchGenerator",
        "--program",
        "mlx_lm.server",
        "--json",
        str(tmp_path / "out.json"),
    ]
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "mlx_lm.server" in done.stdout
    rows = json.loads((tmp_path / "out.json").read_text())["rows"]
    assert [(row["streams"], row["program"], row["tokens"]) for row in rows] == [
        (1, "BatchGenerator", [16]),
        (1, "mlx_lm.server", [16]),
        (2, "BatchGenerator", [32]),
        (2, "mlx_lm.server", [32]),
    ]
    assert all(row["tokens_per_second"] > 0 for row in rows)


def test_a_case_that_a_program_fails_at_is_told_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    @contextlib.contextmanager
    def start(_model: str, _streams: int) -> Iterator[Measure]:
        started.append(len(started))

        def measure(work: Job) -> Measurement:
            if len(work.prompts) == 2:
                raise RuntimeError("too many\nand its log")
            return Measurement(tokens=len(work.prompts), seconds=1.0)

        yield measure

    monkeypatch.setitem(STARTS, "ours", start)
    cases = {(streams, False): iter([job(streams, 1, 1, 0)]) for streams in (1, 2, 3)}

    done = list(_measure("ours", "model", cases))

    assert [case for case, _ in done] == [(1, False), (2, False), (3, False)]
    assert [measured.tokens for _, measured in done if isinstance(measured, Measurement)] == [1, 3]
    assert str(done[1][1]).startswith("too many")
    assert len(started) == 2


def test_a_program_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def start(_model: str, _streams: int) -> Iterator[Measure]:
        raise RuntimeError("no such model")
        yield

    monkeypatch.setitem(STARTS, "ours", start)
    with pytest.raises(RuntimeError, match="no such model"):
        list(_measure("ours", "model", {(1, False): iter([job(1, 1, 1, 0)])}))


@pytest.mark.parametrize("wrong", ["0", "1,x", ""])
def test_numbers_of_streams_are_checked(wrong: str) -> None:
    done = subprocess.run([*COMMAND, "--streams", wrong], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "1,8,32" in done.stderr


def test_a_child_that_will_not_end_is_ended_with_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlx_llm_server.scripts.benchmark.processes.PATIENCE", 0.2)
    with (
        contextlib.suppress(KeyboardInterrupt),
        running(["timeit", "-s", IGNORE, "1"], stdout=subprocess.PIPE) as child,
    ):
        assert child.stdout
        assert child.stdout.readline() == "deaf\n"
        raise KeyboardInterrupt
    assert child.returncode == -signal.SIGKILL
    assert not alive(child.pid)


IGNORE = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_benchmark_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    model = random(tmp_path / "model", layers=1)
    command = [*COMMAND, "--model", str(model), "--program", "mlx_lm.server", "--max-tokens", "2000"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as benchmark:
        children: list[int] = []
        while len(children) < 2:
            time.sleep(0.1)
            children = children_of(benchmark.pid)
        benchmark.send_signal(number)
        assert benchmark.wait(30) != 0
    # One whose parent went first is still to be reaped by init.
    deadline = time.monotonic() + 30
    while any(alive(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(alive(child) for child in children)


def children_of(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(child) for child, its in (line.split() for line in listed.splitlines()) if int(its) == parent]
