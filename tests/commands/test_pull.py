"""A model from a hub, with a hub of our own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlx_llm_server.demo import DEMO_MODEL

from .hub import COMMIT, Hub, hub_of

NAME = "acme/small"


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with hub_of(NAME, DEMO_MODEL) as hub:
        yield hub


def mlx_serve(*arguments: str, home: Path, endpoint: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mlx_llm_server", *arguments],
        env={**os.environ, "HF_HOME": str(home), "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_TELEMETRY": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_download_that_was_stopped_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    size = (DEMO_MODEL / "model.safetensors").stat().st_size
    half = size // 2
    hub.stops_after = half
    first = mlx_serve("pull", NAME, home=tmp_path, endpoint=hub.url)
    assert hub.stopped.wait(60)
    while not any(part.stat().st_size for part in tmp_path.rglob("*.part")):
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(signal.SIGINT)
    code, _, err = told(first)
    assert code == 130
    assert "the same command goes on" in err
    assert "Traceback" not in err
    hub.asked.clear()

    code, out, err = told(mlx_serve("pull", NAME, home=tmp_path, endpoint=hub.url))

    assert code == 0, err
    ((_, part),) = [each for each in hub.asked if each[0] == "model.safetensors"]
    assert part is not None
    assert 0 < int(part.removeprefix("bytes=").rstrip("-")) <= half
    folder = tmp_path / "hub" / "models--acme--small" / "snapshots" / COMMIT
    assert str(folder) in out
    assert (folder / "model.safetensors").read_bytes() == (DEMO_MODEL / "model.safetensors").read_bytes()
    # What is here is listed.
    code, out, err = told(mlx_serve("models", home=tmp_path, endpoint=hub.url))
    assert code == 0
    assert NAME in out


def test_two_that_download_the_same_file_do_not_mix_it_up(hub: Hub, tmp_path: Path) -> None:
    hub.asked.clear()

    both = [mlx_serve("pull", NAME, home=tmp_path, endpoint=hub.url) for _ in range(2)]

    assert [told(process)[0] for process in both] == [0, 0]
    assert [name for name, _ in hub.asked].count("model.safetensors") == 1
    (blob,) = [file for file in tmp_path.rglob("blobs/*") if file.stat().st_size > 1_000_000]
    assert blob.read_bytes() == (DEMO_MODEL / "model.safetensors").read_bytes()
    assert not list(tmp_path.rglob("*.part"))


def test_what_can_not_be_had_is_said_plainly(hub: Hub, tmp_path: Path) -> None:
    code, _, err = told(mlx_serve("pull", "acme/nothing", home=tmp_path, endpoint=hub.url))
    assert code == 1
    assert f"there is no model 'acme/nothing' at {hub.url}" in err
    assert "Traceback" not in err

    code, _, err = told(mlx_serve("pull", NAME, home=tmp_path, endpoint="http://127.0.0.1:1"))
    assert code == 1
    assert "http://127.0.0.1:1 can't be reached" in err
