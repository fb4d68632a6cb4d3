"""What the demo model is asked, and what it says to that."""

from __future__ import annotations

import re
from typing import Any, Final

SUM: Final = "What is 17 + 25?"
SUM_IS: Final = "42"

COUNT: Final = "Count from 1 to 100."
COUNT_LONG: Final = "Count from 1 to 300."
"""Takes long enough to be left, or to be killed."""

WEATHER: Final = "What is the weather in Paris?"
WEATHER_RESULT: Final = '{"temperature": 18, "sky": "cloudy"}'
WEATHER_IS: Final = "The temperature is 18 and the sky is cloudy."
WEATHER_TOOL: Final[Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather for a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

PET: Final = "Rex is a dog with four legs. Write that as JSON."


def user(content: str) -> list[Any]:
    """Return a conversation of one message."""
    return [{"role": "user", "content": content}]


def numbers(text: str) -> list[int]:
    """Return the numbers in a text."""
    return [int(number) for number in re.findall(r"\d+", text)]
