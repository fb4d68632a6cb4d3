from __future__ import annotations

from typing import Any

import litellm
import pytest

from ..questions import COUNT_LONG, SUM, SUM_IS, user
from ..running import Running

LONG: Any = {"max_tokens": 3000, "temperature": 0, "ignore_eos": True}


@pytest.mark.parametrize("fields", [{"temperature": 3}, {"no_such_field": 1}], ids=["value", "unknown"])
def test_what_is_wrong_is_a_bad_request_that_names_it(where: dict[str, Any], fields: dict[str, Any]) -> None:
    with pytest.raises(litellm.BadRequestError, match=next(iter(fields))):
        litellm.completion(messages=user(SUM), **fields, **where)


def test_a_prompt_that_is_too_long_is_known_as_such(where: dict[str, Any]) -> None:
    with pytest.raises(litellm.ContextWindowExceededError):
        litellm.completion(messages=user("word " * 10_000), **where)


def test_a_wrong_key_is_an_authentication_error(narrow_where: dict[str, Any]) -> None:
    with pytest.raises(litellm.AuthenticationError):
        litellm.completion(messages=user(SUM), **narrow_where | {"api_key": "wrong"})


def test_a_worker_that_dies_and_has_no_successor_in_time_is_an_error_in_the_stream(
    narrow: Running, narrow_where: dict[str, Any]
) -> None:
    stream = litellm.completion(messages=user(COUNT_LONG), stream=True, **LONG, **narrow_where)
    next(iter(stream))
    narrow.kill_worker()

    with pytest.raises(litellm.ServiceUnavailableError):
        list(stream)


def test_without_a_worker_in_time_a_retry_finds_the_next_one(
    narrow: Running, narrow_where: dict[str, Any]
) -> None:
    narrow.kill_worker()
    with pytest.raises(litellm.ServiceUnavailableError):
        litellm.completion(messages=user(SUM), **narrow_where)

    answer = litellm.completion(messages=user(SUM), temperature=0, **narrow_where | {"max_retries": 10})
    assert answer.choices[0].message.content == SUM_IS


def test_a_full_server_is_a_rate_limit(narrow: Running, narrow_where: dict[str, Any]) -> None:
    stream = litellm.completion(messages=user(COUNT_LONG), stream=True, **LONG, **narrow_where)
    next(iter(stream))
    # A request for two choices needs more room than the queue has.
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(messages=user(SUM), n=2, **narrow_where)
    stream.completion_stream.close()
    narrow.wait_idle()
