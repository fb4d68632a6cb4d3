"""What stands around a question about tools: a system message, and what was said before.

It knows nothing of which tool is right.
"""

from __future__ import annotations

from typing import Any

from ..exercise import Message, Source
from ..template import to_json
from .values import KINDS

_SYSTEM = (
    *("You are a helpful assistant.",) * 4,
    "You are a helpful AI assistant.",
    "You are a friendly assistant.",
    "You're a helpful assistant with tools.",
    "You are an assistant that can call tools.",
    "You are a helpful assistant. Use the tools where they help.",
    "You are a helpful assistant. Today is {date}.",
    "You are a helpful assistant. The current time is {time}.",
    "Today's date is {date}.",
    "The current date is {date}. You help the user.",
    "You are {company}'s assistant.",
    "You work for {company}. Help its customers.",
    "You are the assistant of {person}.",
    "You are {person}, a personal assistant.",
    "The user's name is {person}.",
    "The user lives in {city}.",
    "You are a smart home assistant.",
    "You are a customer support agent.",
    "You are a bot in a chat.",
    "Be brief.",
    "Answer briefly.",
    "Answer in English.",
    "Be polite and short.",
    "Use the functions you are given.",
    "Use the supplied tools to assist the user.",
    "You are a helpful customer support assistant. Use the supplied tools to assist the user.",
    "Don't make assumptions about what values to plug into functions.",
    "You can call functions. Call one if it fits.",
    "Help the user with whatever they ask.",
    "You are an agent.",
    "assistant",
    "You are a helpful assistant for {company}. Always use tools if possible.",
)
_GREETINGS = (
    "Hello",
    "Hi",
    "Hey",
    "Hello!",
    "Hi!",
    "hi",
    "hello",
    "Hey!",
    "Hi there",
    "Good morning",
    "Good morning!",
)
GREETING_ANSWER = "Hello! How can I help you?"
_THANKS = ("Thanks", "Thank you", "Thanks!", "Thank you!", "thanks", "thx", "Thanks a lot", "Thank you very much")
THANKS_ANSWER = "You're welcome!"
_BLANKS = ("date", "time", "company", "person", "city")


def system(source: Source) -> Message:
    """Return a system message that changes nothing."""
    text = source.wording(_SYSTEM)
    if "{" in text:
        blank = next(blank for blank in _BLANKS if f"{{{blank}}}" in text)
        text = text.replace(f"{{{blank}}}", KINDS[blank](source)[0])
    return {"role": "system", "content": text}


def greeting(source: Source) -> tuple[str, str]:
    """Return a greeting and its answer."""
    return source.wording(_GREETINGS), GREETING_ANSWER


def thanks(source: Source) -> tuple[str, str]:
    """Return thanks and the answer to them."""
    return source.wording(_THANKS), THANKS_ANSWER


def said(role: str, content: str) -> Message:
    """Return a message."""
    return {"role": role, "content": content}


def call_messages(source: Source, calls: list[tuple[str, dict[str, Any]]], results: list[str]) -> list[Message]:
    """Return an assistant's calls and the tools' results, as messages."""
    ids = [f"call_{source.rng.randrange(10**6)}" for _ in calls]
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": key, "type": "function", "function": {"name": name, "arguments": to_json(arguments)}}
                for key, (name, arguments) in zip(ids, calls, strict=True)
            ],
        },
        *({"role": "tool", "tool_call_id": key, "content": text} for key, text in zip(ids, results, strict=True)),
    ]
