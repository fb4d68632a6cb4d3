"""Workers that are drained: what they have finishes in time, or goes on elsewhere without a death."""

import pytest
from mlx_llm_server.frontend.dispatcher import (
    Deliver,
    Drained,
    Exited,
    Expecting,
    Failure,
    Transmit,
    Unreachable,
    Why,
    WorkerState,
)
from mlx_llm_server.protocol.messages import (
    PROTOCOL_VERSION,
    Cancel,
    Cancelled,
    Dead,
    FrontendBeat,
    Introduce,
    Leaving,
    Loading,
    Refused,
    Step,
    Welcome,
    WorkerBeat,
)

from .driver import A, B, C, Driver, failures, generate, hello, piece, ready

A_IS_DRAINED = Drained("worker-1", 1)


@pytest.fixture
def driver() -> Driver:
    return Driver()


def refusals(actions: list) -> list[bytes]:
    return [a.identity for a in actions if isinstance(a, Transmit) and isinstance(a.message, Refused)]


# --- in time ---------------------------------------------------------------------------------------------


def test_a_draining_worker_gets_nothing_new(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)

    assert driver.drain(A) == []
    assert driver.worker(A).state is WorkerState.DRAINING
    assert not driver.dispatcher.ready
    assert driver.submit(2) == []
    assert driver.join(B) == [generate(B, 2)]


def test_what_it_has_may_finish_and_then_it_is_drained(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.begin(A, 2)
    driver.drain(A)

    assert driver.step(A, piece(1, "stop")) == [Deliver(1, piece(1, "stop"))]
    assert driver.step(A, piece(2, "stop")) == [Deliver(2, piece(2, "stop")), A_IS_DRAINED]


def test_what_was_given_but_not_begun_may_finish_too(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    driver.drain(A)

    assert driver.step(A, piece(1, "stop"))[-1] == A_IS_DRAINED


def test_an_empty_worker_is_drained_at_once_and_that_is_told_once(driver: Driver) -> None:
    driver.join(A)

    assert driver.drain(A) == [A_IS_DRAINED]
    assert driver.drain(A) == []
    assert driver.tick(100, beating=(A,)) == [Transmit(A, FrontendBeat())]


def test_a_worker_that_loads_is_drained_at_once_and_never_gets_ready(driver: Driver) -> None:
    driver.hear(A, hello())

    assert driver.drain(A) == [A_IS_DRAINED]
    driver.hear(A, Loading("weights", 1, 2))
    driver.hear(A, ready())
    assert driver.worker(A).state is WorkerState.DRAINING
    assert driver.ready == []


def test_a_cancelled_generation_is_waited_for(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.drain(A)

    assert driver.abandon(1) == [Transmit(A, Cancel(1))]
    assert driver.hear(A, Cancelled(1)) == [A_IS_DRAINED]


# --- when the time is up ---------------------------------------------------------------------------------


def test_when_the_time_is_up_another_worker_goes_on(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.begin(A, 2)
    driver.step(A, piece(2))
    driver.drain(A, seconds=30)
    driver.join(B)
    driver.tick(29, beating=(A, B))

    actions = driver.tick(1)

    assert actions[:5] == [
        Transmit(A, Cancel(1)),
        Transmit(A, Cancel(2)),
        A_IS_DRAINED,
        generate(B, 1),
        generate(B, 2, 7),
    ]
    assert driver.lost == []


def test_what_it_says_later_reaches_nobody_and_frees_no_credit(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.join(B)
    driver.drain(A, seconds=0)
    assert driver.worker(B).running == {1}

    assert driver.hear(A, Step(5, (piece(1), piece(1, "stop")))) == []
    assert driver.hear(A, Cancelled(1)) == []
    assert driver.worker(B).running == {1}
    assert driver.step(B, piece(1, "stop")) == [Deliver(1, piece(1, "stop"))]


def test_nobody_who_was_taken_away_is_suspected(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    for identity in (B, C, b"d.4", b"e.5"):
        driver.join(identity)
        (runs,) = [worker.identity for worker in driver.dispatcher.workers if worker.running]
        driver.drain(runs, seconds=0)
        driver.handle(Exited(int(runs[-1:]), "exit code 0"))
    assert driver.submit(2) == [generate(b"e.5", 2)], "it runs beside another"


def test_with_a_successor_to_come_what_is_left_waits_for_it_before_those_who_came_later(driver: Driver) -> None:
    driver.join(A, capacity=1)
    driver.begin(A, 1)
    driver.submit(2)

    assert driver.drain(A, seconds=0) == [Transmit(A, Cancel(1)), A_IS_DRAINED]
    assert driver.join(B) == [generate(B, 1), generate(B, 2)]


def test_without_a_successor_it_goes_on_until_another_one_takes_its_work(driver: Driver) -> None:
    driver.join(A, model="one")
    driver.begin(A, 1)
    driver.join(B, model="two")

    assert driver.drain(A, seconds=5, successor=False) == []
    assert driver.tick(100, beating=(A, B)) == [Transmit(A, FrontendBeat()), Transmit(B, FrontendBeat())]
    actions = driver.join(C, model="one")

    assert refusals(actions) == [A]
    assert generate(C, 1) in actions


def test_when_the_time_is_up_a_cancelled_generation_is_not_waited_for(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.abandon(1)

    assert driver.drain(A, seconds=0) == [A_IS_DRAINED]
    assert driver.hear(A, Cancelled(1)) == []
    assert driver.dispatcher.unfinished == 0


def test_with_a_successor_to_come_all_wait_as_long_as_it_may_take_to_load(driver: Driver) -> None:
    driver.handle(Expecting(1))
    driver.join(A)
    driver.drain(A)
    driver.submit(1)
    driver.handle(Exited(1, "exit code 0"))

    assert failures(driver.tick(290)) == []
    assert driver.join(B) == [generate(B, 1)]
    driver.handle(Exited(2, "killed by SIGKILL"))
    driver.submit(2)
    assert failures(driver.tick(31)) == [(2, Why.UNAVAILABLE)], "nobody has promised another one"


# --- suspects --------------------------------------------------------------------------------------------


def suspect_on(driver: Driver, identity: bytes) -> None:
    """Make 1 a suspect that runs alone on this worker."""
    driver.join(A)
    driver.begin(A, 1)
    driver.hear(A, Dead("out of memory"))
    driver.join(A)
    driver.hear(A, Dead("out of memory"))
    assert driver.join(identity) == [generate(identity, 1)]


def test_a_suspect_that_is_taken_away_stays_one_and_is_not_convicted(driver: Driver) -> None:
    suspect_on(driver, B)
    driver.join(C)

    assert driver.drain(B, seconds=0)[-1] == generate(C, 1)
    assert driver.worker(C).kept_for == 1
    assert failures(driver.handle(Exited(2, "exit code 0"))) == []
    assert driver.submit(2) == [], "it must not run beside a suspect"


def test_a_draining_worker_is_kept_for_no_suspect(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.join(B)
    driver.hear(A, Dead("out of memory"))
    driver.join(C)
    driver.begin(C, 2)
    driver.hear(B, Dead("out of memory"))
    assert driver.worker(C).kept_for == 1

    driver.drain(C)

    assert driver.worker(C).kept_for is None
    assert driver.join(A) == [generate(A, 1)]


def test_a_suspect_that_kills_a_draining_worker_is_convicted(driver: Driver) -> None:
    suspect_on(driver, B)
    driver.drain(B)

    assert failures(driver.hear(B, Dead("out of memory"))) == [(1, Why.CONVICTED)]


# --- a worker that is not ours ---------------------------------------------------------------------------


def test_a_worker_without_a_successor_is_refused_once_it_is_empty_and_ever_after(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    assert driver.drain(A, successor=False) == []

    assert refusals(driver.step(A, piece(1, "stop"))) == [A]
    assert driver.dispatcher.workers == []
    assert driver.lost == []
    assert driver.hear(A, WorkerBeat(5, 0)) == [Transmit(A, Introduce())]
    assert refusals(driver.hear(A, hello())) == [A]


def test_one_that_starts_over_while_it_is_drained_is_refused_and_its_work_goes_elsewhere(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.drain(A, successor=False)

    assert refusals(driver.hear(A, hello())) == [A]
    assert driver.join(B) == [generate(B, 1)]


# --- what else can happen meanwhile ----------------------------------------------------------------------


@pytest.mark.parametrize("seen", [Exited(1, "killed by SIGKILL"), Unreachable(A, "its connection is gone")])
def test_a_death_while_draining_is_a_death_like_any(driver: Driver, seen: Exited | Unreachable) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.drain(A)

    actions = driver.handle(seen)

    assert [lost.pid for lost in driver.lost] == [1]
    assert actions == ([] if isinstance(seen, Exited) else [A_IS_DRAINED])
    assert driver.join(B) == [generate(B, 1)]


def test_one_of_ours_that_comes_back_from_silence_gets_nothing_new(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.drain(A)
    driver.handle(Unreachable(A, "it does not read"))

    assert driver.hear(A, hello()) == [Transmit(A, Welcome(PROTOCOL_VERSION))]
    assert driver.hear(A, ready()) == []
    assert driver.worker(A).state is WorkerState.DRAINING


def test_a_draining_worker_may_be_told_to_leave(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.drain(A)

    assert driver.hear(A, Leaving("told to stop")) == []
    assert driver.step(A, piece(1, "stop"))[-1] == A_IS_DRAINED


def test_draining_what_is_not_there_does_nothing(driver: Driver) -> None:
    assert driver.drain(A) == []


# --- readiness and trouble -------------------------------------------------------------------------------


def test_a_worker_tells_once_that_it_is_ready(driver: Driver) -> None:
    driver.join(A)
    driver.hear(A, ready())

    assert [(told.worker, told.pid) for told in driver.ready] == [("worker-1", 1)]


def test_in_trouble_nobody_waits_who_has_nothing_yet(driver: Driver) -> None:
    driver.handle(Expecting(1))
    driver.submit(1)
    driver.handle(Expecting(1, "worker-1 ended 5 times"))

    (told,) = driver.tick(1)
    (told_later,) = driver.submit(2)

    for deliver in (told, told_later):
        assert isinstance(deliver, Deliver)
        assert isinstance(deliver.item, Failure)
        assert deliver.item.why is Why.UNAVAILABLE
        assert "worker-1 ended 5 times" in deliver.item.message


def test_in_trouble_nobody_waits_whose_worker_died_before_it_began(driver: Driver) -> None:
    driver.handle(Expecting(1))
    driver.join(A)
    driver.submit(1)
    driver.handle(Exited(1, "killed by SIGKILL"))
    driver.handle(Expecting(1, "worker-1 ended 5 times"))

    assert failures(driver.tick(1)) == [(1, Why.UNAVAILABLE)]


def test_in_trouble_half_an_answer_still_waits(driver: Driver) -> None:
    driver.handle(Expecting(1))
    driver.join(A)
    driver.begin(A, 1)
    driver.handle(Exited(1, "killed by SIGKILL"))
    driver.handle(Expecting(1, "worker-1 ended 5 times"))

    assert failures(driver.tick(100)) == []
    assert driver.join(B) == [generate(B, 1)]


def test_trouble_does_not_concern_those_whom_another_worker_serves(driver: Driver) -> None:
    driver.join(A, capacity=1)
    driver.handle(Expecting(1, "worker-1 ended 5 times"))

    assert driver.submit(1) == [generate(A, 1)]
    assert driver.submit(2) == []
    assert failures(driver.tick(10)) == []
