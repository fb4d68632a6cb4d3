"""Questions about prompts: who is asked, and what becomes of them when workers go."""

from dataclasses import replace

from mlx_llm_server.frontend.dispatcher import Action, Asked, Deliver, Exited, Failure, Transmit, Why
from mlx_llm_server.protocol.messages import Failed, Inspect, Inspected

from .driver import A, B, Driver, failures, hello, ready, request

ANSWER = Inspected(1, (5, 6), "hi")


def question(number: int) -> Inspect:
    return Inspect(number, replace(request(0), prompt="hi"))


def ask(driver: Driver, number: int = 1, model: str | None = None) -> list[Action]:
    return driver.handle(Asked(question(number), model, 30))


def test_a_ready_worker_is_asked_and_its_answer_delivered() -> None:
    driver = Driver()
    driver.join(A)

    assert ask(driver) == [Transmit(A, question(1))]
    assert driver.hear(A, ANSWER) == [Deliver(1, ANSWER)]
    assert driver.hear(A, ANSWER) == []


def test_a_question_takes_no_credit_and_waits_for_none() -> None:
    driver = Driver()
    driver.join(A, capacity=1)
    driver.begin(A, 7)

    assert ask(driver) == [Transmit(A, question(1))]
    assert len(driver.worker(A).running) == 1


def test_what_is_wrong_with_a_prompt_is_told() -> None:
    driver = Driver()
    driver.join(A)
    ask(driver)

    assert driver.hear(A, Failed(1, "invalid", "No.", "messages")) == [
        Deliver(1, Failure(Why.INVALID, "No.", "messages"))
    ]


def test_another_worker_is_asked_when_one_dies() -> None:
    driver = Driver()
    driver.join(A)
    ask(driver)
    driver.join(B)

    assert driver.handle(Exited(1, "killed")) == [Transmit(B, question(1))]
    assert driver.hear(B, ANSWER) == [Deliver(1, ANSWER)]


def test_a_question_that_two_workers_died_with_is_not_asked_again() -> None:
    driver = Driver()
    driver.join(A)
    driver.join(B)
    ask(driver)
    driver.handle(Exited(1, "killed"))

    assert failures(driver.handle(Exited(2, "killed"))) == [(1, Why.INTERNAL)]


def test_what_another_worker_says_to_a_question_is_dropped() -> None:
    driver = Driver()
    driver.join(A)
    driver.join(B)
    asked = [action.identity for action in ask(driver) if isinstance(action, Transmit)]

    assert driver.hear(B if asked == [A] else A, ANSWER) == []


def test_a_question_waits_for_a_worker_that_loads_and_no_longer_than_its_time() -> None:
    driver = Driver()
    driver.hear(A, hello())
    assert ask(driver) == []
    assert driver.hear(A, ready()) == [Transmit(A, question(1))]
    ask(driver, 2)

    assert (1, Why.UNAVAILABLE) in failures(driver.tick(31, beating=(A,)))
    assert driver.hear(A, ANSWER) == []


def test_without_any_worker_a_question_is_refused_at_once() -> None:
    assert failures(ask(Driver())) == [(1, Why.UNAVAILABLE)]


def test_only_a_worker_of_the_model_is_asked() -> None:
    driver = Driver()
    driver.join(A, model="a")
    driver.join(B, model="b")

    assert ask(driver, 1, "b") == [Transmit(B, question(1))]
    assert failures(ask(driver, 2, "c")) == [(2, Why.UNKNOWN_MODEL)]


def test_nobody_hears_the_answer_to_a_question_that_was_given_up() -> None:
    driver = Driver()
    driver.join(A)
    ask(driver)
    driver.abandon(1)

    assert driver.hear(A, ANSWER) == []
    assert driver.handle(Exited(1, "killed")) == []
