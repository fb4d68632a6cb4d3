"""What has come of one answer: text, thoughts, calls, and how many tokens they are."""

from __future__ import annotations

import secrets
from typing import Any

from ...protocol.messages import Delta, ToolCall
from ..dispatcher import Started


class Answer:
    """Gathers the deltas of one generation; `model` is known once it has started."""

    def __init__(self) -> None:
        self.model = ""
        self._prompt_tokens = 0
        self._completion_tokens = 0
        self._reasoning_tokens = 0
        self._cached_tokens = 0
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._numbered = 0

    def start(self, started: Started) -> None:
        """Take what is known once a worker has begun."""
        self.model = started.model.id
        self._prompt_tokens = started.prompt_tokens

    def count(self, delta: Delta) -> None:
        """Count a delta's tokens."""
        self._completion_tokens += len(delta.tokens)
        if delta.aside is not None:
            self._reasoning_tokens += delta.aside.reasoning_tokens
            self._cached_tokens += delta.aside.cached_tokens

    def take(self, delta: Delta) -> None:
        """Keep a delta for the message."""
        self.count(delta)
        self._text.append(delta.text)
        if delta.aside is not None:
            self._reasoning.append(delta.aside.reasoning)
            self._calls.extend(self.number(call)[1] for call in delta.aside.tool_calls)

    def number(self, call: ToolCall) -> tuple[int, dict[str, Any]]:
        """Return the next call's index and the call as clients get it.

        Its id is drawn here unless the model gave one: a generation that is continued elsewhere sends each call
        once, so what was drawn stays.
        """
        index = self._numbered
        self._numbered += 1
        function = {"name": call.name, "arguments": call.arguments}
        return index, {"id": call.id or f"call_{secrets.token_hex(12)}", "type": "function", "function": function}

    def message(self) -> dict[str, Any]:
        """Return the whole answer; it has no content if there are calls alone."""
        text = "".join(self._text)
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        if reasoning := "".join(self._reasoning):
            message["reasoning_content"] = reasoning
        if self._calls:
            message["tool_calls"] = self._calls
            message["content"] = text or None
        return message

    def usage(self) -> dict[str, Any]:
        """Return how many tokens were read and written so far."""
        return {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": self._completion_tokens,
            "total_tokens": self._prompt_tokens + self._completion_tokens,
            "prompt_tokens_details": {"cached_tokens": self._cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": self._reasoning_tokens},
        }
