"""No worker gets more than its memory holds; what is large waits for its turn, and gets it."""

from typing import Any

import pytest
from mlx_llm_server.frontend.dispatcher import Exited, Transmit
from mlx_llm_server.frontend.dispatcher.admission import MOST_OVERTAKING, estimated_tokens
from mlx_llm_server.protocol.messages import (
    Accepted,
    Cancelled,
    ChatMessage,
    Generate,
    KvMemory,
    Sampling,
    ToolCall,
)

from .driver import A, B, Driver, piece

# A byte a token: rows of up to 256 tokens take 256, and four of them fit.
KV = KvMemory(budget=1024, per_token=1)


def tokens(count: int) -> dict[str, Any]:
    """Return the fields of a generation that may get so many tokens long."""
    return {"prompt_tokens": (7,) * 10, "max_tokens": count - 10}


@pytest.fixture
def driver() -> Driver:
    driver = Driver()
    driver.join(A, capacity=32, kv_memory=KV)
    return driver


# --- what fits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lengths", "bytes_"),
    [([], 0), ([1], 256), ([256], 256), ([257], 512), ([10, 300], 1024), ([10, 20, 30], 768)],
)
def test_every_row_is_as_long_as_the_longest_in_steps(lengths: list[int], bytes_: int) -> None:
    assert KV.needed(lengths) == bytes_
    assert KvMemory(1024, 1, per_row=100).needed(lengths) == bytes_ + 100 * len(lengths)


@pytest.mark.parametrize(
    ("lengths", "bytes_"),
    [([256], 256), ([256] * 3, 768), ([1000, 1], 1024 + 256), ([1000, 200], 1024 + 512), ([600, 500], 768 * 2)],
)
def test_with_slack_no_row_counts_as_much_longer_than_it_is(lengths: list[int], bytes_: int) -> None:
    assert KvMemory(1024, 1, slack=100).needed(lengths) == bytes_


@pytest.mark.parametrize(
    ("kv", "most"),
    [
        (KV, 1024),
        (KvMemory(1023, 1), 768),
        (KvMemory(100, 1), 0),
        (KvMemory(1024, 2, 512), 256),
        (KvMemory(1, 9, 5), 0),
    ],
)
def test_how_long_a_row_can_get_alone(kv: KvMemory, most: int) -> None:
    assert kv.most_tokens() == most
    assert kv.needed([most]) <= kv.budget or not most


def test_a_worker_gets_as_many_as_its_memory_holds(driver: Driver) -> None:
    assert [driver.given_to(number, **tokens(256)) for number in range(1, 7)] == [A, A, A, A, None, None]
    assert driver.finish(A, 2) == [5]


def test_with_slack_short_ones_go_beside_a_long_one(driver: Driver) -> None:
    driver = Driver()
    driver.join(A, capacity=32, kv_memory=KvMemory(2048, 1, slack=100))

    assert [
        driver.given_to(number, **tokens(count)) for number, count in enumerate((1000, 90, 90, 90, 90, 90), 1)
    ] == [A] * 5 + [None]


def test_without_a_bound_the_capacity_alone_counts() -> None:
    driver = Driver()
    driver.join(A, capacity=3)

    assert [driver.given_to(number, **tokens(4000)) for number in range(1, 5)] == [A, A, A, None]


def test_the_model_s_context_bounds_what_is_held(driver: Driver) -> None:
    driver = Driver()
    driver.join(A, capacity=32, kv_memory=KvMemory(2 * 4096, 1))

    assert [driver.given_to(number, **tokens(100_000)) for number in (1, 2, 3)] == [A, A, None]


def test_a_worker_with_memory_is_preferred_to_one_that_is_less_loaded(driver: Driver) -> None:
    driver.join(B, capacity=32, kv_memory=KvMemory(256, 1))

    assert [driver.given_to(number, **tokens(200)) for number in (1, 2)] == [A, B]
    assert driver.given_to(3, **tokens(200)) == A


@pytest.mark.parametrize("ends", ["finish", "cancel", "death"])
def test_memory_is_free_again_when_a_generation_is_gone(driver: Driver, ends: str) -> None:
    assert [driver.given_to(number, **tokens(1000)) for number in (1, 2)] == [A, None]
    if ends == "finish":
        assert driver.finish(A, 1) == [2]
    elif ends == "cancel":
        driver.abandon(1)
        assert [a.message for a in driver.hear(A, Cancelled(1)) if isinstance(a, Transmit)]
    else:
        driver.handle(Exited(1, "killed"))
        driver.join(A, capacity=32, kv_memory=KV)
        assert driver.worker(A).running == {1}


# --- estimates -------------------------------------------------------------------------------------------


def test_prompts_are_estimated_by_their_bytes_and_tokens_are_counted() -> None:
    empty = Generate(0, (), Sampling(0), 10)
    message = ChatMessage("user", "x" * 300, tool_calls=(ToolCall("f", "y" * 30),))

    assert estimated_tokens(Generate(0, (message,), Sampling(0), 10)) == 110 + 16
    assert estimated_tokens(Generate(0, (), Sampling(0), 10, prompt="é" * 300)) == 200 + 8
    assert estimated_tokens(Generate(0, (), Sampling(0), 10, prompt_tokens=(1, 2, 3))) == 3
    assert estimated_tokens(empty) == 8


def test_an_estimate_that_was_too_long_is_given_back_when_the_prompt_is_counted(driver: Driver) -> None:
    assert driver.given_to(1, prompt="x" * 2400, max_tokens=100) == A
    assert driver.given_to(2, **tokens(256)) is None

    actions = driver.hear(A, Accepted(1, 60))

    assert [action.message.generation for action in actions if isinstance(action, Transmit)] == [2]  # pyright: ignore[reportAttributeAccessIssue]


def test_what_is_too_long_for_every_worker_runs_alone_for_the_worker_to_judge(driver: Driver) -> None:
    driver.given_to(1, **tokens(200))
    assert driver.given_to(2, prompt="x" * 6000, max_tokens=10) is None

    assert driver.finish(A, 1) == [2]
    assert driver.given_to(3, **tokens(200)) is None


def test_what_is_too_long_for_one_worker_waits_for_one_that_has_the_memory(driver: Driver) -> None:
    driver.join(B, capacity=32, kv_memory=KvMemory(4096, 1))
    for number in range(1, 5):
        driver.given_to(number, **tokens(1000))
    assert driver.given_to(5, **tokens(2000)) is None
    held = next(worker for worker in (A, B) if len(driver.worker(worker).running) > 1)

    assert held == B
    for number in sorted(driver.worker(A).running):
        assert driver.finish(A, number) == []
    done = sorted(driver.worker(B).running)
    assert [driver.finish(B, number) for number in done].count([5]) == 1


# --- nobody starves --------------------------------------------------------------------------------------


def test_small_ones_overtake_a_large_one_but_not_for_ever(driver: Driver) -> None:
    driver.given_to(1, **tokens(256))
    assert driver.given_to(2, **tokens(1024)) is None
    number, running, overtaking = 2, [1], 0
    while 2 not in driver.worker(A).running:
        number += 1
        if driver.given_to(number, **tokens(256)) is not None:
            overtaking += 1
            running.append(number)
        if len(running) > 2 or overtaking == MOST_OVERTAKING:
            driver.finish(A, running.pop(0))
        assert number < 100

    assert overtaking == MOST_OVERTAKING
    assert driver.worker(A).running == {2}


def test_small_ones_go_on_behind_a_large_one(driver: Driver) -> None:
    driver.given_to(1, **tokens(1024))
    driver.given_to(2, **tokens(1024))
    for number in (3, 4, 5):
        driver.given_to(number, **tokens(256))

    assert driver.finish(A, 1) == [2]
    assert driver.finish(A, 2) == [3, 4, 5]


def test_only_one_worker_is_kept_for_a_large_one(driver: Driver) -> None:
    driver.join(B, capacity=32, kv_memory=KV)
    given = [driver.given_to(number, **tokens(256)) for number in range(1, 5)]
    assert {A, B} == set(given)
    driver.given_to(10, **tokens(1024))
    for number in range(11, 60):
        identity = driver.given_to(number, **tokens(256))
        if identity is not None:
            driver.step(identity, piece(number, "stop"))
    passed = driver.dispatcher._state.generations[10].passed_by

    assert passed > MOST_OVERTAKING
    for number in sorted(driver.worker(A).running):
        driver.finish(A, number)
    for number in sorted(driver.worker(B).running - {10}):
        driver.finish(B, number)
    assert 10 in driver.worker(A).running | driver.worker(B).running
