"""/openapi.json against the server that it describes, by schemathesis (https://schemathesis.readthedocs.io)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .servers import Server

# A schema can't tell that two fields exclude each other, or what ids a model has: such a request is a 400, though
# it is valid by its schema. So that check alone is left out.
COMMAND = ["run", "--exclude-checks", "positive_data_acceptance", "--seed", "1", "--request-timeout", "60"]


def check(server: Server, folder: Path, *options: str) -> int:
    """Fail with what was found; return how many requests were tried."""
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", *COMMAND, f"{server.url}/openapi.json", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr
    found = re.search(r"(\d+) generated", done.stdout)
    assert found is not None
    assert server.running == 0
    return int(found[1])


def test_the_server_keeps_to_its_description(counting: Server, tmp_path: Path) -> None:
    assert check(counting, tmp_path, "--phases", "fuzzing", "--max-examples", "5") > 20


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_server_keeps_to_its_description_in_a_thousand_cases(counting: Server, tmp_path: Path) -> None:
    options = ["--phases", "coverage,fuzzing", "--max-examples", "150", "--workers", "2"]
    assert check(counting, tmp_path, *options) > 1000
    assert "Traceback" not in counting.log
