from __future__ import annotations

from typing import Any

import openai
import pytest

from ..questions import COUNT_LONG, PET, SUM, SUM_IS, user
from ..running import Running

# The server that these need is one more to start.
pytestmark = pytest.mark.slow

LONG: Any = {"max_tokens": 3000, "temperature": 0, "extra_body": {"ignore_eos": True}}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"messages": [*user(PET), {"role": "user", "content": 1}]}, "messages[1].content"),
        ({"extra_body": {"no_such_field": 1}}, "no_such_field"),
        ({"audio": {"voice": "alloy", "format": "mp3"}}, "audio"),
    ],
    ids=["value", "message", "unknown", "refused"],
)
def test_what_is_wrong_is_a_bad_request_that_names_it(
    client: openai.OpenAI, fields: dict[str, Any], param: str
) -> None:
    create: Any = client.chat.completions.create
    with pytest.raises(openai.BadRequestError) as raised:
        create(**{"model": "any", "messages": user(SUM), **fields})

    assert raised.value.param == param
    assert raised.value.type == "invalid_request_error"
    assert raised.value.request_id


def test_what_is_wrong_is_told_before_a_stream_begins(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model="any", messages=user(SUM), stream=True, top_p=2)

    assert raised.value.param == "top_p"


def test_a_prompt_that_is_too_long_is_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model="any", messages=user("word " * 10_000))

    assert raised.value.code == "context_length_exceeded"


def test_what_is_not_there_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("none")
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="any", input="a")


def test_a_wrong_key_is_an_authentication_error(narrow: Running) -> None:
    with (
        openai.OpenAI(base_url=narrow.base_url, api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as raised,
    ):
        client.chat.completions.create(model="any", messages=user(SUM))

    assert raised.value.code == "invalid_api_key"


def test_nobody_there_is_a_connection_error() -> None:
    with (
        openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="any", max_retries=0) as client,
        pytest.raises(openai.APIConnectionError),
    ):
        client.models.list()


def test_a_worker_that_dies_and_has_no_successor_in_time_is_an_error_in_the_stream(
    narrow: Running, narrow_client: openai.OpenAI
) -> None:
    stream = narrow_client.chat.completions.create(model="any", messages=user(COUNT_LONG), stream=True, **LONG)
    next(iter(stream))
    narrow.kill_worker()

    with pytest.raises(openai.APIError) as raised:
        list(stream)
    assert raised.value.code == "service_unavailable"


def test_without_a_worker_in_time_it_is_a_server_error_and_a_retry_finds_the_next_one(
    narrow: Running, narrow_client: openai.OpenAI
) -> None:
    narrow.kill_worker()
    with pytest.raises(openai.InternalServerError) as raised:
        narrow_client.chat.completions.create(model="any", messages=user(SUM), temperature=0)
    assert raised.value.status_code == 503
    assert raised.value.response.headers["retry-after"] == "2"

    patient = narrow_client.with_options(max_retries=10)
    answer = patient.chat.completions.create(model="any", messages=user(SUM), temperature=0)
    assert answer.choices[0].message.content == SUM_IS


def test_a_full_server_is_a_rate_limit_until_there_is_room(narrow: Running, narrow_client: openai.OpenAI) -> None:
    running = narrow_client.chat.completions.create(model="any", messages=user(COUNT_LONG), stream=True, **LONG)
    next(iter(running))
    # A request for two choices needs more room than the queue has.
    with pytest.raises(openai.RateLimitError) as raised:
        narrow_client.chat.completions.create(model="any", messages=user(SUM), n=2)
    assert raised.value.response.headers["retry-after"] == "2"
    assert raised.value.code == "server_overloaded"

    running.close()
    patient = openai.OpenAI(base_url=narrow.base_url, api_key=narrow.key, max_retries=10)
    with patient:
        answer = patient.chat.completions.create(model="any", messages=user(SUM), temperature=0)
    assert answer.choices[0].message.content == SUM_IS
