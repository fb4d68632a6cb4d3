"""What the dispatcher tells of a worker that it loses."""

from typing import Any

import pytest
from mlx_llm_server.frontend.dispatcher import (
    Cause,
    Deliver,
    Exited,
    Failure,
    Lost,
    Received,
    Tick,
    Unreachable,
)
from mlx_llm_server.frontend.dispatcher.fingerprint import fingerprint
from mlx_llm_server.protocol.messages import Accepted, Dead, Leaving, Step, WorkerBeat

from .driver import A, B, Driver, hello, piece, request


@pytest.fixture
def driver() -> Driver:
    return Driver()


def lost(driver: Driver) -> Lost:
    (lost,) = driver.lost
    return lost


def test_it_tells_who_it_was_and_how_it_was_seen(driver: Driver) -> None:
    driver.join(A)
    driver.hear(A, WorkerBeat(41, 0))
    driver.now += 3
    driver.hear(A, Dead("out of memory"))

    told = lost(driver)
    assert (told.worker, told.pid, told.model, told.reason) == ("worker-1", 1, "m", "out of memory")
    assert (told.step, told.still_seconds, told.silent_seconds) == (41, 3.0, 0.0)
    assert (told.ready, told.leaving, told.generations) == (True, False, ())


def test_it_tells_how_far_each_of_its_generations_was(driver: Driver) -> None:
    driver.join(A, capacity=3)
    for number in (1, 2, 3):
        driver.submit(number)
    driver.hear(A, Accepted(1, 17))
    driver.accepted.add(1)
    driver.step(A, piece(1), step=5)
    driver.step(A, piece(1), step=6)
    driver.abandon(3)
    driver.now += 2
    driver.handle(Exited(1, "killed by SIGKILL"))

    first, second, third = lost(driver).generations
    assert (first.accepted, first.prompt_tokens, first.tokens, first.age_seconds) == (True, 17, 2, 2.0)
    assert (second.accepted, second.prompt_tokens, second.tokens) == (False, None, 0)
    assert (first.cancelled, second.cancelled, third.cancelled) == (False, False, True)
    assert first.fingerprint == fingerprint(request(1))


@pytest.mark.parametrize(
    ("seen", "later", "cause"),
    [
        (Exited(1, "killed by SIGKILL"), 0, Cause.EXIT),
        (Received(A, Dead("out of memory")), 0, Cause.LAST_WORDS),
        (Unreachable(A, "its connection is gone"), 0, Cause.UNREACHABLE),
        (Unreachable(A, "it sent what is no message", Cause.PROTOCOL), 0, Cause.PROTOCOL),
        (Received(A, Step(1, (piece(1),))), 0, Cause.PROTOCOL),  # of a generation that it had not accepted
        (Tick(), 16, Cause.SILENCE),
    ],
    ids=lambda value: value.value if isinstance(value, Cause) else "",
)
def test_it_says_in_a_word_how_that_was_seen(driver: Driver, seen: Any, later: float, cause: Cause) -> None:
    driver.join(A)
    driver.submit(1)
    driver.now += later
    driver.handle(seen)

    assert lost(driver).cause is cause


def test_a_wedge_and_a_loading_that_stands_still_have_their_own_words(driver: Driver) -> None:
    driver.join(A)
    driver.hear(B, hello(2))
    for _ in range(361):
        driver.now += 10
        driver.beat(A, still_seconds=min(301, driver.now - 1000))
        driver.beat(B)
        driver.handle(Tick())
        if driver.lost:
            break
    assert lost(driver).cause is Cause.WEDGE
    driver.lost.clear()
    while not driver.lost:
        driver.tick(10, beating=(B,))
    assert lost(driver).cause is Cause.LOADING


def test_of_one_that_loads_it_tells_what_it_was_to_load(driver: Driver) -> None:
    driver.hear(A, hello())
    driver.handle(Unreachable(A, "its connection is gone"))

    assert (lost(driver).ready, lost(driver).model) == (False, "path/of/model")


def test_it_tells_that_one_had_said_that_it_leaves(driver: Driver) -> None:
    driver.join(A)
    driver.hear(A, Leaving("told to stop"))
    driver.hear(A, Dead("told to stop"))

    assert lost(driver).leaving


def test_a_death_that_is_seen_twice_is_told_once(driver: Driver) -> None:
    driver.join(A)
    driver.handle(Unreachable(A, "its connection is gone"))
    driver.handle(Exited(1, "killed by SIGKILL"))

    assert lost(driver).reason == "its connection is gone"


def test_each_loss_has_an_id_of_its_own(driver: Driver) -> None:
    for identity in (A, B, A):
        driver.join(identity)
        driver.now += 1
        driver.handle(Unreachable(identity, "its connection is gone"))

    ids = [told.crash for told in driver.lost]
    assert len(set(ids)) == 3
    assert all(len(crash) == 10 for crash in ids)


def test_a_client_hears_the_id(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    actions = driver.handle(Exited(1, "killed by SIGKILL"))
    for _ in range(2):  # the third death convicts it
        driver.join(A)
        actions = driver.handle(Exited(1, "killed by SIGKILL"))

    (action,) = actions
    assert isinstance(action, Deliver)
    assert isinstance(action.item, Failure)
    assert f"crash {driver.lost[-1].crash}" in action.item.message
