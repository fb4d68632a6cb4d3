"""One test a failure case; the states are told at the top of `frontend/dispatcher.py`."""

import pytest
from mlx_llm_server.frontend.dispatcher import (
    Deliver,
    Exited,
    Expecting,
    Failure,
    Forgetting,
    Limits,
    Retire,
    Started,
    Transmit,
    Why,
    WorkerState,
)
from mlx_llm_server.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    Cancel,
    Cancelled,
    ClearPrefixCache,
    Dead,
    Failed,
    FromWorker,
    Introduce,
    Leaving,
    Loading,
    Model,
    Prefilled,
    Refused,
    Step,
    Welcome,
    WorkerBeat,
)

from .driver import A, B, C, Driver, failures, generate, hello, piece, ready, request


@pytest.fixture
def driver() -> Driver:
    return Driver()


# --- greeting --------------------------------------------------------------------------------------------


def test_a_hello_is_welcomed_and_the_worker_loads(driver: Driver) -> None:
    assert driver.hear(A, hello()) == [Transmit(A, Welcome(PROTOCOL_VERSION))]
    assert driver.worker(A).state is WorkerState.LOADING
    assert not driver.dispatcher.ready


def test_a_newer_minor_version_is_welcomed(driver: Driver) -> None:
    assert driver.hear(A, hello(protocol="3.99")) == [Transmit(A, Welcome(PROTOCOL_VERSION))]


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

    # By the share of the capacity in use; the one that has computed fewer prompts wins a tie.
    assert given == [
        [generate(A, 1)],
        [generate(B, 2)],
        [generate(A, 3)],
        [generate(B, 4)],
        [generate(A, 5)],
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
    driver.handle(Exited(1, "killed by SIGKILL"))
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
    driver.handle(Exited(1, "killed by SIGKILL"))

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
    driver.handle(Exited(1, "killed by SIGKILL"))

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


# --- the prefix cache ------------------------------------------------------------------------------------


def test_every_worker_that_has_a_model_is_told_to_clear_its_prefix_cache(driver: Driver) -> None:
    driver.join(A)
    driver.hear(B, hello(2))  # still loading
    driver.join(C)
    driver.hear(C, Leaving("told to"))

    assert driver.handle(Forgetting()) == [Transmit(A, ClearPrefixCache()), Transmit(C, ClearPrefixCache())]


def test_how_far_a_prompt_is_is_known_until_its_worker_is_lost(driver: Driver) -> None:
    driver.join(A)
    driver.submit(1)
    driver.hear(A, Step(1, (), (Prefilled(1, 40), Prefilled(9, 3))))
    assert driver.dispatcher.prefilled_of(1) == 40

    driver.handle(Exited(1, "killed"))
    assert (driver.dispatcher.prefilled_of(1), driver.dispatcher.prefilled_of(9)) == (0, 0)
