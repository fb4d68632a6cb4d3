"""Tools and thinking through the HTTP API, asked for by the official client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.scripts.models import successor

from .servers import House, Server, counted, text_of, until, user

WEATHER = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich"}}\n</tool_call>'
TEXTS = {
    "weather": WEATHER,
    "both": "Let me see.\n" + WEATHER + '\n<tool_call>{"name": "get_time", "arguments": {}}</tool_call>',
    "broken": "Look: <tool_call>\n{name}\n</tool_call> done",
    "think": "<think>\nCounting is easy.\n</think>\n\nOne comes first.",
}
TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    },
    {"type": "function", "function": {"name": "get_time"}},
]
THINK: Any = {"chat_template_kwargs": {"enable_thinking": True}}


@pytest.fixture(scope="module")
def reciting(shared_house: House, models: Path) -> Server:
    """Says these texts, opens a thought in the prompt where it is asked to think, and counts otherwise."""
    return shared_house.llm_server(successor(models / "reciting", texts=TEXTS, chat_template="open-thinking"))


def ask(server: Server, content: str, **fields: Any) -> Any:
    with server.openai() as client:
        create: Any = client.chat.completions.create
        return create(model="any", messages=user(content), **fields)


def stream(server: Server, content: str, **fields: Any) -> list[Any]:
    fields |= {"stream": True, "stream_options": {"include_usage": True}}
    with server.openai() as client:
        create: Any = client.chat.completions.create
        with create(model="any", messages=user(content), **fields) as chunks:
            return list(chunks)


def calls_of(chunks: list[Any]) -> list[Any]:
    return [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()]


def said(chunks: list[Any], field: str = "content") -> str:
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    return "".join(getattr(delta, field, None) or "" for delta in deltas)


# --- calls -----------------------------------------------------------------------------------------------


def test_a_call_is_delivered_whole(reciting: Server) -> None:
    answer = ask(reciting, "weather", tools=TOOLS)

    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (call,) = choice.message.tool_calls
    assert call.type == "function"
    assert call.id.startswith("call_")
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city": "Zürich"}')


def test_a_call_is_streamed_in_one_delta_with_its_index(reciting: Server) -> None:
    chunks = stream(reciting, "both", tools=TOOLS)

    first, second = calls_of(chunks)
    assert (first.index, first.type, first.function.name) == (0, "function", "get_weather")
    assert json.loads(first.function.arguments) == {"city": "Zürich"}
    assert (second.index, second.function.name, second.function.arguments) == (1, "get_time", "{}")
    assert first.id != second.id
    assert said(chunks) == "Let me see."
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == [
        "tool_calls"
    ]


@pytest.mark.parametrize("content", [*TEXTS, "5"])
def test_a_stream_says_what_the_whole_answer_says(reciting: Server, content: str) -> None:
    whole = ask(reciting, content, tools=TOOLS, temperature=0)
    chunks = stream(reciting, content, tools=TOOLS, temperature=0)

    message = whole.choices[0].message
    assert said(chunks) == (message.content or "")
    assert said(chunks, "reasoning_content") == getattr(message, "reasoning_content", "")
    streamed = [call.function.model_dump() for call in calls_of(chunks)]
    assert streamed == [call.function.model_dump() for call in message.tool_calls or ()]
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert chunks[-1].usage == whole.usage


def test_a_conversation_goes_through_a_tool_and_back(reciting: Server) -> None:
    with reciting.openai() as client:
        messages: list[Any] = user("both")
        answer = client.chat.completions.create(model="any", messages=messages, tools=TOOLS)
        message = answer.choices[0].message
        messages.append(message)
        for number, call in enumerate(message.tool_calls or (), 5):
            messages.append({"role": "tool", "tool_call_id": call.id, "content": str(number)})
        last = client.chat.completions.create(model="any", messages=messages, tools=TOOLS, max_tokens=3)

    # The model counts on from the last word of its prompt: the second tool's answer.
    assert last.choices[0].message.content == counted(7, 9)
    assert last.choices[0].message.tool_calls is None


@pytest.mark.parametrize("fields", [{}, {"tools": TOOLS, "tool_choice": "none"}], ids=["no tools", "none"])
def test_without_tools_to_call_a_call_is_text(reciting: Server, fields: dict[str, Any]) -> None:
    choice = ask(reciting, "weather", **fields).choices[0]

    assert (choice.message.content, choice.message.tool_calls, choice.finish_reason) == (WEATHER, None, "stop")


def test_tools_that_none_is_to_call_are_not_in_the_prompt(reciting: Server) -> None:
    without = ask(reciting, "5").usage.prompt_tokens

    assert ask(reciting, "5", tools=TOOLS, tool_choice="none").usage.prompt_tokens == without
    assert ask(reciting, "5", tools=TOOLS).usage.prompt_tokens > without


def test_a_call_once_begun_can_be_read_whatever_the_model_would_say(reciting: Server) -> None:
    choice = ask(reciting, "broken", tools=TOOLS, temperature=0).choices[0]

    assert (choice.message.content, choice.finish_reason) == ("Look:", "tool_calls")
    assert {call.function.name for call in choice.message.tool_calls} <= {"get_weather", "get_time"}
    assert all(isinstance(json.loads(call.function.arguments), dict) for call in choice.message.tool_calls)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"tool_choice": {"type": "function", "function": {"name": "get_time"}}}, {"get_time"}),
        ({"tool_choice": "required"}, {"get_time", "get_weather"}),
    ],
    ids=["named", "required"],
)
def test_a_call_that_is_asked_for_comes(
    reciting: Server, fields: dict[str, Any], names: set[str], streamed: bool
) -> None:
    fields |= {"tools": TOOLS, "parallel_tool_calls": False, "max_tokens": 1000, "temperature": 0}

    if streamed:
        chunks = stream(reciting, "5", **fields)
        calls, content = calls_of(chunks), said(chunks)
        finish = chunks[-2].choices[0].finish_reason
    else:
        choice = ask(reciting, "5", **fields).choices[0]
        calls, content, finish = choice.message.tool_calls, choice.message.content or "", choice.finish_reason

    (call,) = calls
    assert call.function.name in names
    assert isinstance(json.loads(call.function.arguments), dict)
    assert (content, finish) == ("", "tool_calls")


def test_a_call_that_the_limit_cuts_is_text(reciting: Server) -> None:
    whole = ask(reciting, "weather", tools=TOOLS, max_tokens=8).choices[0]
    chunks = stream(reciting, "weather", tools=TOOLS, max_tokens=8)

    assert whole.finish_reason == chunks[-2].choices[0].finish_reason == "length"
    assert whole.message.tool_calls is None
    assert whole.message.content.startswith("<tool_call>\n{")
    assert WEATHER.startswith(whole.message.content)
    assert said(chunks) == whole.message.content
    told = "choice 0: a tool call could not be read and was given as text"
    until(lambda: reciting.log.count(told) >= 2, "the log says so of each request")


# --- thinking --------------------------------------------------------------------------------------------


def test_thinking_is_apart_from_the_answer_and_counted(reciting: Server) -> None:
    answer = ask(reciting, "5", extra_body=THINK)

    message = answer.choices[0].message
    assert (message.content, message.reasoning_content) == ("One comes first.", "Counting is easy.")
    details = answer.usage.completion_tokens_details
    itself = ask(reciting, "think").usage
    # There, the opening mark is the model's own.
    assert itself.completion_tokens_details.reasoning_tokens == details.reasoning_tokens + 1
    assert itself.completion_tokens == answer.usage.completion_tokens + 1


def test_a_thought_ends_with_its_budget(reciting: Server) -> None:
    free = ask(reciting, "5", extra_body=THINK)
    held = ask(reciting, "5", extra_body={**THINK, "thinking_token_budget": 3})
    silent = ask(reciting, "5", extra_body={**THINK, "thinking_token_budget": 0})

    assert free.choices[0].message.reasoning_content.startswith(held.choices[0].message.reasoning_content)
    assert held.choices[0].message.content == silent.choices[0].message.content == free.choices[0].message.content
    # The closing mark is one of them.
    assert held.usage.completion_tokens_details.reasoning_tokens == 4
    assert silent.usage.completion_tokens_details.reasoning_tokens == 1


def test_a_thought_is_streamed_before_the_answer(reciting: Server) -> None:
    chunks = stream(reciting, "5", extra_body=THINK)

    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    kinds = ["thought" if hasattr(delta, "reasoning_content") else "text" for delta in deltas[1:-1]]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds.count("thought") > 2
    assert said(chunks, "reasoning_content") == "Counting is easy."
    assert said(chunks) == "One comes first."


def test_without_thinking_there_is_no_thought(reciting: Server) -> None:
    for fields in ({}, {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}):
        answer = ask(reciting, "5", max_tokens=3, **fields)
        assert answer.choices[0].message.content == counted(6, 8)
        assert "reasoning_content" not in answer.choices[0].message.model_dump()
        assert answer.usage.completion_tokens_details.reasoning_tokens == 0


def test_stop_strings_are_looked_for_in_the_answer_alone(reciting: Server) -> None:
    answer = ask(reciting, "5", stop=["easy", " first"], extra_body=THINK)

    assert answer.choices[0].message.content == "One comes"
    assert answer.choices[0].message.reasoning_content == "Counting is easy."


def test_a_thought_can_be_sent_back(reciting: Server) -> None:
    messages = [
        *user("5"),
        {"role": "assistant", "content": "6", "reasoning_content": "What comes after 5?"},
        *user("7"),
    ]
    answer = reciting.post({"messages": messages, "max_tokens": 2})

    assert answer.json["choices"][0]["message"]["content"] == "8 9"


def test_a_limit_within_a_thought_leaves_no_answer(reciting: Server) -> None:
    choice = ask(reciting, "5", max_tokens=3, extra_body=THINK).choices[0]

    assert choice.finish_reason == "length"
    assert choice.message.content == ""
    assert "Counting is easy.".startswith(choice.message.reasoning_content)


# --- models without --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": TOOLS}, "tools"),
        ({"thinking_token_budget": 5}, "thinking_token_budget"),
        ({"chat_template_kwargs": {"enable_thinking": True}}, "chat_template_kwargs.enable_thinking"),
        ({"chat_template_kwargs": {"enable_thinking": False}}, "chat_template_kwargs.enable_thinking"),
    ],
    ids=str,
)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_model_refuses_what_it_has_not(
    counting: Server, fields: dict[str, Any], param: str, streamed: bool
) -> None:
    answer = counting.post({"messages": user("5"), "stream": streamed, **fields})

    assert answer.status == 400
    assert answer.error["param"] == param
    assert param.rpartition(".")[2] in answer.error["message"]


def test_tools_that_are_not_to_be_called_are_no_matter_to_a_model_without(counting: Server) -> None:
    assert counting.text("5", tools=TOOLS, tool_choice="none", max_tokens=2) == "6 7"
    with counting.stream("5", tools=TOOLS, tool_choice="none", max_tokens=2) as stream:
        assert text_of(stream.chunks()) == "6 7"
