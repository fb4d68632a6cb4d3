"""How long an engine may be at one step, and a worker at its loading."""

import pytest
from mlx_llm_server.frontend.dispatcher import Action, Limits, Retire, Transmit
from mlx_llm_server.protocol.messages import FrontendBeat, Introduce, Loading, Step, WorkerBeat

from .driver import A, B, C, Driver, generate, hello, piece


@pytest.fixture
def driver() -> Driver:
    return Driver()


WELL = [Transmit(A, FrontendBeat())]


def stands_still(driver: Driver, seconds: float) -> list[Action]:
    driver.beat(A, seconds)
    return driver.tick(1)


def test_the_first_step_may_take_minutes_but_not_for_ever(driver: Driver) -> None:
    driver.join(A)

    assert stands_still(driver, 299) == WELL
    assert stands_still(driver, 301) == [Retire(1, "its engine has stood still for 301 s")]


def test_quick_steps_make_for_little_patience(driver: Driver) -> None:
    driver.join(A)
    driver.beat(A, 0.5, step=1)
    driver.beat(A, 0.1, step=2)

    assert stands_still(driver, 29) == WELL
    assert stands_still(driver, 31) == [Retire(1, "its engine has stood still for 31 s")]


def test_slow_steps_make_for_much_patience(driver: Driver) -> None:
    driver.join(A)
    driver.beat(A, 8, step=1)
    driver.beat(A, 1, step=2)

    assert stands_still(driver, 79) == WELL
    assert stands_still(driver, 81) == [Retire(1, "its engine has stood still for 81 s")]


def test_what_a_worker_is_at_is_no_measure_until_it_is_done(driver: Driver) -> None:
    driver.join(A)
    driver.beat(A, 0.5, step=1)
    for seconds in range(1, 30):
        assert stands_still(driver, seconds) == WELL

    assert stands_still(driver, 31) == [Retire(1, "its engine has stood still for 31 s")]


def test_an_operator_may_set_the_longest_step() -> None:
    driver = Driver(Limits(step_seconds=2))
    driver.join(A)

    assert stands_still(driver, 1.9) == WELL
    assert stands_still(driver, 2.1) == [Retire(1, "its engine has stood still for 2 s")]


def test_two_workers_that_stand_still_do_not_hand_their_work_to_each_other(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.join(B)
    driver.begin(B, 2)
    driver.beat(A, 301)
    driver.beat(B, 301)

    assert not any(isinstance(action, Transmit) for action in driver.tick(1))
    assert driver.join(C) == [generate(C, 1), generate(C, 2)]


def test_what_a_worker_says_after_it_was_given_up_is_not_heard_until_its_process_had_time_to_end(
    driver: Driver,
) -> None:
    driver.join(A)
    driver.begin(A, 1)
    assert stands_still(driver, 301) == [Retire(1, "its engine has stood still for 301 s")]

    for message in (WorkerBeat(1, 1), Step(1, (piece(1, "stop"),)), hello()):
        assert driver.hear(A, message) == []
    assert driver.tick(4) == []
    assert driver.tick(1) == [Transmit(A, Introduce())]
    assert driver.join(A) == [generate(A, 1)]


def test_loading_may_take_long_as_long_as_it_goes_on(driver: Driver) -> None:
    driver.hear(A, hello())

    for done in range(10):
        driver.hear(A, Loading("weights", done, 10))
        for _ in range(200):
            assert driver.tick(10, beating=(A,)) == WELL


def test_the_bound_of_a_step_does_not_hold_while_a_worker_loads(driver: Driver) -> None:
    driver.hear(A, hello())

    assert stands_still(driver, 3000) == WELL


def test_loading_that_stands_still_is_given_up(driver: Driver) -> None:
    driver.hear(A, hello())
    for _ in range(360):
        driver.hear(A, Loading("Downloading m"))
        assert driver.tick(10) == WELL

    assert driver.tick(10, beating=(A,)) == [Retire(1, "its loading has stood still for 3610 s (Downloading m)")]
