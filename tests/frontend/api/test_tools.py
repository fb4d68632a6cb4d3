"""Tools in a request, and the messages that calls and their answers are sent back in."""

import json
from typing import Any

import pytest
from mlx_llm_server.frontend.api.chat import to_generate
from mlx_llm_server.frontend.api.formats import MAX_GRAMMAR
from mlx_llm_server.frontend.api.schema import ChatRequest, parse_chat_request
from mlx_llm_server.frontend.api.tools import MAX_DESCRIPTION, MAX_TOOLS
from mlx_llm_server.frontend.errors import InvalidRequest
from mlx_llm_server.protocol.messages import CallRules, ChatMessage, ToolCall

USER = {"role": "user", "content": "hi"}
ADD = {"name": "add"}


def parse(**fields: Any) -> ChatRequest:
    return parse_chat_request(json.dumps({"messages": [USER], **fields}).encode())


def refused(**fields: Any) -> tuple[str | None, str | None]:
    with pytest.raises(InvalidRequest) as raised:
        parse(**fields)
    assert f"'{raised.value.param}'" in raised.value.message
    return raised.value.param, raised.value.code


def tool(**function: Any) -> dict[str, Any]:
    return {"type": "function", "function": function}


def call(number: str, **function: Any) -> dict[str, Any]:
    return {"id": number, "type": "function", "function": {"name": "add", "arguments": "{}", **function}}


def called(*calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **fields}


def result(number: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": number, "content": "5"}


# --- tools -----------------------------------------------------------------------------------------------


def test_the_model_is_told_of_tools_in_one_order_of_keys() -> None:
    parameters = {"type": "object", "properties": {"é": {"type": "string"}}}
    given = {"function": {"strict": False, "parameters": parameters, "description": "Adds.", "name": "add"}}
    request = parse(tools=[{**given, "type": "function"}])

    (definition,) = request.definitions
    assert definition == (
        '{"type": "function", "function": {"name": "add", "description": "Adds.", '
        '"parameters": {"type": "object", "properties": {"é": {"type": "string"}}}}}'
    )


def test_without_parameters_a_function_has_none() -> None:
    (definition,) = parse(tools=[tool(**ADD)]).definitions

    assert json.loads(definition)["function"] == {
        "name": "add",
        "parameters": {"type": "object", "properties": {}},
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_choice": "auto"},
        {"tool_choice": None},
        {"parallel_tool_calls": True},
        {"tools": [tool(**ADD, strict=False), tool(name="a.b-c_D0" * 8)]},
        {"tools": [tool(name=f"f{number}") for number in range(MAX_TOOLS)]},
        {"tools": [tool(**ADD, description="x" * MAX_DESCRIPTION)]},
        {"tools": [tool(**ADD, parameters={"maximum": 10**400})]},
    ],
    ids=lambda fields: str(fields)[:60],
)
def test_tools_within_their_bounds_are_taken(fields: dict[str, Any]) -> None:
    assert parse(**{"tools": [tool(**ADD)], **fields}).definitions


def test_none_of_the_tools_is_shown_if_none_is_to_be_called() -> None:
    assert parse(tools=[tool(**ADD)], tool_choice="none").definitions == ()
    assert parse(tool_choice="none").definitions == ()


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ([], "tools"),
        ({}, "tools"),
        ([tool(name=f"f{number}") for number in range(MAX_TOOLS + 1)], "tools"),
        ([5], "tools[0]"),
        ([{"type": "web_search", "function": ADD}], "tools[0].type"),
        ([{"type": "function", "function": "add"}], "tools[0].function"),
        ([tool(name="")], "tools[0].function.name"),
        ([tool(name="two words")], "tools[0].function.name"),
        ([tool(name="x" * 65)], "tools[0].function.name"),
        ([tool(name="add\n")], "tools[0].function.name"),
        ([tool(**ADD), tool(**ADD)], "tools[1].function.name"),
        ([tool(**ADD, description=5)], "tools[0].function.description"),
        ([tool(**ADD, description="x" * (MAX_DESCRIPTION + 1))], "tools[0].function.description"),
        ([tool(**ADD, parameters=[])], "tools[0].function.parameters"),
        ([tool(**ADD, parameters={"x": "x" * MAX_GRAMMAR})], "tools[0].function.parameters"),
        ([tool(**ADD, strict="no")], "tools[0].function.strict"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_tool_is_refused_by_its_path(tools: Any, param: str) -> None:
    assert refused(tools=tools) == (param, "invalid_value")


def test_an_infinite_number_in_a_schema_is_refused() -> None:
    body = b'{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":%s}]}'

    with pytest.raises(InvalidRequest, match="finite"):
        parse_chat_request(body % b'{"name":"add","parameters":{"maximum":1e999}}')


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({}, CallRules()),
        ({"tool_choice": "auto", "parallel_tool_calls": True}, CallRules()),
        ({"tool_choice": "required"}, CallRules(required=True)),
        ({"tool_choice": tool(**ADD)}, CallRules(required=True, tool="add")),
        ({"parallel_tool_calls": False}, CallRules(parallel=False)),
        ({"tools": [tool(**ADD, strict=True), tool(name="sub")]}, CallRules(strict=("add",))),
        ({"tool_choice": "none", "tools": [tool(**ADD, strict=True)]}, CallRules()),
    ],
    ids=str,
)
def test_what_holds_for_calls_is_handed_on(fields: dict[str, Any], rules: CallRules) -> None:
    assert to_generate(parse(**{"tools": [tool(**ADD)], **fields})).calls == rules


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": tool(**ADD)}, "tool_choice"),
        ({"parallel_tool_calls": True}, "parallel_tool_calls"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"tools": [tool(**ADD)], "tool_choice": tool(name="sub")}, "tool_choice.function.name"),
        ({"tools": [tool(**ADD)], "tool_choice": "sometimes"}, "tool_choice"),
        ({"tools": [tool(**ADD)], "tool_choice": 5}, "tool_choice"),
        ({"tools": [tool(**ADD)], "tool_choice": {"type": "allowed_tools", "function": ADD}}, "tool_choice.type"),
    ],
    ids=str,
)
def test_a_wrong_choice_is_refused_by_its_name(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields) == (param, "invalid_value")


# --- messages --------------------------------------------------------------------------------------------


def test_calls_and_their_answers_are_handed_on() -> None:
    request = parse(
        messages=[
            USER,
            called(call("c1", arguments='{"a": 1}'), call("c2"), reasoning_content="hm"),
            result("c2"),
            result("c1"),
            {"role": "assistant", "content": "Done.", "name": "adder"},
        ]
    )

    assert to_generate(request).messages[1:] == (
        ChatMessage("assistant", "", "hm", (ToolCall("add", '{"a": 1}', "c1"), ToolCall("add", "{}", "c2"))),
        ChatMessage("tool", "5", tool_call_id="c2"),
        ChatMessage("tool", "5", tool_call_id="c1"),
        ChatMessage("assistant", "Done.", name="adder"),
    )


def test_an_answer_can_be_sent_back_as_it_came() -> None:
    nothing: dict[str, Any] = {"refusal": None, "audio": None, "function_call": None, "annotations": None}
    # So LiteLLM has it.
    nothing["provider_specific_fields"] = {"refusal": None}
    text = {"role": "assistant", "content": "Hello", "tool_calls": None, "reasoning_content": None, **nothing}

    assert parse(messages=[USER, text, called(call("c1"), **nothing)]).messages[1].text() == "Hello"


def test_a_call_may_have_no_content_at_all() -> None:
    message = called(call("c1"))
    del message["content"]

    assert parse(messages=[USER, message]).messages[1].text() == ""


@pytest.mark.parametrize(
    ("messages", "param", "code"),
    [
        ([{"role": "assistant", "content": None}], "messages[0].content", "invalid_value"),
        ([{"role": "assistant"}], "messages[0].content", "missing_required_parameter"),
        ([called()], "messages[0].tool_calls", "invalid_value"),
        ([called(call(""))], "messages[0].tool_calls[0].id", "invalid_value"),
        ([called(call("1", name="x y"))], "messages[0].tool_calls[0].function.name", "invalid_value"),
        ([called(call("1"), call("1"))], "messages[0].tool_calls[1].id", "invalid_value"),
        ([called(call("1", arguments={}))], "messages[0].tool_calls[0].function.arguments", "invalid_value"),
        ([called(call("1", arguments=""))], "messages[0].tool_calls[0].function.arguments", "invalid_value"),
        ([called(call("1", arguments="[]"))], "messages[0].tool_calls[0].function.arguments", "invalid_value"),
        ([called(call("1", arguments="{"))], "messages[0].tool_calls[0].function.arguments", "invalid_value"),
        (
            [called(call("1", arguments='{"a": 1e999}'))],
            "messages[0].tool_calls[0].function.arguments",
            "invalid_value",
        ),
        (
            [called(call("1", arguments='{"a":' * 300 + "1" + "}" * 300))],
            "messages[0].tool_calls[0].function.arguments",
            "invalid_value",
        ),
        ([called({"id": "1", "type": "custom"})], "messages[0].tool_calls[0].type", "invalid_value"),
        ([{**USER, "tool_calls": [call("1")]}], "messages[0].tool_calls", "invalid_value"),
        ([{**USER, "reasoning_content": "x"}], "messages[0].reasoning_content", "invalid_value"),
        ([called(call("1")), {**USER, "tool_call_id": "1"}], "messages[1].tool_call_id", "invalid_value"),
        ([result("1")], "messages[0].tool_call_id", "invalid_value"),
        ([called(call("1")), result("2")], "messages[1].tool_call_id", "invalid_value"),
        ([result("1"), called(call("1"))], "messages[0].tool_call_id", "invalid_value"),
        ([{"role": "tool", "content": "5"}], "messages[0].tool_call_id", "missing_required_parameter"),
        (
            [called(call("1")), {"role": "tool", "tool_call_id": "1", "content": None}],
            "messages[1].content",
            "invalid_value",
        ),
    ],
    ids=lambda value: str(value)[:70],
)
def test_a_message_that_does_not_fit_is_refused_by_its_path(messages: Any, param: str, code: str) -> None:
    assert refused(messages=messages) == (param, code)


@pytest.mark.parametrize("name", ["refusal", "audio", "function_call", "annotations"])
def test_what_answers_here_never_hold_is_not_supported(name: str) -> None:
    message = {"role": "assistant", "content": "x", name: [1]}

    assert refused(messages=[message]) == (f"messages[0].{name}", "unsupported_parameter")


def test_whether_to_think_is_handed_on() -> None:
    assert to_generate(parse()).enable_thinking is None
    for chosen in (True, False):
        request = parse(chat_template_kwargs={"enable_thinking": chosen})
        assert to_generate(request).enable_thinking is chosen
