"""A generation goes to the worker that has computed most of its prompt, unless that one is clearly busier."""

from dataclasses import replace
from typing import Any

import pytest
from mlx_llm_server.frontend.dispatcher import Exited, Forgetting, Transmit
from mlx_llm_server.frontend.dispatcher.routing import Prefixes, Trail, trail_of
from mlx_llm_server.protocol.messages import ChatMessage, Generate, Sampling, ToolCall

from .driver import A, B, C, Driver, hello, piece

SYSTEM = ChatMessage("system", "You know all about the sea, and tell it in the words of a sailor. " * 10)
QUESTION = ChatMessage("user", "How deep is it, and who has been there? " * 10)
ANSWER = ChatMessage("assistant", "Eleven kilometres; few have.")
MORE = ChatMessage("user", "And who was the first?")
OTHER = ChatMessage("user", "Write a poem about a mountain in the evening light. " * 30)


def chat(*messages: ChatMessage, **fields: Any) -> Generate:
    return Generate(0, messages, Sampling(0), 10, **fields)


def known(first: Generate, then: Generate) -> int:
    """Return how much of a prompt is known to a worker that had another one."""
    prefixes = Prefixes()
    prefixes.add(trail_of(first))
    return prefixes.match(trail_of(then))


# --- what is known of a prompt ---------------------------------------------------------------------------


def test_a_conversation_knows_all_that_came_before() -> None:
    turns = (SYSTEM, QUESTION)
    assert known(chat(*turns), chat(*turns, ANSWER, MORE)) == len(SYSTEM.content) + len(QUESTION.content)


def test_a_long_message_is_known_up_to_where_it_differs_in_blocks() -> None:
    one, other = ChatMessage("user", "x" * 1000), ChatMessage("user", "x" * 600 + "y" * 400)
    assert known(chat(one), chat(other)) == 512


@pytest.mark.parametrize(
    "other",
    [
        chat(SYSTEM, QUESTION, cache_scope="another key"),
        chat(SYSTEM, QUESTION, tools=('{"type": "function"}',)),
        chat(SYSTEM, QUESTION, template_options='{"date": "today"}'),
        chat(SYSTEM, QUESTION, role_mapping={"user": "Q: "}),
        chat(replace(SYSTEM, role="user"), QUESTION),
        chat(QUESTION, SYSTEM),
        Generate(0, (), Sampling(0), 10, prompt=SYSTEM.content),
    ],
    ids=["scope", "tools", "template", "mapping", "role", "order", "completion"],
)
def test_what_a_template_shows_otherwise_is_not_known(other: Generate) -> None:
    assert known(chat(SYSTEM, QUESTION), other) == 0
    assert known(other, other) > 0


def test_a_call_is_part_of_a_prompt_and_a_thought_is_not() -> None:
    thought = replace(ANSWER, reasoning="hm")
    called = replace(ANSWER, tool_calls=(ToolCall("look", "{}"),))

    assert known(chat(SYSTEM, ANSWER), chat(SYSTEM, thought)) == len(SYSTEM.content) + len(ANSWER.content)
    assert known(chat(SYSTEM, ANSWER), chat(SYSTEM, called)) == len(SYSTEM.content)


@pytest.mark.parametrize("field", ["prompt", "prompt_tokens"])
def test_texts_and_tokens_are_compared_in_blocks(field: str) -> None:
    one, other = ("x" * 1000, "x" * 1100) if field == "prompt" else ((7,) * 250, (7,) * 280)
    empty = Generate(0, (), Sampling(0), 10)

    assert known(replace(empty, **{field: one}), replace(empty, **{field: other})) == 768


def test_a_huge_prompt_is_looked_at_up_to_a_bound() -> None:
    assert len(trail_of(chat(ChatMessage("user", "x" * 1_000_000))).marks) == 1024


def test_what_was_used_least_recently_is_forgotten_and_ends_before_beginnings() -> None:
    prefixes = Prefixes(most=4)
    old, shared = Trail((1, 2), (10, 20)), Trail((3, 4), (10, 20))
    prefixes.add(old)
    prefixes.add(shared)
    prefixes.add(Trail((3, 5), (10, 20)))

    assert len(prefixes) == 4
    assert prefixes.match(old) == 10
    assert prefixes.match(shared) == 20
    prefixes.add(Trail((6, 7), (10, 20)))
    assert (prefixes.match(old), prefixes.match(shared)) == (0, 10)


# --- which worker gets it --------------------------------------------------------------------------------


@pytest.fixture
def driver() -> Driver:
    driver = Driver()
    for identity in (A, B, C):
        driver.join(identity, capacity=32)
    return driver


def test_the_next_turn_goes_where_the_conversation_was(driver: Driver) -> None:
    assert driver.given_to(1, messages=(OTHER,)) == A
    assert driver.given_to(2, messages=(SYSTEM, QUESTION)) == B
    driver.step(B, piece(2, "stop"))
    driver.given_to(3, messages=(OTHER, ANSWER, MORE))

    assert driver.given_to(4, messages=(SYSTEM, QUESTION, ANSWER, MORE)) == B


def test_of_two_that_know_a_prompt_the_one_that_knows_more_gets_it(driver: Driver) -> None:
    assert driver.given_to(1, messages=(SYSTEM, QUESTION)) == A
    driver.worker(B).prefixes.add(trail_of(chat(SYSTEM, OTHER)))

    assert driver.given_to(2, messages=(SYSTEM, OTHER, ANSWER)) == B


def test_a_short_common_beginning_leads_nowhere(driver: Driver) -> None:
    hello_there = ChatMessage("system", "You are a helpful assistant.")
    assert driver.given_to(1, messages=(hello_there, MORE)) == A
    assert driver.given_to(2, messages=(hello_there, OTHER)) == B


def test_a_small_share_of_a_prompt_leads_nowhere_unless_it_is_much(driver: Driver) -> None:
    assert driver.given_to(1, messages=(SYSTEM,)) == A
    long = ChatMessage("user", "z" * 20_000)
    assert driver.given_to(2, messages=(SYSTEM, long)) == B
    driver.step(B, piece(2, "stop"))
    assert driver.given_to(3, messages=(SYSTEM, long, replace(long, content="w" * 100_000))) == B


def test_a_worker_that_is_clearly_busier_is_passed_by(driver: Driver) -> None:
    given = [driver.given_to(number, messages=(SYSTEM, QUESTION)) for number in range(1, 20)]

    # Nine on the first, then one on another, which knows the prompt from then on.
    assert given[:10] == [A] * 9 + [B]
    assert {A, B} >= set(given[10:18])


def test_a_full_worker_is_not_waited_for() -> None:
    driver = Driver()
    driver.join(A, capacity=1)
    driver.join(B, capacity=1)

    assert [driver.given_to(number, messages=(SYSTEM, QUESTION)) for number in (1, 2)] == [A, B]


def test_a_worker_that_starts_over_or_is_replaced_knows_nothing(driver: Driver) -> None:
    assert driver.given_to(1, messages=(SYSTEM, QUESTION)) == A
    driver.step(A, piece(1, "stop"))
    driver.hear(A, hello(1))
    driver.join(A, capacity=32)
    assert len(driver.worker(A).prefixes) == 0

    driver.worker(B).prefixes.add(trail_of(chat(SYSTEM, QUESTION)))
    driver.handle(Exited(2, "killed by SIGKILL"))
    driver.join(B, capacity=32)
    assert len(driver.worker(B).prefixes) == 0


def test_clearing_the_prefix_caches_is_clearing_what_is_known_of_them(driver: Driver) -> None:
    driver.given_to(1, messages=(SYSTEM, QUESTION))
    driver.handle(Forgetting())

    assert [len(worker.prefixes) for worker in driver.dispatcher.workers] == [0, 0, 0]


def test_what_is_resumed_goes_where_its_prompt_is_known(driver: Driver) -> None:
    driver.given_to(1, messages=(SYSTEM, QUESTION))
    driver.step(A, piece(1))
    driver.worker(C).prefixes.add(trail_of(chat(SYSTEM, QUESTION)))

    (given,) = [action for action in driver.handle(Exited(1, "killed")) if isinstance(action, Transmit)]

    assert given.identity == C


def test_with_one_worker_no_prompt_is_looked_at() -> None:
    driver = Driver()
    driver.join(A)
    driver.submit(1, messages=(SYSTEM,))

    assert len(driver.worker(A).prefixes) == 0
