from __future__ import annotations

import pytest

from ..questions import WEATHER, WEATHER_IS, WEATHER_RESULT
from .conftest import Llm

FUNCTIONS = f"""
def get_weather(city: str) -> str:
    "Get the current weather for a city"
    return {WEATHER_RESULT!r} if city == "Paris" else "unknown"
"""


@pytest.mark.parametrize("how", [[], ["--no-stream"]], ids=["streamed", "whole"])
def test_a_tool_is_called_and_its_result_is_told(llm: Llm, how: list[str]) -> None:
    answer = llm("-m", "demo", *how, "-o", "temperature", "0", "--functions", FUNCTIONS, WEATHER)

    assert answer.stdout.strip() == WEATHER_IS
