from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from mlx_llm_server.scripts.benchmark.prefix import Asked, Outcome, summarize
from mlx_llm_server.scripts.models import random


def asked(milliseconds: float, cached: int = 0) -> Asked:
    return Asked(milliseconds / 1000, "", 100, cached)


def run(cold: float, disk: float) -> Outcome:
    return Outcome([asked(9), asked(10), asked(12, 90)], asked(cold), asked(1, 99), asked(4), asked(disk, 64))


def test_medians_over_the_runs_and_the_two_ratios() -> None:
    result = summarize([run(100, 20), run(200, 30), run(900, 40)])

    assert result["last_by_second"] == pytest.approx(1.2)
    assert result["disk_by_cold"] == pytest.approx(30 / 200)
    assert [turn["cached_tokens"] for turn in result["turns"]] == [0, 0, 90]
    assert result["disk"] == {"ttft_ms": pytest.approx(30), "prompt_tokens": 100, "cached_tokens": 64}
    assert len(result["runs"]) == 3


@pytest.mark.slow
def test_one_run_with_a_kill(tmp_path: Path) -> None:
    model = random(tmp_path / "model", layers=1)
    options = ["--model", str(model), "--turns", "3", "--words", "300", "--json", str(tmp_path / "out.json")]
    done = subprocess.run(
        [sys.executable, "-m", "mlx_llm_server.scripts.benchmark", "prefix", *options],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "disk / cold" in done.stdout
    (row,) = json.loads((tmp_path / "out.json").read_text())["rows"]
    assert row["cold"]["cached_tokens"] == 0
    assert row["disk"]["cached_tokens"] == row["disk"]["prompt_tokens"] // 128 * 128 > 0
    assert row["turns"][2]["cached_tokens"] > row["turns"][1]["cached_tokens"] > 0
