"""What the doctor finds, and what it says is to be done."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from mlx_llm_server.commands import examinations
from mlx_llm_server.commands.examinations import State
from mlx_llm_server.commands.machine import Child
from mlx_llm_server.demo import DEMO_MODEL
from mlx_llm_server.protocol.endpoints import RUNTIME_DIR_VARIABLE


def test_this_python_and_these_packages_are_fine() -> None:
    assert examinations.python().state is State.OK
    assert [finding.state for finding in examinations.packages()] == [State.OK]


def test_a_port_that_is_taken_is_a_fault_and_one_that_is_free_is_fine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        taken.close()
        assert examinations.address("127.0.0.1", port).state is State.OK
    with socket.socket() as bound:  # bound, and deaf
        bound.bind(("127.0.0.1", 0))
        finding = examinations.address("127.0.0.1", bound.getsockname()[1])
    assert finding.state is State.FAULT
    assert "--port" in finding.advice


def test_an_address_of_another_machine_is_a_fault() -> None:
    assert examinations.address("192.0.2.1", 8080).state is State.FAULT
    assert "no such address" in examinations.address("host.invalid", 8080).told


def test_folders_that_can_not_be_written_are_faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(RUNTIME_DIR_VARIABLE, str(tmp_path / "run"))
    assert [finding.state for finding in examinations.folders(8080, str(tmp_path / "new" / "crashes"))] == [
        State.OK,
        State.OK,
    ]
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(RUNTIME_DIR_VARIABLE, str(tmp_path / "file"))
    sockets, crashes = examinations.folders(8080, str(tmp_path / "file"))
    assert sockets.state is State.FAULT
    assert RUNTIME_DIR_VARIABLE in sockets.advice
    assert crashes.state is State.FAULT


def test_a_model_that_is_not_here_is_to_be_pulled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    path, finding = examinations.model("acme/not-here")

    assert path is None
    assert finding.state is State.FAULT
    assert "mlx-serve pull acme/not-here" in finding.advice


def test_a_model_is_looked_at_before_it_is_loaded(tmp_path: Path) -> None:
    assert examinations.model(str(DEMO_MODEL))[0] == DEMO_MODEL
    shutil.copy(DEMO_MODEL / "config.json", tmp_path)

    path, finding = examinations.model(str(tmp_path))

    assert path is None
    assert "safetensors" in finding.told


@pytest.mark.parametrize(
    ("child", "state", "told"),
    [
        (
            Child({"load_seconds": 1, "generated_tokens": 16, "tokens_per_second": 50.4, "weights": "w"}, None),
            State.OK,
            "16 tokens at 50 tok/s",
        ),
        (
            Child({"computes": True}, "exit code 78: broken"),
            State.FAULT,
            "while it loaded the model: exit code 78",
        ),
        (Child({"load_seconds": 1}, "killed by signal 6"), State.FAULT, "while it generated: killed by signal 6"),
    ],
)
def test_a_test_generation_tells_how_far_it_came(child: Child, state: State, told: str) -> None:
    finding = examinations.generation(child)

    assert finding.state is state
    assert told in finding.told


def test_one_that_the_system_killed_was_too_large() -> None:
    assert "smaller model" in examinations.generation(Child({}, "killed by signal 9")).advice
