import json
import logging
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import ToolCall
from mlx_llm_server.worker.calls import CallReader
from mlx_lm.tool_parsers import json_tools, kimi_k2, mistral, qwen3_coder

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "add",
            "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}},
        },
    }
]
HERMES = CallReader(json_tools.parse_tool_call, TOOLS)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('\n{"name": "add", "arguments": {"a": 1, "b": "é"}}\n', '{"a": 1, "b": "é"}'),
        ('{"arguments": {"x": {"y": [1, null, true]}}, "name": "add"}', '{"x": {"y": [1, null, true]}}'),
        ('{"name": "add", "arguments": "{\\"a\\": 1}"}', '{"a": 1}'),
        ('{"name": "add", "arguments": {}}', "{}"),
        ('{"name": "add", "arguments": null}', "{}"),
        ('{"name": "add"}', "{}"),
    ],
)
def test_a_call_is_its_name_and_a_json_object(text: str, arguments: str) -> None:
    assert HERMES(text) == (ToolCall("add", arguments),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        '{"name": "add", "arguments": {"a": 1}',
        "[]",
        '"add"',
        "1",
        "{}",
        '{"name": 1, "arguments": {}}',
        '{"name": "", "arguments": {}}',
        '{"name": "two words", "arguments": {}}',
        '{"name": "add", "arguments": [1]}',
        '{"name": "add", "arguments": "no JSON"}',
        '{"name": "add", "arguments": {"a": NaN}}',
        '{"name": "add", "arguments": {"a": 1e999}}',
        '{"name": "add", "arguments": {"a": "\\ud800"}}',
        '{"name": "add", "arguments": {"a": ' + "[" * 100_000 + "}}",
        '[{"name": "add", "arguments": {}}, 5]',
    ],
    ids=lambda text: text[:40],
)
def test_what_can_not_be_read_is_no_call_and_in_the_log(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert HERMES(text) == ()

    assert "can't be read" in caplog.text


def test_types_of_arguments_come_from_the_tools() -> None:
    read = CallReader(qwen3_coder.parse_tool_call, TOOLS)

    (call,) = read(
        "\n<function=add>\n<parameter=a>\n12\n</parameter>\n<parameter=b>\n12\n</parameter>\n</function>\n"
    )

    assert json.loads(call.arguments) == {"a": 12, "b": "12"}


def test_one_text_may_hold_several_calls() -> None:
    read = CallReader(mistral.parse_tool_call, TOOLS)

    assert read('add[ARGS]{"a": 1}sub[ARGS]{}') == (ToolCall("add", '{"a": 1}'), ToolCall("sub", "{}"))


def test_an_id_that_the_model_gives_is_kept() -> None:
    read = CallReader(kimi_k2.parse_tool_call, TOOLS)

    (call,) = read("<|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>{}<|tool_call_end|>")

    assert call == ToolCall("add", "{}", "functions.add:0")
