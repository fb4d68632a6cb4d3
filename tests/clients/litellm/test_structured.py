from __future__ import annotations

import json
from typing import Any, Literal

import litellm
from pydantic import BaseModel

from ..questions import PET, SUM, user


class Pet(BaseModel):
    name: str
    kind: Literal["cat", "dog"]
    legs: int


def test_an_answer_is_held_to_a_pydantic_model(where: dict[str, Any]) -> None:
    answer = litellm.completion(messages=user(PET), response_format=Pet, temperature=0, **where)

    assert Pet.model_validate_json(answer.choices[0].message.content)


def test_an_answer_is_a_json_object(where: dict[str, Any]) -> None:
    answer = litellm.completion(
        messages=user(SUM), response_format={"type": "json_object"}, temperature=0, **where
    )

    assert isinstance(json.loads(answer.choices[0].message.content), dict)
