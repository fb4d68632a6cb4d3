from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from ..questions import SUM, WEATHER, WEATHER_IS, WEATHER_RESULT


@tool
def get_weather(city: str) -> str:
    """Get the current weather for a city."""
    return WEATHER_RESULT if city == "Paris" else "unknown"


def test_a_bound_tool_is_called_and_its_result_is_told(model: ChatOpenAI) -> None:
    bound = model.bind_tools([get_weather])
    messages: list[Any] = [HumanMessage(WEATHER)]
    asked = bound.invoke(messages)
    (call,) = asked.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Paris"})

    messages += [asked, get_weather.invoke(call)]
    assert bound.invoke(messages).content == WEATHER_IS


def test_a_streamed_call_is_put_together(model: ChatOpenAI) -> None:
    whole, *rest = model.bind_tools([get_weather]).stream(WEATHER)
    for piece in rest:
        whole += piece

    (call,) = whole.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Paris"})
    assert call["id"]


@pytest.mark.parametrize("choice", ["required", "get_weather"])
def test_a_strict_call_that_is_asked_for_comes(model: ChatOpenAI, choice: str) -> None:
    bound = model.bind_tools([get_weather], tool_choice=choice, strict=True, parallel_tool_calls=False)

    (call,) = bound.invoke(SUM).tool_calls
    assert set(call["args"]) == {"city"}


def test_an_agent_runs_its_tools(model: ChatOpenAI) -> None:
    # Its name is sent with its messages.
    agent = create_agent(model, [get_weather], name="forecaster")
    state = agent.invoke({"messages": [HumanMessage(WEATHER)]})

    assert [message.type for message in state["messages"]] == ["human", "ai", "tool", "ai"]
    assert state["messages"][-1].content == WEATHER_IS
