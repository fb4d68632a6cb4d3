"""What a model writes between the marks of a call, to the calls it means, by mlx-lm's parser for that model."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any

from ..protocol.messages import ToolCall

log = logging.getLogger(__name__)

# What the frontend takes back as the name or the id of a call.
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ID = re.compile(r"[\x21-\x7e]{1,64}")

ParseCall = Callable[[str, list[dict[str, Any]]], Any]
"""A tool parser of mlx-lm: a call's text and the tools, to a map or a list of maps."""


class CallReader:
    """Reads the calls of one request.

    Args:
        parse: The parser of the model's kind.
        tools: The request's tools, which tell some parsers the types of arguments.
        log_level: Of what is said of a call that can't be read.
    """

    def __init__(self, parse: ParseCall, tools: list[dict[str, Any]], log_level: int = logging.WARNING) -> None:
        self._parse = parse
        self._tools = tools
        self._log_level = log_level

    def __call__(self, text: str) -> tuple[ToolCall, ...]:
        """Return the calls in a text; none, with a warning in the log, if it can't be read."""
        try:
            parsed = self._parse(text, self._tools)
            calls = tuple(_call(each) for each in (parsed if isinstance(parsed, list) else [parsed]))
        except Exception as error:  # noqa: BLE001 - parsers of many kinds meet whatever a model says
            return self._unreadable(type(error).__name__)
        return calls or self._unreadable("it calls nothing")

    def _unreadable(self, why: str) -> tuple[ToolCall, ...]:
        log.log(self._log_level, "a tool call can't be read and is sent as text: %s", why)
        return ()


def _call(parsed: Any) -> ToolCall:
    """Return a parsed call as the frontend gets it.

    Raises:
        TypeError: It is no map, or a part of it is of a wrong type.
        ValueError: It could not be sent back: its name is none, or its arguments are no JSON or no UTF-8.
    """
    name, arguments, number = parsed["name"], parsed.get("arguments"), parsed.get("id")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no function's name")
    if isinstance(arguments, str):  # some models write JSON within JSON
        arguments = json.loads(arguments)
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise TypeError("a call's arguments are not a map")
    text = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
    text.encode()
    return ToolCall(name, text, number if isinstance(number, str) and _ID.fullmatch(number) else "")
