from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from ..questions import SUM, SUM_IS, WEATHER, WEATHER_IS, WEATHER_RESULT, WEATHER_TOOL, user


class GetWeather(BaseModel):
    """Get the current weather for a city."""

    city: str


def test_a_tool_is_called_and_its_result_is_told(client: openai.OpenAI) -> None:
    messages = user(WEATHER)
    asked = client.chat.completions.create(model="any", messages=messages, tools=[WEATHER_TOOL], temperature=0)
    message = asked.choices[0].message
    assert asked.choices[0].finish_reason == "tool_calls"
    assert message.content is None
    assert message.tool_calls is not None
    (call,) = message.tool_calls
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}

    messages += [message, {"role": "tool", "tool_call_id": call.id, "content": WEATHER_RESULT}]
    told = client.chat.completions.create(model="any", messages=messages, tools=[WEATHER_TOOL], temperature=0)
    assert told.choices[0].message.content == WEATHER_IS
    assert told.choices[0].finish_reason == "stop"


def test_a_streamed_call_is_put_together_and_its_result_is_told(client: openai.OpenAI) -> None:
    messages = user(WEATHER)
    call = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
    finish = None
    with client.chat.completions.create(
        model="any", messages=messages, tools=[WEATHER_TOOL], temperature=0, stream=True
    ) as stream:
        for chunk in stream:
            finish = chunk.choices[0].finish_reason
            for delta in chunk.choices[0].delta.tool_calls or ():
                assert delta.index == 0
                assert delta.function is not None
                call["id"] += delta.id or ""
                call["function"]["name"] += delta.function.name or ""
                call["function"]["arguments"] += delta.function.arguments or ""
    assert finish == "tool_calls"
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris"}

    messages += [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": WEATHER_RESULT},
    ]
    with client.chat.completions.create(
        model="any", messages=messages, tools=[WEATHER_TOOL], temperature=0, stream=True
    ) as stream:
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == WEATHER_IS


def test_the_stream_helper_parses_the_arguments(client: openai.OpenAI) -> None:
    tool = openai.pydantic_function_tool(GetWeather, name="get_weather")
    with client.chat.completions.stream(
        model="any", messages=user(WEATHER), tools=[tool], temperature=0
    ) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        message = stream.get_final_completion().choices[0].message

    assert [event.parsed_arguments for event in done] == [GetWeather(city="Paris")]
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.parsed_arguments == GetWeather(city="Paris")


def test_arguments_are_parsed_by_a_pydantic_model(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(
        model="any",
        messages=user(WEATHER),
        tools=[openai.pydantic_function_tool(GetWeather, name="get_weather")],
        temperature=0,
    )

    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.parsed_arguments == GetWeather(city="Paris")


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_call_that_is_asked_for_comes(client: openai.OpenAI, choice: Any) -> None:
    answer = client.chat.completions.create(
        model="any",
        messages=user(SUM),
        tools=[WEATHER_TOOL],
        tool_choice=choice,
        parallel_tool_calls=False,
        temperature=0,
    )

    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.tool_calls is not None
    (call,) = answer.choices[0].message.tool_calls
    assert call.type == "function"
    assert set(json.loads(call.function.arguments)) == {"city"}


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_tools_are_left_alone_where_none_is_needed(client: openai.OpenAI, choice: Any) -> None:
    answer = client.chat.completions.create(
        model="any", messages=user(SUM), tools=[WEATHER_TOOL], tool_choice=choice, temperature=0
    )

    assert answer.choices[0].message.content == SUM_IS
    assert answer.choices[0].message.tool_calls is None
