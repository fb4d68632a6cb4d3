from __future__ import annotations

import asyncio

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

from ..questions import SUM, WEATHER, WEATHER_IS, WEATHER_RESULT


def get_weather(city: str) -> str:
    """Get the current weather for a city."""
    return WEATHER_RESULT if city == "Paris" else "unknown"


TOOL = FunctionTool.from_defaults(get_weather)
ASKED = [ChatMessage(role="user", content=WEATHER)]


def test_a_tool_is_called(model: OpenAILike) -> None:
    (call,) = model.get_tool_calls_from_response(model.chat_with_tools([TOOL], chat_history=ASKED))

    assert (call.tool_name, call.tool_kwargs) == ("get_weather", {"city": "Paris"})


def test_a_streamed_call_is_put_together(model: OpenAILike) -> None:
    *_, last = model.stream_chat_with_tools([TOOL], chat_history=ASKED)
    (call,) = model.get_tool_calls_from_response(last)

    assert (call.tool_name, call.tool_kwargs) == ("get_weather", {"city": "Paris"})


def test_a_call_that_is_asked_for_comes(model: OpenAILike) -> None:
    answer = model.chat_with_tools([TOOL], user_msg=SUM, tool_required=True, allow_parallel_tool_calls=False)

    assert len(model.get_tool_calls_from_response(answer)) == 1


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_an_agent_runs_its_tools(model: OpenAILike, streaming: bool) -> None:
    async def run() -> str:
        agent = FunctionAgent(tools=[TOOL], llm=model, streaming=streaming)
        return str(await agent.run(WEATHER))

    assert asyncio.run(run()) == WEATHER_IS
