"""Several answers at once, whole and as a stream; and what an operator bounds or lets pass."""

from __future__ import annotations

import json
import os
import signal
from collections import defaultdict
from pathlib import Path
from typing import Any

import openai
import pytest

from .servers import House, Server, counted, until, user


def by_choice(chunks: list[Any]) -> dict[int, str]:
    """Return the text of each choice of a stream."""
    texts: dict[int, str] = defaultdict(str)
    for chunk in chunks:
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    return dict(texts)


def test_the_first_of_several_answers_is_the_one_of_a_request_for_one(nonsense: Server) -> None:
    fields: dict[str, Any] = {"seed": 7, "max_tokens": 12, "ignore_eos": True}
    one = nonsense.ask("hello", **fields)
    several = nonsense.ask("hello", n=4, **fields)

    texts = [choice["message"]["content"] for choice in several["choices"]]
    assert [choice["index"] for choice in several["choices"]] == [0, 1, 2, 3]
    assert texts[0] == one["choices"][0]["message"]["content"]
    assert len(set(texts)) == 4
    assert several["usage"]["prompt_tokens"] == one["usage"]["prompt_tokens"]
    assert several["usage"]["completion_tokens"] == 4 * 12


def test_a_stream_of_several_answers_says_what_the_whole_ones_say(nonsense: Server) -> None:
    fields: dict[str, Any] = {"model": "any", "messages": user("hello"), "n": 3, "seed": 7, "max_tokens": 12}
    with nonsense.openai() as client:
        whole = client.chat.completions.create(**fields)
        chunks = list(
            client.chat.completions.create(**fields, stream=True, stream_options={"include_usage": True})
        )

    assert by_choice(chunks) == {choice.index: choice.message.content for choice in whole.choices}
    ends = [choice.index for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert sorted(ends) == [0, 1, 2]
    assert chunks[-1].usage == whole.usage


def test_who_leaves_cancels_all_answers(slow: Server) -> None:
    with slow.stream("5", n=3, max_tokens=2000) as stream:
        stream.skip_to_text()
        until(lambda: slow.running == 3, "three generations run")
    slow.wait_idle()


def test_one_answer_that_is_impossible_fails_all(counting: Server) -> None:
    error = counting.post({"messages": user("1 " * 5000), "n": 3}).error

    assert error["code"] == "context_length_exceeded"
    counting.wait_idle()


def test_an_answer_goes_on_from_a_begun_one(counting: Server, plain: Server) -> None:
    for server in (counting, plain):
        begun = [*user("5"), {"role": "assistant", "content": "6 7"}]
        answer = server.post({"messages": begun, "continue_final_message": True, "max_tokens": 3}).json
        assert answer["choices"][0]["message"]["content"] == " 8 9 10"


def test_an_answer_that_goes_round_in_a_circle_is_ended_if_the_request_wants_it(counting: Server) -> None:
    question = json.dumps({"prompt": " 7"}).encode()
    told = counting.send("POST", "/tokenize", question, {"Content-Type": "application/json"}).json
    bias = {str(told["tokens"][-1]): 100}
    ended = counting.ask("5", logit_bias=bias, max_tokens=150, break_repetition=True)
    meant = counting.ask("5", logit_bias=bias, max_tokens=150)

    assert ended["usage"]["completion_tokens"] == 128
    assert (ended["choices"][0]["finish_reason"], ended["choices"][0]["stop_reason"]) == ("length", "repetition")
    assert meant["usage"]["completion_tokens"] == 150
    assert "stop_reason" not in meant["choices"][0]


# --- an operator's bounds ---


@pytest.fixture(scope="module")
def bounded(shared_house: House, slow_model: Path) -> Server:
    return shared_house.up(
        slow_model,
        *("--max-batch", "1", "--max-queue", "1", "--max-tokens-limit", "1500", "--comment-interval", "0.05"),
        *("--unknown-fields", "warn"),
    )


def test_if_not_all_answers_find_room_none_is_begun(bounded: Server) -> None:
    answer = bounded.post({"messages": user("5"), "n": 5, "max_tokens": 1500, "stream": True})

    assert answer.status == 429
    assert answer.error["code"] == "server_overloaded"
    bounded.wait_idle()


def test_who_waits_for_long_gets_comments_which_clients_pass_over(bounded: Server) -> None:
    fields: dict[str, Any] = {"model": "any", "messages": user("5"), "max_tokens": 3, "stream": True}
    with bounded.openai() as client:
        with bounded.stream("5", max_tokens=1500) as running:
            running.skip_to_text()
            with client.chat.completions.with_streaming_response.create(**fields) as response:
                assert next(response.iter_lines()) == ": queued, 0 before it"
            until(lambda: bounded.get("/ready").json["queued"] == 0, "the one that left is not in the queue")
            waiting = client.chat.completions.create(**fields)
        assert by_choice(list(waiting)) == {0: "6 7 8"}


def test_a_longer_answer_than_the_limit_is_refused(bounded: Server) -> None:
    error = bounded.post({"messages": user("5"), "max_tokens": 1501}).error

    assert error["param"] == "max_tokens"
    assert "1500" in error["message"]


def test_ignored_fields_are_named_in_the_answer_and_in_the_log(bounded: Server) -> None:
    answer = bounded.post({"messages": user("5"), "max_tokens": 3, "colour": "red", "é": 1})

    assert answer.json["choices"][0]["message"]["content"] == "6 7 8"
    assert answer.headers["X-Ignored-Fields"] == "colour,%C3%A9"
    assert f"{answer.headers['X-Request-Id']}: ignored fields: colour" in bounded.log


def test_several_answers_survive_their_worker_and_a_question_waits_for_the_next(bounded: Server) -> None:
    """With room for one, the second answer is queued when the worker is killed."""
    fields: dict[str, Any] = {"model": "any", "messages": user("5"), "max_tokens": 20, "n": 2, "stream": True}
    with bounded.openai() as client:
        stream = client.chat.completions.create(**fields)
        chunks = [next(stream) for _ in range(5)]
        (worker,) = bounded.workers()
        os.kill(worker["pid"], signal.SIGKILL)
        told = bounded.send("POST", "/tokenize", b'{"prompt": "7"}', {"Content-Type": "application/json"})
        chunks += stream

    assert told.json["count"] == 1
    assert by_choice(chunks) == {0: counted(6, 25), 1: counted(6, 25)}


# --- request ids ---


def test_a_request_has_the_clients_id_or_one_of_its_own(counting: Server) -> None:
    given = counting.post({"messages": user("5"), "max_tokens": 1}, {"X-Request-Id": "mine-1"})
    assert given.headers["X-Request-Id"] == "mine-1"
    # The line is written once the answer is on its way.
    until(lambda: " mine-1\n" in counting.log, "the id stands in the log")
    drawn = {counting.get(path).headers["X-Request-Id"] for path in ("/v1/models", "/nothing", "/health")}
    assert len(drawn) == 3
    assert all(each.startswith("req_") for each in drawn)


@pytest.mark.parametrize("bad", ["two words", "x" * 129, "é"])
def test_an_id_that_could_harm_a_log_is_not_taken(counting: Server, bad: str) -> None:
    answer = counting.get("/v1/models", {"X-Request-Id": bad.encode("latin-1").decode("latin-1")})
    assert answer.headers["X-Request-Id"].startswith("req_")


def test_the_openai_client_tells_the_id_of_an_error(counting: Server) -> None:
    with counting.openai() as client, pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model="any", messages=[], extra_headers={"X-Request-Id": "mine-2"})
    assert raised.value.request_id == "mine-2"
