from __future__ import annotations

from typing import Any

import openai
import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from ..questions import COUNT_LONG, SUM, SUM_IS
from ..running import Running

LONG: Any = {"max_tokens": 3000, "extra_body": {"ignore_eos": True}}


def test_what_is_wrong_is_a_bad_request_that_names_it(model: ChatOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        model.invoke(SUM, top_p=2)

    assert raised.value.param == "top_p"


def test_a_wrong_key_is_an_authentication_error(narrow: Running) -> None:
    model = ChatOpenAI(model="any", base_url=narrow.base_url, api_key=SecretStr("wrong"), max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        model.invoke(SUM)


def test_a_worker_that_dies_and_has_no_successor_in_time_is_an_error_in_the_stream(
    narrow: Running, narrow_model: ChatOpenAI
) -> None:
    stream = narrow_model.stream(COUNT_LONG, **LONG)
    next(stream)
    narrow.kill_worker()

    with pytest.raises(openai.APIError):
        list(stream)


def test_without_a_worker_in_time_a_retry_finds_the_next_one(narrow: Running, narrow_model: ChatOpenAI) -> None:
    narrow.kill_worker()
    with pytest.raises(openai.InternalServerError):
        narrow_model.invoke(SUM)

    patient = ChatOpenAI(
        model="any",
        base_url=narrow.base_url,
        api_key=narrow_model.openai_api_key,
        temperature=0,
        max_retries=10,
    )
    assert patient.invoke(SUM).content == SUM_IS
