"""Deaths of workers: what they had goes on elsewhere, and who is to blame is found out."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from mlx_llm_server.frontend.dispatcher import (
    Action,
    Deliver,
    Exited,
    Pardoned,
    Retire,
    Submitted,
    Transmit,
    Unreachable,
    Why,
)
from mlx_llm_server.protocol.messages import (
    Accepted,
    Cancelled,
    Dead,
    FrontendBeat,
    Introduce,
    Leaving,
    Step,
)

from .driver import A, B, C, Driver, failures, generate, hello, piece, ready, request


@pytest.fixture
def driver() -> Driver:
    return Driver()


# --- death -----------------------------------------------------------------------------------------------


def die_by_exit(driver: Driver) -> list:
    return driver.handle(Exited(1, "killed by SIGKILL"))


def die_by_unreachable(driver: Driver) -> list:
    return driver.handle(Unreachable(A, "its connection is gone"))


def die_by_last_words(driver: Driver) -> list:
    return driver.hear(A, Dead("out of memory"))


def die_by_silence(driver: Driver) -> list:
    return driver.tick(15.1)


def die_by_wedge(driver: Driver) -> list:
    driver.beat(A, still_seconds=301)
    return driver.tick(1)


Death = Callable[[Driver], list]
DEATHS = pytest.mark.parametrize(
    "die", [die_by_exit, die_by_unreachable, die_by_last_words, die_by_silence, die_by_wedge]
)


@DEATHS
def test_a_death_ends_nothing_and_another_worker_resumes_what_ran(driver: Driver, die: Death) -> None:
    driver.join(A, capacity=3)
    for number in (1, 2, 3):
        driver.begin(A, number)
    driver.step(A, piece(2, "stop"))
    driver.step(A, piece(3))
    driver.step(A, piece(3))

    assert failures(die(driver)) == []
    assert driver.dispatcher.workers == []
    assert driver.dispatcher.unfinished == 2
    for again in (die_by_exit, die_by_unreachable, die_by_last_words, die_by_silence):
        assert failures(again(driver)) == []
    assert driver.join(B, capacity=3) == [generate(B, 1), generate(B, 3, 7, 7)]


@DEATHS
def test_a_death_says_nothing_to_those_who_went_away_before(driver: Driver, die: Death) -> None:
    driver.join(A)
    driver.submit(1)
    driver.abandon(1)

    assert failures(die(driver)) == []
    assert driver.abandon(1) == []


@pytest.mark.parametrize("die", [die_by_silence, die_by_wedge])
def test_a_worker_whose_process_may_live_is_retired(driver: Driver, die: Death) -> None:
    driver.join(A)
    driver.submit(1)

    (retired,) = [action for action in die(driver) if isinstance(action, Retire)]

    assert retired.pid == 1


def test_a_client_is_told_of_the_beginning_once_and_hears_nothing_of_a_death(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.step(A, piece(1))
    driver.join(B)

    assert die_by_exit(driver) == [generate(B, 1, 7)]
    assert driver.hear(B, Accepted(1, 5)) == []
    assert driver.step(B, piece(1)) == [Deliver(1, piece(1))]


def test_the_death_of_one_worker_leaves_the_others_alone(driver: Driver) -> None:
    driver.join(A)
    driver.join(B)
    driver.begin(A, 1)
    driver.begin(B, 2)

    assert die_by_exit(driver) == [generate(B, 1)]
    assert driver.worker(B).running == {1, 2}
    assert driver.step(B, piece(2)) == [Deliver(2, piece(2))]


def test_what_one_model_has_begun_no_other_goes_on_with(driver: Driver) -> None:
    driver.join(A, model="one")
    driver.begin(A, 1)
    driver.submit(2)
    die_by_exit(driver)

    assert driver.join(B, model="two") == [generate(B, 2)]
    assert driver.join(C, model="one") == [generate(C, 1)]


def test_what_ran_goes_before_what_waited(driver: Driver) -> None:
    driver.join(A, capacity=1)
    driver.begin(A, 1)
    driver.submit(2)

    assert die_by_exit(driver) == []
    assert driver.join(B) == [generate(B, 1), generate(B, 2)]


def test_what_a_dead_worker_sends_late_reaches_nobody(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    die_by_exit(driver)
    assert driver.join(B) == [generate(B, 1)]

    assert driver.hear(A, Step(2, (piece(1, "stop"),))) == [Transmit(A, Introduce())]
    assert driver.worker(B).running == {1}


@pytest.mark.parametrize("die", [die_by_exit, die_by_unreachable, die_by_last_words, die_by_silence])
def test_what_a_worker_had_not_begun_goes_to_another(driver: Driver, die: Death) -> None:
    driver.join(A)
    driver.submit(1)
    assert failures(die(driver)) == []
    assert driver.dispatcher.queued == 1

    assert driver.join(B) == [generate(B, 1)]


def test_what_was_not_begun_goes_to_another_worker_at_once_and_before_those_who_wait(driver: Driver) -> None:
    driver.join(A, capacity=2)
    driver.join(B, capacity=1)
    for number in (1, 2, 3, 4):
        driver.submit(number)
    assert (driver.worker(A).running, driver.worker(B).running) == ({1, 3}, {2})
    driver.step(B, piece(2, "stop"))  # 4 goes to B
    driver.submit(5)

    assert die_by_exit(driver) == []
    assert driver.step(B, piece(4, "stop"))[1:] == [generate(B, 1)]
    assert driver.step(B, piece(1, "stop"))[1:] == [generate(B, 3)]
    assert driver.step(B, piece(3, "stop"))[1:] == [generate(B, 5)]


def test_what_two_workers_had_not_begun_keeps_its_order(driver: Driver) -> None:
    driver.join(A)
    driver.join(B)
    for number in (1, 2, 3, 4):
        driver.submit(number)
    assert (driver.worker(A).running, driver.worker(B).running) == ({1, 3}, {2, 4})

    driver.handle(Exited(1, "killed by SIGKILL"))
    driver.handle(Exited(2, "killed by SIGKILL"))

    assert driver.join(C, capacity=4) == [generate(C, number) for number in (1, 2, 3, 4)]


def test_when_all_fall_silent_at_once_what_was_not_begun_waits_for_the_next(driver: Driver) -> None:
    driver.join(A)
    driver.join(B)
    driver.submit(1)

    actions = driver.tick(16)

    assert [action.pid for action in actions if isinstance(action, Retire)] == [1, 2]
    assert generate(B, 1) not in actions
    assert driver.join(C) == [generate(C, 1)]


# --- suspects ---------------------------------------------------------------------------------------------


def die_with_all(driver: Driver, *identities: bytes) -> list[Action]:
    """Let workers die, one after the other; return all that follows."""
    return [action for each in identities for action in driver.hear(each, Dead("out of memory"))]


def test_what_two_workers_died_with_runs_alone(driver: Driver) -> None:
    driver.join(A, capacity=4)
    driver.begin(A, 1)
    driver.begin(A, 2)
    driver.join(B, capacity=4)
    die_with_all(driver, A, B)
    assert driver.join(C, capacity=4) == [generate(C, 1)]

    assert driver.submit(3) == []  # it must not run beside a suspect
    assert driver.step(C, piece(1, "stop"))[1:] == [generate(C, 2)]
    assert driver.step(C, piece(2, "stop"))[1:] == [generate(C, 3)]


def suspect_beside_another(driver: Driver) -> None:
    """Make 1 a suspect while the only worker, C, runs 2."""
    driver.join(A)
    driver.begin(A, 1)
    driver.join(B)
    die_with_all(driver, A)
    driver.join(C, capacity=4)
    assert driver.submit(2) == [generate(C, 2)]
    assert die_with_all(driver, B) == []


def test_a_suspect_waits_until_a_worker_is_empty(driver: Driver) -> None:
    suspect_beside_another(driver)

    assert driver.submit(3) == []
    assert driver.join(A) == [generate(A, 3)]
    assert driver.step(C, piece(2, "stop"))[1:] == [generate(C, 1)]
    assert driver.worker(C).running == {1}


def test_the_worker_that_is_kept_is_the_least_loaded(driver: Driver) -> None:
    suspect_beside_another(driver)
    driver.abandon(1)
    driver.join(A)
    driver.begin(A, 3)
    driver.join(B)
    die_with_all(driver, A)
    assert driver.worker(B).running == {3}
    driver.join(A)

    assert die_with_all(driver, B) == [generate(A, 3)]
    assert driver.worker(A).kept_for == 3


def test_one_suspect_runs_at_a_time(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.begin(A, 2)
    driver.join(B)
    die_with_all(driver, A)
    driver.join(C)
    driver.join(A)

    assert die_with_all(driver, B) == [generate(C, 1)]
    assert driver.step(C, piece(1, "stop"))[1:] == [generate(C, 2)]


def test_a_suspect_that_nobody_waits_for_keeps_no_worker(driver: Driver) -> None:
    suspect_beside_another(driver)
    driver.submit(3)

    assert driver.abandon(1) == [generate(C, 3)]
    assert driver.worker(C).kept_for is None


def test_a_worker_that_leaves_is_kept_for_nobody(driver: Driver) -> None:
    suspect_beside_another(driver)
    driver.hear(C, Leaving("told to stop"))

    assert driver.step(C, piece(2, "stop"))[1:] == []
    assert driver.join(A) == [generate(A, 1)]


def test_a_cancelled_suspect_keeps_its_worker_until_it_is_gone(driver: Driver) -> None:
    suspect_beside_another(driver)
    driver.step(C, piece(2, "stop"))
    driver.abandon(1)

    assert driver.submit(3) == []
    assert driver.hear(C, Cancelled(1)) == [generate(C, 3)]


def test_a_suspect_that_kills_its_worker_alone_is_convicted(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.begin(A, 2)
    die_with_all(driver, A)
    driver.join(B)
    die_with_all(driver, B)
    driver.join(C)

    actions = die_with_all(driver, C)

    assert failures(actions) == [(1, Why.CONVICTED)]
    assert driver.join(A) == [generate(A, 2)]
    assert failures(driver.step(A, piece(2, "stop"))) == []
    assert driver.dispatcher.unfinished == 0


def test_deaths_with_progress_in_between_convict_nobody(driver: Driver) -> None:
    """What kills a worker kills the next one at the same place; a long answer may meet many deaths."""
    driver.join(A)
    driver.begin(A, 1)
    for _ in range(5):
        for _ in range(16):
            driver.step(A, piece(1))
        die_with_all(driver, A)
        driver.join(A)
        assert driver.submit(2) != []  # it runs beside others
        driver.abandon(2)
        driver.hear(A, Cancelled(2))


def test_a_suspect_that_got_further_before_it_died_is_none_any_more(driver: Driver) -> None:
    suspect_beside_another(driver)
    driver.step(C, piece(2, "stop"))
    for _ in range(16):
        driver.step(C, piece(1))
    assert failures(die_with_all(driver, C)) == []
    driver.join(A)
    assert driver.worker(A).running == {1}
    assert driver.submit(3) != []


@pytest.mark.parametrize("goes", ["leaves", "starts over"])
def test_a_suspect_whose_worker_goes_of_itself_stays_one_and_is_not_convicted(driver: Driver, goes: str) -> None:
    suspect_beside_another(driver)
    driver.step(C, piece(2, "stop"))
    if goes == "leaves":
        driver.hear(C, Leaving("told to stop"))
        assert failures(driver.handle(Exited(3, "exit code 0"))) == []
    else:
        assert failures(driver.hear(C, hello(3))) == []
    driver.join(A)
    assert driver.worker(A).running == {1}
    assert driver.submit(3) == []


def test_what_was_convicted_is_refused_for_a_while(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    die_with_all(driver, A)
    driver.join(B)
    die_with_all(driver, B)
    driver.join(C)
    assert failures(die_with_all(driver, C)) == [(1, Why.CONVICTED)]
    driver.join(A)

    def again(number: int) -> list[Action]:
        sampling = replace(request(1).sampling, seed=number)
        return driver.handle(Submitted(replace(request(1), generation=number, sampling=sampling), None))

    assert failures(again(2)) == [(2, Why.CONVICTED)]
    assert driver.submit(3) == [generate(A, 3)]  # another one
    driver.tick(601, beating=(A,))
    assert failures(again(4)) == []
    assert driver.dispatcher.convictions == []


def test_a_convicted_request_that_is_pardoned_is_tried_again(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    for identity, successor in ((A, B), (B, C), (C, A)):
        die_with_all(driver, identity)
        driver.join(successor)
    (conviction,) = driver.dispatcher.convictions
    assert "crash" in conviction.reason

    driver.handle(Pardoned("another"))
    assert driver.dispatcher.convictions == [conviction]
    driver.handle(Pardoned(conviction.fingerprint))

    assert driver.dispatcher.convictions == []
    assert driver.submit(1) == [generate(A, 1)]
    assert driver.dispatcher.convictions == []


@pytest.mark.parametrize("goes", ["leaves", "starts over"])
def test_a_worker_that_goes_of_itself_makes_nobody_a_suspect(driver: Driver, goes: str) -> None:
    driver.join(A)
    driver.begin(A, 1)
    for _ in range(5):
        if goes == "leaves":
            driver.hear(A, Leaving("told to stop"))
            driver.handle(Exited(1, "exit code 0"))
        assert failures(driver.hear(A, hello())) == []
        assert driver.hear(A, ready()) == [generate(A, 1)]
    assert driver.submit(2) == [generate(A, 2)]  # beside it


def test_the_exit_of_a_process_that_is_no_worker_changes_nothing(driver: Driver) -> None:
    driver.join(A)

    assert driver.handle(Exited(999, "exit code 1")) == []
    assert driver.dispatcher.ready


def test_a_worker_that_beats_is_not_silent(driver: Driver) -> None:
    driver.join(A)

    for _ in range(10):
        assert driver.tick(10, beating=(A,)) == [Transmit(A, FrontendBeat())]


def test_a_step_is_a_sign_of_life_and_of_progress(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)

    for step in range(100):
        driver.step(A, piece(1), step=step)
        assert driver.tick(10) == [Transmit(A, FrontendBeat())]
