from __future__ import annotations

from typing import Literal

import pytest
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

from ..questions import PET
from ..running import Running


class Pet(BaseModel):
    """A pet."""

    name: str
    kind: Literal["cat", "dog"]
    legs: int


@pytest.mark.parametrize("by_schema", [False, True], ids=["by a call", "by the schema"])
def test_an_answer_is_a_pydantic_object(server: Running, by_schema: bool) -> None:
    model = OpenAILike(
        model="any",
        api_base=server.base_url,
        api_key=server.key,
        temperature=0,
        is_chat_model=True,
        is_function_calling_model=True,
        should_use_structured_outputs=by_schema,
    )

    answer = model.as_structured_llm(Pet).chat([ChatMessage(role="user", content=PET)])
    assert isinstance(answer.raw, Pet)
