from __future__ import annotations

import openai
import pytest
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from ..questions import COUNT_LONG, SUM
from ..running import Running


def test_what_is_wrong_is_a_bad_request_that_names_it(model: OpenAILike) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        model.complete(SUM, top_p=2)

    assert raised.value.param == "top_p"


def test_a_wrong_key_is_an_authentication_error(narrow: Running) -> None:
    model = OpenAILike(model="any", api_base=narrow.base_url, api_key="wrong", is_chat_model=True, max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        model.complete(SUM)


def test_a_worker_that_dies_and_has_no_successor_in_time_is_an_error_in_the_stream(
    narrow: Running, narrow_model: OpenAILike
) -> None:
    stream = narrow_model.stream_chat(
        [ChatMessage(role="user", content=COUNT_LONG)], max_tokens=3000, extra_body={"ignore_eos": True}
    )
    next(stream)
    narrow.kill_worker()

    with pytest.raises(openai.APIError):
        list(stream)
