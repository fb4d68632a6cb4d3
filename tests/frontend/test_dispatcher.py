"""One test a failure case; the states are told at the top of `frontend/dispatcher.py`."""

from collections.abc import Callable

import pytest
from mlx_llm_server.frontend.dispatcher import (
    Action,
    Deliver,
    Exited,
    Expecting,
    Failure,
    Limits,
    Retire,
    Started,
    Transmit,
    Unreachable,
    Why,
    WorkerState,
)
from mlx_llm_server.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    Cancel,
    Cancelled,
    Dead,
    Failed,
    FromWorker,
    FrontendBeat,
    Introduce,
    Leaving,
    Loading,
    Model,
    Refused,
    Step,
    Welcome,
    WorkerBeat,
)

from .driver import A, B, C, Driver, generate, hello, piece, ready, request


@pytest.fixture
def driver() -> Driver:
    return Driver()


def failures(actions: list) -> list[tuple[int, Why]]:
    return [(a.generation, a.item.why) for a in actions if isinstance(a, Deliver) and isinstance(a.item, Failure)]


# --- greeting --------------------------------------------------------------------------------------------


def test_a_hello_is_welcomed_and_the_worker_loads(driver: Driver) -> None:
    assert driver.hear(A, hello()) == [Transmit(A, Welcome(PROTOCOL_VERSION))]
    assert driver.worker(A).state is WorkerState.LOADING
    assert not driver.dispatcher.ready


def test_a_newer_minor_version_is_welcomed(driver: Driver) -> None:
    assert driver.hear(A, hello(protocol="2.99")) == [Transmit(A, Welcome(PROTOCOL_VERSION))]


def test_another_major_version_is_refused_in_a_sentence_with_both(driver: Driver) -> None:
    (action,) = driver.hear(A, hello(protocol="1.7"))

    assert isinstance(action, Transmit)
    assert isinstance(action.message, Refused)
    assert PROTOCOL_VERSION in action.message.reason
    assert "1.7" in action.message.reason
    assert driver.dispatcher.workers == []


def test_the_loading_is_kept_for_those_who_ask(driver: Driver) -> None:
    driver.hear(A, hello())

    assert driver.hear(A, Loading("weights", 3, 7)) == []
    assert driver.worker(A).loading == Loading("weights", 3, 7)


def test_a_ready_worker_serves_its_model(driver: Driver) -> None:
    assert driver.join(A, model="m") == []
    assert driver.dispatcher.ready
    assert driver.dispatcher.models == [Model("m", 0, 4096)]


@pytest.mark.parametrize(
    "message",
    [ready(), Loading("x"), WorkerBeat(1, 1), Step(1, (piece(1),)), Accepted(1, 5), Failed(1, "internal", "x")],
    ids=lambda message: type(message).__name__,
)
def test_a_message_of_an_unknown_worker_asks_it_to_introduce_itself(driver: Driver, message: FromWorker) -> None:
    driver.join(B)
    driver.submit(1)

    assert driver.hear(A, message) == [Transmit(A, Introduce())]
    assert driver.worker(B).running == {1}


def test_the_last_words_of_an_unknown_worker_need_no_answer(driver: Driver) -> None:
    assert driver.hear(A, Dead("out of memory")) == []


def test_a_worker_that_starts_over_loads_again_and_resumes_what_it_had(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)
    driver.step(A, piece(1))

    assert driver.hear(A, hello()) == [Transmit(A, Welcome(PROTOCOL_VERSION))]
    assert driver.worker(A).state is WorkerState.LOADING
    assert driver.worker(A).running == set()
    assert driver.hear(A, ready()) == [generate(A, 1, 7)]


# --- giving out work -------------------------------------------------------------------------------------


def test_a_generation_goes_to_a_ready_worker_at_once(driver: Driver) -> None:
    driver.join(A)

    assert driver.submit(1) == [generate(A, 1)]
    assert driver.worker(A).running == {1}


def test_a_generation_goes_to_the_least_loaded_worker(driver: Driver) -> None:
    driver.join(A, capacity=4)
    driver.join(B, capacity=2)

    given = [driver.submit(number) for number in range(1, 7)]

    # By the share of the capacity in use; the one that came first wins a tie.
    assert given == [
        [generate(A, 1)],
        [generate(B, 2)],
        [generate(A, 3)],
        [generate(A, 4)],
        [generate(B, 5)],
        [generate(A, 6)],
    ]


def test_what_no_worker_has_room_for_waits_and_goes_out_in_order(driver: Driver) -> None:
    driver.join(A, capacity=1)
    driver.submit(1)

    assert driver.submit(2) == []
    assert driver.submit(3) == []
    assert driver.dispatcher.queued == 2
    assert driver.step(A, piece(1, "stop")) == [Deliver(1, piece(1, "stop")), generate(A, 2)]
    assert driver.step(A, piece(2, "length")) == [Deliver(2, piece(2, "length")), generate(A, 3)]


def test_what_came_while_a_worker_loads_goes_out_when_it_is_ready_up_to_its_capacity(driver: Driver) -> None:
    driver.hear(A, hello())
    for number in (1, 2, 3):
        assert driver.submit(number) == []

    assert driver.hear(A, ready(capacity=2)) == [generate(A, 1), generate(A, 2)]
    assert driver.dispatcher.queued == 1


def test_what_a_worker_starts_computing_is_told_with_its_model_and_prompt_length(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)

    assert driver.hear(A, Accepted(1, 17)) == [Deliver(1, Started(Model("m", 0, 4096), 17))]


def test_the_deltas_of_a_step_are_delivered_in_its_order(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    driver.submit(2)

    assert driver.step(A, piece(2), piece(1)) == [Deliver(2, piece(2)), Deliver(1, piece(1))]


# --- the ends of a generation ----------------------------------------------------------------------------


def test_a_finished_delta_gives_the_credit_back(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)

    driver.step(A, piece(1, "stop"))

    assert driver.worker(A).running == set()
    assert driver.dispatcher.unfinished == 0


@pytest.mark.parametrize(
    ("kind", "why"), [("invalid", Why.INVALID), ("internal", Why.INTERNAL), ("?", Why.INTERNAL)]
)
def test_a_failure_is_delivered_and_gives_the_credit_to_the_next(driver: Driver, kind: str, why: Why) -> None:
    driver.join(A, capacity=1)
    driver.submit(1)
    driver.submit(2)

    actions = driver.hear(A, Failed(1, kind, "too long", "messages", "context_length_exceeded"))

    failure = Failure(why, "too long", "messages", "context_length_exceeded")
    assert actions == [Deliver(1, failure), generate(A, 2)]
    assert driver.worker(A).running == {2}


@pytest.mark.parametrize(
    "again",
    [Step(2, (piece(1),)), Step(2, (piece(1, "stop"),)), Failed(1, "internal", "x"), Cancelled(1), Accepted(1, 5)],
    ids=["delta", "finish", "failed", "cancelled", "accepted"],
)
def test_what_comes_after_the_end_is_dropped_and_frees_nothing_twice(driver: Driver, again: FromWorker) -> None:
    driver.join(A, capacity=1)
    driver.submit(1)
    driver.step(A, piece(1, "stop"))
    driver.submit(2)
    driver.submit(3)

    assert driver.hear(A, again) == []
    assert driver.worker(A).running == {2}


@pytest.mark.parametrize(
    "message",
    [Step(2, (piece(1),)), Step(2, (piece(1, "stop"),)), Failed(1, "internal", "x"), Cancelled(1), Accepted(1, 5)],
    ids=["delta", "finish", "failed", "cancelled", "accepted"],
)
def test_what_another_worker_says_of_a_generation_is_dropped(driver: Driver, message: FromWorker) -> None:
    driver.join(A)
    driver.submit(1)
    driver.join(B)

    assert driver.hear(B, message) == []
    assert driver.worker(A).running == {1}
    assert driver.dispatcher.unfinished == 1


# --- nobody waits any more -------------------------------------------------------------------------------


def test_abandoning_a_queued_generation_forgets_it(driver: Driver) -> None:
    driver.join(A, capacity=1)
    driver.submit(1)
    driver.submit(2)
    driver.submit(3)

    assert driver.abandon(2) == []
    assert driver.step(A, piece(1, "stop")) == [Deliver(1, piece(1, "stop")), generate(A, 3)]


def test_abandoning_a_running_generation_cancels_it_once(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)

    assert driver.abandon(1) == [Transmit(A, Cancel(1))]
    assert driver.abandon(1) == []


def test_abandoning_what_is_unknown_or_over_does_nothing(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    driver.step(A, piece(1, "stop"))

    assert driver.abandon(1) == []
    assert driver.abandon(99) == []


@pytest.mark.parametrize(
    "terminal",
    [Cancelled(1), Step(2, (piece(1, "stop"),)), Failed(1, "internal", "x")],
    ids=["cancelled", "finished", "failed"],
)
def test_the_credit_of_a_cancelled_generation_is_held_until_its_terminal_message(
    driver: Driver, terminal: FromWorker
) -> None:
    driver.join(A, capacity=1)
    driver.submit(1)
    driver.submit(2)
    driver.abandon(1)
    assert driver.worker(A).running == {1}
    assert driver.dispatcher.unfinished == 1

    assert driver.hear(A, terminal) == [generate(A, 2)]
    assert driver.worker(A).running == {2}


def test_what_comes_for_a_cancelled_generation_is_not_delivered(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    driver.abandon(1)

    assert driver.hear(A, Accepted(1, 17)) == []
    assert driver.step(A, piece(1)) == []


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
    for _ in range(30):
        driver.tick(10, beating=(A,))
    return driver.tick(1, beating=(A,))


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

    assert failures(driver.submit(2)) == [(2, Why.CONVICTED)]  # the same but for its seed
    driver.tick(601)
    driver.join(A)
    assert driver.submit(3) == [generate(A, 3)]


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


def test_a_step_counter_that_moves_in_beats_is_progress_too(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)

    for step in range(1, 100):
        driver.hear(A, WorkerBeat(step, 1))
        assert driver.tick(10) == [Transmit(A, FrontendBeat())]


def test_a_worker_without_work_is_not_wedged_nor_is_it_when_work_comes_after_hours(driver: Driver) -> None:
    driver.join(A)
    for _ in range(1000):
        assert driver.tick(10, beating=(A,)) == [Transmit(A, FrontendBeat())]

    driver.submit(1)

    assert driver.tick(10, beating=(A,)) == [Transmit(A, FrontendBeat())]


def test_a_worker_may_load_for_longer_than_the_wedge_limit(driver: Driver) -> None:
    driver.hear(A, hello())

    for done in range(100):
        driver.hear(A, Loading("weights", done, 100))
        assert driver.tick(10) == [Transmit(A, FrontendBeat())]


# --- leaving ---------------------------------------------------------------------------------------------


def test_a_leaving_worker_finishes_what_it_has_and_gets_nothing_new(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)

    driver.hear(A, Leaving("told to stop"))

    assert driver.submit(2) == []
    assert driver.step(A, piece(1, "stop")) == [Deliver(1, piece(1, "stop"))]
    assert not driver.dispatcher.ready
    assert driver.join(B) == [generate(B, 2)]


def test_a_worker_that_was_told_to_leave_while_it_loaded_gets_nothing_when_it_is_ready(driver: Driver) -> None:
    driver.hear(A, hello())
    driver.submit(1)
    driver.hear(A, Leaving("told to stop"))

    assert driver.hear(A, ready()) == []


# --- several models --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, "m", "gpt-3.5-turbo"])
def test_with_one_model_any_name_is_answered(driver: Driver, name: str | None) -> None:
    driver.join(A, model="m")

    assert driver.submit(1, name) == [generate(A, 1)]


def test_with_several_models_each_gets_what_names_it(driver: Driver) -> None:
    driver.join(A, model="one")
    driver.join(B, model="two")

    assert driver.submit(1, "two") == [generate(B, 1)]
    assert driver.submit(2, "one") == [generate(A, 2)]


@pytest.mark.parametrize(("name", "what"), [("three", "The model 'three' does not exist"), (None, "No model")])
def test_with_several_models_another_name_is_answered_with_the_list(
    driver: Driver, name: str | None, what: str
) -> None:
    driver.join(A, model="one")
    driver.join(B, model="two")

    (action,) = driver.submit(1, name)

    assert isinstance(action, Deliver)
    assert isinstance(action.item, Failure)
    assert action.item.why is Why.UNKNOWN_MODEL
    assert action.item.message.startswith(what)
    assert "'one', 'two'" in action.item.message
    assert (action.item.param, action.item.code) == ("model", "model_not_found")
    assert driver.dispatcher.unfinished == 0


def test_a_full_worker_does_not_hold_up_those_who_wait_for_another_model(driver: Driver) -> None:
    driver.join(A, capacity=1, model="one")
    driver.join(B, capacity=1, model="two")
    driver.submit(1, "one")
    driver.submit(2, "one")

    assert driver.submit(3, "two") == [generate(B, 3)]
    assert driver.dispatcher.queued == 1


def test_a_model_is_remembered_for_a_while_after_its_last_worker(driver: Driver) -> None:
    driver.join(A, model="one")
    driver.join(B, model="two")
    die_by_exit(driver)
    driver.join(C, model="two")

    driver.tick(10, beating=(B, C))
    assert driver.submit(1, "one") == []
    driver.abandon(1)
    for _ in range(29):
        driver.tick(10, beating=(B, C))
    assert [model.id for model in driver.dispatcher.models] == ["one", "two"]
    driver.tick(1, beating=(B, C))
    assert [model.id for model in driver.dispatcher.models] == ["two"]


def test_a_model_with_a_worker_is_never_forgotten(driver: Driver) -> None:
    driver.join(A)

    for _ in range(100):
        driver.tick(10, beating=(A,))

    assert [model.id for model in driver.dispatcher.models] == ["m"]


# --- waiting ---------------------------------------------------------------------------------------------


def test_without_any_worker_a_generation_fails_at_once(driver: Driver) -> None:
    assert failures(driver.submit(1)) == [(1, Why.UNAVAILABLE)]
    assert driver.dispatcher.unfinished == 0


def test_with_a_worker_on_its_way_a_generation_waits(driver: Driver) -> None:
    driver.handle(Expecting(1))

    assert driver.submit(1) == []
    assert driver.join(A) == [generate(A, 1)]


def test_once_every_expected_worker_was_given_up_a_generation_fails_at_once(driver: Driver) -> None:
    driver.handle(Expecting(1))
    driver.handle(Expecting(0))

    assert failures(driver.submit(1)) == [(1, Why.UNAVAILABLE)]


def test_a_full_queue_refuses_more() -> None:
    driver = Driver(Limits(queue_length=2))
    driver.join(A, capacity=1)
    for number in (1, 2, 3):
        driver.submit(number)

    assert failures(driver.submit(4)) == [(4, Why.OVERLOADED)]
    driver.abandon(2)
    assert driver.submit(5) == []


def test_with_no_queue_a_worker_with_room_still_takes_its_share() -> None:
    driver = Driver(Limits(queue_length=0))
    driver.join(A, capacity=1)

    assert driver.submit(1) == [generate(A, 1)]
    assert failures(driver.submit(2)) == [(2, Why.OVERLOADED)]


def test_a_queue_full_of_one_model_does_not_refuse_another_that_has_room() -> None:
    driver = Driver(Limits(queue_length=1))
    driver.join(A, capacity=1, model="one")
    driver.join(B, capacity=1, model="two")
    driver.submit(1, "one")
    driver.submit(2, "one")

    assert driver.submit(3, "two") == [generate(B, 3)]
    assert failures(driver.submit(4, "two")) == [(4, Why.OVERLOADED)]


def test_what_waits_too_long_for_a_busy_worker_fails_and_is_not_given_out_later() -> None:
    driver = Driver(Limits(queue_seconds=60))
    driver.join(A, capacity=1)
    driver.submit(1)
    driver.submit(2)

    for step in range(6):
        driver.step(A, piece(1), step=step)
        assert failures(driver.tick(10)) == []
    driver.step(A, piece(1), step=7)
    assert failures(driver.tick(1)) == [(2, Why.UNAVAILABLE)]
    assert driver.step(A, piece(1, "stop")) == [Deliver(1, piece(1, "stop"))]


def test_what_waits_for_a_worker_that_is_not_ready_fails_sooner() -> None:
    driver = Driver(Limits(queue_seconds=300, unready_seconds=30))
    driver.hear(A, hello())
    driver.submit(1)

    for _ in range(3):
        assert failures(driver.tick(10, beating=(A,))) == []
    assert failures(driver.tick(1, beating=(A,))) == [(1, Why.UNAVAILABLE)]


def test_what_has_waited_long_for_a_worker_waits_on_while_it_is_restarted() -> None:
    driver = Driver(Limits(queue_seconds=300, unready_seconds=30))
    driver.join(A, capacity=1)
    driver.begin(A, 1)
    driver.submit(2)
    for step in range(6):
        driver.step(A, piece(1), step=step)
        driver.tick(10)
    die_by_exit(driver)

    assert failures(driver.tick(5)) == []
    assert driver.join(B) == [generate(B, 1, *[7] * 6), generate(B, 2)]


def test_what_has_waited_long_fails_once_its_worker_is_gone_for_long() -> None:
    driver = Driver(Limits(queue_seconds=300, unready_seconds=30))
    driver.join(A, capacity=1)
    driver.begin(A, 1)
    driver.submit(2)
    for step in range(6):
        driver.step(A, piece(1), step=step)
        driver.tick(10)
    die_by_exit(driver)

    assert failures(driver.tick(30)) == []
    assert failures(driver.tick(1)) == [(2, Why.UNAVAILABLE)]


def test_the_request_goes_out_as_it_came_in(driver: Driver) -> None:
    driver.join(A)

    (action,) = driver.submit(5)

    assert isinstance(action, Transmit)
    assert action.message == request(5)


def test_a_worker_that_answers_what_it_has_not_accepted_is_given_up(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)

    actions = driver.hear(A, Step(1, (piece(1),)))

    assert [action for action in actions if isinstance(action, Deliver)] == []
    assert Retire(1, "it answered a generation that it had not accepted") in actions
    assert driver.dispatcher.queued == 1


def test_a_known_worker_that_turns_up_with_another_version_is_forgotten(driver: Driver) -> None:
    driver.join(A)
    driver.begin(A, 1)

    actions = driver.hear(A, hello(protocol="99.0"))

    assert [type(action) for action in actions] == [Transmit]
    assert driver.dispatcher.workers == []


def test_a_generation_is_begun_once_it_is_accepted(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    driver.submit(2)
    assert driver.dispatcher.begun(driver.worker(A)) == 0

    driver.hear(A, Accepted(2, 5))

    assert driver.dispatcher.begun(driver.worker(A)) == 1
