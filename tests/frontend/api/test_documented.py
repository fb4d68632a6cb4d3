"""docs/api.md says what becomes of every field, and says it as the code and the openai package have it."""

import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from mlx_llm_server.frontend.api.body import NOT_SERVED
from mlx_llm_server.frontend.api.completions import CompletionRequest
from mlx_llm_server.frontend.api.parameters import WithoutEffect
from mlx_llm_server.frontend.api.schema import ChatRequest, ResponseLabels
from openai.types import completion_create_params
from openai.types.chat import completion_create_params as chat_create_params
from pydantic import BaseModel

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
STATES = ("enforced", "accepted without effect", "refused")
APIS = [
    pytest.param("/v1/chat/completions", ChatRequest, ResponseLabels, chat_create_params, id="chat"),
    pytest.param("/v1/completions", CompletionRequest, WithoutEffect, completion_create_params, id="completions"),
]


def documented(path: str) -> dict[str, str]:
    """Return the state of each field in the tables of a route."""
    section = PAGE.split(f"## `POST {path}`\n")[1].split("\n## ")[0]
    states: dict[str, str] = {}
    for fields, state in re.findall(r"^\| (`.*?`) \| ([\w ]+) \|", section, flags=re.MULTILINE):
        for field in re.findall(r"`(\w+)`", fields):
            assert field not in states
            states[field] = state
    return states


def fields_of_openai(params: Any) -> set[str]:
    """Return the fields that the openai package sends, but for how the streaming ones are told apart."""
    return {*get_type_hints(params.CompletionCreateParamsBase), "stream"}


@pytest.mark.parametrize(("path", "body", "labels", "params"), APIS)
def test_the_page_lists_every_field_of_openais(
    path: str, body: type[BaseModel], labels: type[BaseModel], params: Any
) -> None:
    assert fields_of_openai(params) <= documented(path).keys()


@pytest.mark.parametrize(("path", "body", "labels", "params"), APIS)
def test_the_page_says_what_the_code_does(
    path: str, body: type[BaseModel], labels: type[BaseModel], params: Any
) -> None:
    for field, state in documented(path).items():
        if field in NOT_SERVED:
            expected = "refused"
        else:
            expected = "accepted without effect" if field in labels.model_fields else "enforced"
        assert (field, state) == (field, expected)
        assert (field in body.model_fields) == (state != "refused")


@pytest.mark.parametrize(("path", "body", "labels", "params"), APIS)
def test_the_page_lists_every_field_that_is_taken(
    path: str, body: type[BaseModel], labels: type[BaseModel], params: Any
) -> None:
    assert body.model_fields.keys() <= documented(path).keys()


def test_every_refused_field_is_one_of_openais() -> None:
    known = {
        *fields_of_openai(chat_create_params),
        *fields_of_openai(completion_create_params),
    }
    assert known >= NOT_SERVED
