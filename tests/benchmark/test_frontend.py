from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from mlx_llm_server.scripts.benchmark.frontend import Outcome, main

if TYPE_CHECKING:
    from pathlib import Path


def test_the_rates_are_of_the_clock_and_of_the_frontends_own_time() -> None:
    outcome = Outcome(0, 4, 100, 90, 3.0, 1.5, 60.0)

    assert outcome.rates == {"events_per_second": 30.0, "events_per_cpu_second": 60.0}


def test_every_token_of_every_stream_arrives(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    options = ["--streams", "3", "--tokens", "20", "--clients", "2", "--rate", "0", "--json", str(file)]

    done = CliRunner().invoke(main, options)

    assert done.exit_code == 0, done.output
    (row,) = json.loads(file.read_text())["rows"]
    assert (row["connections"], row["tokens"], row["events"]) == (3, 60, 60)
    assert row["events_per_second"] == pytest.approx(60 / row["seconds"])
    assert row["megabytes"] > 1
