from __future__ import annotations

import json
from typing import Any

import litellm
import pytest

from ..questions import SUM, WEATHER, WEATHER_IS, WEATHER_RESULT, WEATHER_TOOL, user


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_tool_is_called_and_its_result_is_told(where: dict[str, Any], stream: bool) -> None:
    messages = user(WEATHER)

    def ask() -> Any:
        answer = litellm.completion(messages=messages, tools=[WEATHER_TOOL], temperature=0, stream=stream, **where)
        return (litellm.stream_chunk_builder(list(answer)) if stream else answer).choices[0]

    asked = ask()
    assert asked.finish_reason == "tool_calls"
    (call,) = asked.message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}

    messages += [asked.message, {"role": "tool", "tool_call_id": call.id, "content": WEATHER_RESULT}]
    assert ask().message.content == WEATHER_IS


def test_a_call_that_is_asked_for_comes(where: dict[str, Any]) -> None:
    answer = litellm.completion(
        messages=user(SUM), tools=[WEATHER_TOOL], tool_choice="required", temperature=0, **where
    )

    assert answer.choices[0].message.tool_calls[0].function.name == "get_weather"
