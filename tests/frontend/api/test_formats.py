"""What the text of an answer is held to, by `response_format` and `structured_outputs`."""

import json
from typing import Any

import pytest
from mlx_llm_server.frontend.api.chat import to_generate
from mlx_llm_server.frontend.api.formats import MAX_CHOICES, MAX_GRAMMAR
from mlx_llm_server.frontend.api.schema import ChatRequest, parse_chat_request
from mlx_llm_server.frontend.errors import InvalidRequest
from mlx_llm_server.protocol.messages import Grammar

TOOLS = [{"type": "function", "function": {"name": "add"}}]


def parse(**fields: Any) -> ChatRequest:
    return parse_chat_request(json.dumps({"messages": [{"role": "user", "content": "hi"}], **fields}).encode())


def by_schema(**fields: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", **fields}}


@pytest.mark.parametrize(
    ("fields", "grammar"),
    [
        ({}, None),
        ({"response_format": None, "structured_outputs": None}, None),
        ({"response_format": {"type": "text"}}, None),
        (
            {"response_format": {"type": "json_object"}},
            Grammar("json_schema", '{"type": "object"}', "response_format"),
        ),
        (
            {"response_format": by_schema(schema={"enum": ["é", 1.5]}, strict=True, description="x")},
            Grammar("json_schema", '{"enum": ["é", 1.5]}', "response_format.json_schema.schema"),
        ),
        ({"response_format": by_schema()}, Grammar("json_schema", "{}", "response_format.json_schema.schema")),
        ({"structured_outputs": {"regex": "a+"}}, Grammar("regex", "a+", "structured_outputs.regex")),
        (
            {"structured_outputs": {"grammar": 'start: "a"'}, "response_format": {"type": "text"}},
            Grammar("lark", 'start: "a"', "structured_outputs.grammar"),
        ),
        (
            {"structured_outputs": {"choice": ["yes", 'n"ö']}},
            Grammar("lark", r'start: "yes" | "n\"ö"', "structured_outputs.choice"),
        ),
    ],
    ids=str,
)
def test_what_holds_for_the_text_is_handed_on(fields: dict[str, Any], grammar: Grammar | None) -> None:
    assert to_generate(parse(**fields)).grammar == grammar


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"response_format": "json"}, "response_format", "invalid_value"),
        ({"response_format": {}}, "response_format", "invalid_value"),
        ({"response_format": {"type": "yaml"}}, "response_format", "invalid_value"),
        (
            {"response_format": {"type": "json_object", "schema": {}}},
            "response_format.schema",
            "unknown_parameter",
        ),
        (
            {"response_format": {"type": "json_schema"}},
            "response_format.json_schema",
            "missing_required_parameter",
        ),
        ({"response_format": by_schema(name="a b")}, "response_format.json_schema.name", "invalid_value"),
        ({"response_format": by_schema(schema=[])}, "response_format.json_schema.schema", "invalid_value"),
        (
            {"response_format": by_schema(schema={"x": "x" * MAX_GRAMMAR})},
            "response_format.json_schema.schema",
            "invalid_value",
        ),
        ({"structured_outputs": {}}, "structured_outputs", "invalid_value"),
        ({"structured_outputs": {"regex": "a", "choice": ["b"]}}, "structured_outputs", "invalid_value"),
        ({"structured_outputs": {"regex": ""}}, "structured_outputs.regex", "invalid_value"),
        ({"structured_outputs": {"choice": []}}, "structured_outputs.choice", "invalid_value"),
        (
            {"structured_outputs": {"choice": ["x"] * (MAX_CHOICES + 1)}},
            "structured_outputs.choice",
            "invalid_value",
        ),
        ({"structured_outputs": {"json": {}}}, "structured_outputs.json", "unknown_parameter"),
        (
            {"structured_outputs": {"regex": "a"}, "response_format": {"type": "json_object"}},
            "structured_outputs",
            "invalid_value",
        ),
        (
            {"response_format": {"type": "json_object"}, "tools": TOOLS, "tool_choice": "required"},
            "tool_choice",
            "invalid_value",
        ),
    ],
    ids=lambda value: str(value)[:80],
)
def test_what_can_t_be_kept_is_refused_by_its_path(fields: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse(**fields)

    assert (raised.value.param, raised.value.code) == (param, code)
    assert f"'{param}'" in raised.value.message


def test_a_text_and_calls_go_together() -> None:
    request = to_generate(parse(response_format={"type": "json_object"}, tools=TOOLS))

    assert request.grammar is not None
    assert request.tools
