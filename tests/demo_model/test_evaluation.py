"""The evaluation, by its real command, on the shipped files and on files that know nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from mlx_llm_server.scripts.demo_model.abilities import ABILITIES
from mlx_llm_server.scripts.models import random

EVALUATE = [sys.executable, "-m", "mlx_llm_server.scripts.demo_model.evaluate"]


def _evaluated(*arguments: str) -> tuple[int, dict[str, float]]:
    """Return the exit code and the table, in percent."""
    run = subprocess.run([*EVALUATE, *arguments], capture_output=True, text=True, check=False)
    rows = re.findall(r"^\| (.+?) \| ([\d.]+)% \| \d+% \|", run.stdout, re.MULTILINE)
    assert rows, run.stderr
    return run.returncode, {name: float(share) for name, share in rows}


@pytest.mark.slow
def test_the_shipped_model_can_do_all_that_the_card_lists() -> None:
    """A small sample: four of each ability, of which three have to be right."""
    _, shares = _evaluated("--count", "4")
    assert {name for name in shares if name != "ends by itself"} == {each.name for each in ABILITIES if each.goal}
    assert all(share >= 75 for share in shares.values()), shares
    assert sum(shares.values()) / len(shares) >= 95


def test_goals_that_are_reached_end_in_success() -> None:
    code, shares = _evaluated("--count", "4", "--only", "Own name")
    assert (code, shares["Own name"]) == (0, 100)


@pytest.mark.slow
def test_a_model_that_knows_nothing_fails(tmp_path: Path) -> None:
    code, shares = _evaluated(str(random(tmp_path)), "--count", "2", "--only", "Days and months")
    assert (code, shares["Days and months"]) == (1, 0)
