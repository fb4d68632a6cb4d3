from dataclasses import replace
from typing import Any

import pytest
from mlx_llm_server.frontend.dispatcher.fingerprint import fingerprint
from mlx_llm_server.protocol.messages import ChatMessage, Generate, Sampling, ToolCall

REQUEST = Generate(7, (ChatMessage("user", "a secret"),), Sampling(42), 10)


def test_it_is_short_and_says_nothing_of_the_text() -> None:
    assert len(fingerprint(REQUEST)) == 16
    assert int(fingerprint(REQUEST), 16)


def test_a_repetition_has_the_same_one_under_another_number_and_seed() -> None:
    assert fingerprint(replace(REQUEST, generation=8, sampling=Sampling(43))) == fingerprint(REQUEST)


@pytest.mark.parametrize(
    "change",
    [
        {"messages": (ChatMessage("user", "another secret"),)},
        {"messages": (ChatMessage("user", "a secret", tool_calls=(ToolCall("f", "{}"),)),)},
        {"messages": (*REQUEST.messages, *REQUEST.messages)},
        {"sampling": Sampling(42, temperature=0.5)},
        {"max_tokens": 11},
        {"stop": ("x",)},
        {"role_mapping": {"user": "U: "}},
        {"tools": ("{}",)},
        {"enable_thinking": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_content_has_another_one(change: dict[str, Any]) -> None:
    assert fingerprint(replace(REQUEST, **change)) != fingerprint(REQUEST)


def test_it_does_not_tell_whose_request_it_is() -> None:
    assert fingerprint(replace(REQUEST, cache_scope="a key's digest")) == fingerprint(REQUEST)


def test_it_does_not_tell_one_trace_from_another() -> None:
    assert fingerprint(replace(REQUEST, traceparent="00-ab-cd-01")) == fingerprint(REQUEST)


def test_any_text_has_one() -> None:
    assert fingerprint(replace(REQUEST, messages=(ChatMessage("user", "\ud800\0'\""),)))
