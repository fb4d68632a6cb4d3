"""The gauges of a dispatcher, which is driven without a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlx_llm_server.frontend.crashes import CrashRegister, CrashStore
from mlx_llm_server.frontend.telemetry import WorkerGauges
from mlx_llm_server.protocol.messages import Delta
from prometheus_client import CollectorRegistry

from ..driver import A, B, Driver, hello


class Shown:
    """A driver and what is shown of it."""

    def __init__(self, crashes: CrashRegister) -> None:
        self.driver = Driver()
        self.registry = CollectorRegistry()
        self.registry.register(WorkerGauges(self.driver.dispatcher, crashes, lambda: self.driver.now))

    def __call__(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"mlx_serve_{name}", labels)


@pytest.fixture
def crashes(tmp_path: Path) -> Iterator[CrashRegister]:
    register = CrashRegister(CrashStore(tmp_path / "crashes", 1), "ipc:///tmp/x", lambda _: None)
    yield register
    register.close()


@pytest.fixture
def shown(crashes: CrashRegister) -> Shown:
    return Shown(crashes)


ONE = {"worker": "worker-1", "pid": "1"}
OF_M = {"gen_ai_response_model": "m"}


def test_without_a_worker_nothing_is_ready(shown: Shown) -> None:
    assert (shown("ready"), shown("queue_length"), shown("workers_expected"), shown("convictions")) == (0, 0, 0, 0)
    assert shown("worker_running", **ONE, **OF_M) is None


def test_a_worker_that_loads_has_a_state_and_no_model(shown: Shown) -> None:
    shown.driver.hear(A, hello())

    assert shown("worker_state", **ONE, state="loading") == 1
    assert shown("worker_state", **ONE, state="ready") == 0
    assert shown("worker_running", **ONE, **OF_M) is None


def test_work_and_tokens_are_shown_while_they_come(shown: Shown) -> None:
    shown.driver.join(A, capacity=2)
    for number in (1, 2, 3):
        shown.driver.submit(number)
    shown.driver.step(A, Delta(1, (7, 8), "x"), Delta(2, (7,), "x"), step=9)
    shown.driver.now += 2

    assert shown("ready") == 1
    assert shown("queue_length") == 1
    assert shown("worker_running", **ONE, **OF_M) == 2
    assert shown("worker_capacity", **ONE) == 2
    assert shown("worker_tokens_total", **ONE, **OF_M) == 3
    assert shown("worker_steps_total", **ONE, **OF_M) == 9
    assert shown("worker_step_age_seconds", **ONE) == 2


def test_memory_is_shown_where_it_is_known(shown: Shown, crashes: CrashRegister) -> None:
    shown.driver.join(A)
    assert shown("worker_memory_bytes", **ONE) is None
    crashes.observe([1])  # there is always a process number 1

    assert (shown("worker_memory_bytes", **ONE) or 0) > 0


def test_two_workers_of_one_name_are_two(shown: Shown) -> None:
    shown.driver.join(A)
    shown.driver.join(B)

    assert shown("worker_capacity", **ONE) == 2
    assert shown("worker_capacity", worker="worker-2", pid="2") == 2
