"""Fields that nobody knows: refused, or left out and named."""

import json
from typing import Any

import pytest
from mlx_llm_server.frontend.api.schema import ChatRequest, parse_chat_request
from mlx_llm_server.frontend.errors import InvalidRequest
from mlx_llm_server.frontend.settings import RequestRules

HELLO = [{"role": "user", "content": "hi"}]
WARN = RequestRules(ignore_unknown=True)


def parse(rules: RequestRules, **fields: Any) -> ChatRequest:
    return parse_chat_request(json.dumps({"messages": HELLO, **fields}).encode(), rules)


def refused(rules: RequestRules, **fields: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as raised:
        parse(rules, **fields)
    return raised.value


def test_unknown_fields_are_left_out_and_named_wherever_they_are() -> None:
    request = parse(
        WARN,
        colour="red",
        temperature=0.5,
        messages=[{"role": "user", "content": [{"type": "text", "text": "hi", "mood": 1}], "as parts": 2}],
        stop=["x"],
        stream=True,
        stream_options={"x": 1, "include_usage": True},
    )

    assert sorted(request.ignored) == [
        "colour",
        "messages[0].as parts",
        "messages[0].content[0].mood",
        "stream_options.x",
    ]
    assert request.temperature == 0.5
    assert request.messages[0].text() == "hi"
    assert request.with_usage


def test_a_request_of_known_fields_ignores_nothing() -> None:
    assert parse(WARN, user="me").ignored == ()


def test_what_is_known_and_not_served_is_refused_all_the_same() -> None:
    assert refused(WARN, audio={}, colour="red").param == "audio"


def test_what_is_wrong_is_refused_beside_what_is_ignored() -> None:
    error = refused(WARN, colour="red", temperature=5)

    assert (error.param, error.code) == ("temperature", "invalid_value")


def test_without_the_option_unknown_fields_are_refused() -> None:
    assert refused(RequestRules(), colour="red").code == "unknown_parameter"


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_limit_refuses_longer_answers_by_the_field_that_asks(field: str) -> None:
    error = refused(RequestRules(max_tokens_limit=50), **{field: 51})

    assert error.param == field
    assert "50" in error.message
    assert parse(RequestRules(max_tokens_limit=50), **{field: 50}).token_limit == 50


def test_the_default_is_no_more_than_the_limit() -> None:
    assert parse(RequestRules(max_tokens_limit=50)).token_limit == 50
    assert parse(RequestRules(max_tokens_limit=500)).token_limit == 100


def test_a_request_has_the_last_word_on_circles() -> None:
    broken = RequestRules(break_repetition=True)

    assert parse(broken).break_repetition is True
    assert parse(broken, break_repetition=False).break_repetition is False
    assert parse(RequestRules()).break_repetition is False
