"""Who comes first, and that everybody comes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_llm_server.frontend.dispatcher import Exited, Limits, Priority, Transmit, Why
from mlx_llm_server.frontend.dispatcher.queue import BATCH_TURN, Queue
from mlx_llm_server.protocol.messages import Accepted, Delta, Generate

from .driver import A, B, Driver, failures

INTERACTIVE, BATCH = Priority.INTERACTIVE, Priority.BATCH


@pytest.fixture
def busy() -> Driver:
    """A worker that does one thing at a time, and does number 1 of a key of its own."""
    driver = Driver()
    driver.join(A, capacity=1)
    driver.submit(1, key="first")
    accept(driver, 1)
    return driver


def accept(driver: Driver, number: int) -> None:
    driver.accepted.add(number)
    driver.hear(A, Accepted(number, 5))


def served(driver: Driver, now: int, tokens: int = 1) -> list[int]:
    """Let a worker do all that waits, each with an answer of so many tokens, and return in which order it came."""
    order: list[int] = []
    while True:
        if now not in driver.accepted:
            accept(driver, now)
        given = [
            action.message.generation
            for action in driver.step(A, Delta(now, (7,) * tokens, "text", "stop"))
            if isinstance(action, Transmit) and isinstance(action.message, Generate)
        ]
        if not given:
            return order
        (now,) = given
        order.append(now)


# --- priorities ------------------------------------------------------------------------------------------


def test_interactive_comes_before_batch(busy: Driver) -> None:
    busy.submit(2, batch=True)
    busy.submit(3, batch=True)
    busy.submit(4)

    assert served(busy, 1) == [4, 2, 3]


def test_a_batch_that_is_alone_does_not_wait(busy: Driver) -> None:
    assert busy.finish(A, 1) == []
    assert busy.given_to(2, batch=True) == A


def test_batch_gets_every_eighth_turn_whatever_comes_in(busy: Driver) -> None:
    busy.submit(2, batch=True)
    busy.submit(3, batch=True)
    for number in range(4, 30):
        busy.submit(number)

    order = served(busy, 1)

    assert order.index(2) == BATCH_TURN - 1
    assert order.index(3) == 2 * BATCH_TURN - 1


def test_turns_are_counted_only_while_a_batch_waits(busy: Driver) -> None:
    for number in range(2, 12):
        busy.submit(number)
    served(busy, 1)
    busy.submit(20)
    busy.submit(21, batch=True)
    busy.submit(22)

    assert served(busy, 20) == [22, 21]


def test_what_had_a_worker_comes_before_all_others() -> None:
    driver = Driver()
    driver.join(A, capacity=2)
    driver.submit(1, batch=True)
    driver.submit(2)
    driver.submit(3)
    driver.handle(Exited(1, "killed"))
    given = [action.message for action in driver.join(A, capacity=3) if isinstance(action, Transmit)]

    assert [message.generation for message in given if isinstance(message, Generate)] == [1, 2, 3]


# --- keys ------------------------------------------------------------------------------------------------


def test_of_two_keys_each_gets_its_turn_however_many_one_sends(busy: Driver) -> None:
    for number in range(2, 8):
        busy.submit(number, key="many")
    busy.submit(8, key="few")
    busy.submit(9, key="few")

    assert served(busy, 1) == [2, 8, 3, 9, 4, 5, 6, 7]


def test_long_answers_are_paid_for(busy: Driver) -> None:
    for number in (2, 3, 4):
        busy.submit(number, key="long", max_tokens=1000)
    for number in range(10, 20):
        busy.submit(number, key="short")
    assert busy.finish(A, 1) == [2]
    busy.hear(A, Accepted(2, 5))
    order = served(busy, 2, tokens=100)

    assert order.index(3) == 1  # each had one answer of a hundred tokens
    busy.submit(30, key="short")
    busy.submit(31, key="long")
    assert busy.dispatcher.queued == 1


def test_long_prompts_are_paid_for_before_they_are_computed(busy: Driver) -> None:
    for number in (2, 3):
        busy.submit(number, key="long", prompt="x" * 30_000)
    for number in (10, 11, 12):
        busy.submit(number, key="short")

    given = [action.message for action in busy.join(B, capacity=4) if isinstance(action, Transmit)]

    assert [message.generation for message in given if isinstance(message, Generate)] == [2, 10, 11, 12]


def test_a_pause_saves_up_nothing(busy: Driver) -> None:
    """One key was served for long while the other one was away."""
    for number in range(2, 50):
        busy.submit(number, key="there")
    served(busy, 1)
    busy.submit(60, key="there")
    accept(busy, 60)
    for number in range(61, 64):
        busy.submit(number, key="there")
    for number in range(71, 74):
        busy.submit(number, key="back")

    assert served(busy, 60) == [71, 61, 72, 62, 73, 63]


def test_a_cancelled_prompt_that_was_never_accepted_has_cost_its_estimate(busy: Driver) -> None:
    busy.submit(2, key="long", prompt="x" * 3000)
    busy.finish(A, 1)
    busy.abandon(2)

    assert busy.dispatcher._state.queue.shares.of("long") > 900


def test_the_estimate_is_corrected_once_the_prompt_is_counted(busy: Driver) -> None:
    shares = busy.dispatcher._state.queue.shares
    busy.submit(2, key="long", prompt="x" * 3000)
    before = shares.of("long")
    busy.finish(A, 1)
    busy.hear(A, Accepted(2, 17))
    assert shares.of("long") - before == 17

    busy.step(A, Delta(2, (1, 2, 3), "text"))
    assert shares.of("long") - before == 17 + 2 * 3


# --- a full queue ----------------------------------------------------------------------------------------


def test_a_full_queue_refuses_the_newest_of_the_key_that_has_most_in_it() -> None:
    driver = Driver(Limits(queue_length=3))
    driver.join(A, capacity=1)
    driver.submit(1, key="many")
    accept(driver, 1)
    for number in (2, 3, 4):
        driver.submit(number, key="many")

    assert failures(driver.submit(5, key="few")) == [(4, Why.OVERLOADED)]
    assert failures(driver.submit(6, key="many")) == [(6, Why.OVERLOADED)]
    assert served(driver, 1) == [5, 2, 3]


def test_a_queue_full_of_batch_work_takes_what_is_interactive() -> None:
    driver = Driver(Limits(queue_length=3))
    driver.join(A, capacity=1)
    driver.submit(1)
    for number in (2, 3, 4):
        driver.submit(number, batch=True)

    assert failures(driver.submit(5, batch=True)) == [(5, Why.OVERLOADED)]
    assert failures(driver.submit(6)) == [(4, Why.OVERLOADED)]
    assert served(driver, 1) == [6, 2, 3]


def test_a_queue_full_of_interactive_work_keeps_the_batch_its_share() -> None:
    driver = Driver(Limits(queue_length=16))
    driver.join(A, capacity=1)
    driver.submit(1)
    driver.submit(2, batch=True)
    driver.submit(3, batch=True)
    for number in range(4, 18):
        assert failures(driver.submit(number)) == []

    assert failures(driver.submit(18)) == [(18, Why.OVERLOADED)]


# --- whatever happens ------------------------------------------------------------------------------------


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from("abc"), st.sampled_from([INTERACTIVE, BATCH]), st.integers(1, 50)),
            st.just(None),
        ),
        max_size=60,
    )
)
@settings(deadline=None)
def test_the_queue_holds_what_was_added_and_not_taken(events: list[tuple[str, Priority, int] | None]) -> None:
    queue, waiting, number = Queue(), set[int](), 0
    for event in events:
        if event is not None:
            number += 1
            key, priority, cost = event
            queue.add(number, key, priority)
            queue.shares.charge_prompt(key, cost)
            waiting.add(number)
        elif waiting:
            taken = next(iter(queue))
            queue.take(taken)
            waiting.remove(taken)
            if number % 3 == 0:
                queue.resume([taken])
                waiting.add(taken)
        assert set(queue) == waiting
        assert len(list(queue)) == len(queue) == len(waiting)
        assert all(queue.ahead_of(each) == place for place, each in enumerate(queue))


@given(st.data())
@settings(deadline=None, max_examples=50)
def test_nobody_starves_while_others_never_stop_asking(data: st.DataObject) -> None:
    """After every turn the others ask again: the one that waits is served within a bound."""
    queue = Queue()
    queue.add(0, "waiting", data.draw(st.sampled_from([INTERACTIVE, BATCH])))
    number = 0
    lane_of: dict[int, str] = {}
    for turn in range(200):
        for key in ("a", "b"):
            number += 1
            lane_of[number] = key
            queue.add(number, key, data.draw(st.sampled_from([INTERACTIVE, BATCH])))
        taken = next(iter(queue))
        queue.take(taken)
        if taken == 0:
            assert turn <= 3 * BATCH_TURN
            return
        queue.shares.charge_prompt(lane_of[taken], data.draw(st.integers(1, 9)))
    raise AssertionError("it starved")
