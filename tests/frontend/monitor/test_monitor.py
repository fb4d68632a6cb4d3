"""What is remembered of a dispatcher that is driven by hand, looked at once a second."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.frontend.crashes import CrashRegister, CrashStore
from mlx_llm_server.frontend.monitor import HISTORY_SECONDS, Monitor
from mlx_llm_server.protocol.messages import Dead, Delta, Leaving, Step

from ..driver import A, B, Driver, hello, ready

WALL = 1_700_000_000.0


class Watched:
    """A driver, and a monitor that looks at its dispatcher."""

    def __init__(self, folder: Path) -> None:
        self.driver = Driver()
        self.crashes = CrashRegister(CrashStore(folder, keep=0), "ipc:///somewhere", lambda _: None)
        self.monitor = Monitor(self.driver.dispatcher, self.crashes, WALL)
        self._wall = WALL
        self.look(0)

    def look(self, seconds: float = 1.0) -> None:
        self.driver.now += seconds
        self._wall += seconds
        self.monitor.look(self.driver.now, self._wall)

    def lose(self, identity: bytes) -> None:
        """Let a worker die; the register hears of it, as the exchange has it."""
        self.driver.hear(identity, Dead("out of memory"))
        self.crashes.lost(self.driver.lost[-1])

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(each.worker, each.kind) for each in self.monitor.happenings]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def tokens(count: int, number: int = 1) -> Delta:
    return Delta(number, tuple(range(count)), "text")


def on_a_loop(doing: Coroutine[Any, Any, None]) -> None:
    asyncio.run(doing)


def test_a_second_is_told_by_its_tokens_and_what_ran_and_waited(watched: Watched) -> None:
    driver = watched.driver
    driver.join(A, capacity=1)
    driver.begin(A, 1)
    driver.submit(2)
    driver.now += 0.25
    driver.step(A, tokens(10))
    watched.look(0.75)
    watched.look()

    columns = watched.monitor.history.columns(60)

    assert columns["time"] == [WALL + 0.75, WALL + 1.75]
    assert columns["tokens_per_second"] == [10.0, 0.0]
    assert columns["ttft_seconds"] == [0.25, None]
    assert columns["running"] == [1, 1]
    assert columns["queued"] == [1, 1]
    assert columns["memory_bytes"] == [0, 0]


def test_a_look_that_comes_late_tells_the_rate_and_not_the_number(watched: Watched) -> None:
    watched.driver.join(A)
    watched.driver.begin(A, 1)
    watched.driver.step(A, tokens(100))
    watched.look(4)

    assert watched.monitor.history.columns(60)["tokens_per_second"] == [25.0]


def test_no_token_of_a_lost_worker_is_missed(watched: Watched) -> None:
    watched.driver.join(A)
    watched.driver.begin(A, 1)
    watched.driver.step(A, tokens(30))

    async def lose() -> None:
        watched.lose(A)
        watched.crashes.close()

    on_a_loop(lose())
    watched.look()

    assert watched.driver.dispatcher.tally.tokens == 30
    assert watched.monitor.history.columns(60)["tokens_per_second"] == [30.0]


def test_only_the_last_minutes_are_kept_and_only_the_seconds_asked_for_are_told(watched: Watched) -> None:
    for _ in range(HISTORY_SECONDS + 5):
        watched.look()

    assert len(watched.monitor.history.columns(10 * HISTORY_SECONDS)["time"]) == HISTORY_SECONDS
    assert len(watched.monitor.history.columns(5)["time"]) == 5
    assert watched.monitor.history.columns(0)["time"] == []


def test_the_rate_of_a_worker_is_the_mean_of_its_last_seconds(watched: Watched) -> None:
    driver = watched.driver
    driver.join(A)
    driver.join(B)
    watched.look()
    driver.begin(A, 1)
    for step in range(1, 4):
        driver.hear(A, Step(step, (tokens(10 * step),)))
        watched.look()

    assert watched.monitor.tokens_per_second(driver.worker(A)) == 20.0
    assert watched.monitor.tokens_per_second(driver.worker(B)) == 0.0
    assert watched.monitor.history.tokens_per_second == 20.0


def test_what_becomes_of_workers_is_told_the_newest_first(watched: Watched) -> None:
    driver = watched.driver
    driver.hear(A, hello(1))
    watched.look()
    driver.hear(A, ready())
    watched.look()
    watched.look()
    driver.hear(A, Leaving("told to stop"))
    watched.look()

    assert watched.kinds == [("worker-1", "leaving"), ("worker-1", "ready"), ("worker-1", "loading")]
    assert watched.monitor.happenings[0].time == WALL + 4


def test_a_death_is_told_with_its_crash_and_those_who_go_on(watched: Watched) -> None:
    driver = watched.driver
    driver.join(A)
    driver.begin(A, 1)
    driver.step(A, tokens(3))
    driver.join(B)
    watched.look()

    async def lose() -> None:
        watched.lose(A)
        watched.look()
        watched.crashes.close()

    on_a_loop(lose())

    died, resumed = [each for each in watched.monitor.happenings if each.kind in ("died", "resumed")]
    assert (died.worker, died.pid, died.generations) == ("worker-1", 1, 1)
    assert died.crash is not None
    assert [each.crash for each in watched.monitor.happenings if each.kind == "died"] == [died.crash]
    assert (resumed.worker, resumed.generations) == ("worker-2", 1)
    assert watched.crashes.deaths == 1
    assert watched.driver.dispatcher.tally.resumed == 1
    assert ("worker-1", "left") not in watched.kinds


def test_a_worker_that_goes_by_itself_has_left(watched: Watched) -> None:
    driver = watched.driver
    driver.join(A)
    watched.look()
    driver.drain(A, successor=False)
    watched.look()

    assert watched.kinds[0] == ("worker-1", "left")
    assert watched.crashes.deaths == 0
