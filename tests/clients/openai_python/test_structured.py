from __future__ import annotations

import json
from typing import Literal

import openai
import pytest
from pydantic import BaseModel

from ..questions import PET, SUM, user


class Pet(BaseModel):
    name: str
    kind: Literal["cat", "dog"]
    legs: int


def test_an_answer_is_parsed_by_a_pydantic_model(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(
        model="any", messages=user(PET), response_format=Pet, temperature=0, seed=1
    )

    assert answer.choices[0].finish_reason == "stop"
    assert isinstance(answer.choices[0].message.parsed, Pet)


def test_a_stream_is_parsed_by_a_pydantic_model(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model="any", messages=user(PET), response_format=Pet, temperature=0
    ) as stream:
        (done,) = [event for event in stream if event.type == "content.done"]

    assert isinstance(done.parsed, Pet)


def test_an_answer_is_a_json_object(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="any", messages=user(SUM), response_format={"type": "json_object"}, temperature=0
    )

    assert isinstance(json.loads(answer.choices[0].message.content or ""), dict)


def test_an_answer_that_is_cut_is_told_apart(client: openai.OpenAI) -> None:
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(
            model="any", messages=user(PET), response_format=Pet, temperature=0, max_tokens=3
        )


def test_an_answer_is_one_of_a_choice_after_thoughts(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="any",
        messages=user(SUM),
        temperature=0,
        extra_body={
            "chat_template_kwargs": {"enable_thinking": True},
            "structured_outputs": {"choice": ["It is 41.", "It is 42."]},
        },
    )

    message = answer.choices[0].message
    assert message.content in {"It is 41.", "It is 42."}
    assert str((message.model_extra or {})["reasoning_content"]).startswith("17 + 25")
