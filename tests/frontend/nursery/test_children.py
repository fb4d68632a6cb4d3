"""The processes of our own workers; most of it is tested in tests/system."""

import pytest
from mlx_llm_server.frontend.nursery.children import worker_environment


def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 16)

    assert worker_environment(1) == {}  # it chooses by itself
    assert [worker_environment(count)["OPENBLAS_NUM_THREADS"] for count in (2, 4, 16)] == ["8", "4", "1"]


def test_what_the_operator_said_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")

    assert worker_environment(16) == {}
