from __future__ import annotations

from typing import Any, Literal

import pytest
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from ..questions import PET, SUM


class Pet(BaseModel):
    """A pet."""

    name: str
    kind: Literal["cat", "dog"]
    legs: int


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_an_answer_is_a_pydantic_object(model: ChatOpenAI, method: Any) -> None:
    assert isinstance(model.with_structured_output(Pet, method=method).invoke(PET), Pet)


def test_an_answer_is_a_json_object(model: ChatOpenAI) -> None:
    assert isinstance(model.with_structured_output(method="json_mode").invoke(SUM), dict)


def test_a_stream_ends_in_a_pydantic_object(model: ChatOpenAI) -> None:
    *_, last = model.with_structured_output(Pet).stream(PET)

    assert isinstance(last, Pet)
