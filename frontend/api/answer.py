"""What has come of one answer: text, thoughts, calls, and how many tokens they are."""

from __future__ import annotations

import secrets
from collections import deque
from typing import Any

from ...protocol.messages import Alternative, Delta, TokenLogprob, ToolCall
from ..dispatcher import Started


class Answer:
    """Gathers the deltas of one generation; `model` is known once it has started."""

    def __init__(self, *, with_logprobs: bool = False) -> None:
        self.model = ""
        self._prompt_tokens = 0
        self._completion_tokens = 0
        self._reasoning_tokens = 0
        self._cached_tokens = 0
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._numbered = 0
        self._with_logprobs = with_logprobs
        self._undecided: deque[TokenLogprob] = deque()
        self._entries: list[dict[str, Any]] = []

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
        self._entries += self.shown(delta)
        if delta.aside is not None:
            self._reasoning.append(delta.aside.reasoning)
            self._calls.extend(self.number(call)[1] for call in delta.aside.tool_calls)

    def shown(self, delta: Delta) -> list[dict[str, Any]]:
        """Take a delta's log-probabilities; return those of the tokens that became part of the content.

        They wait here and not in the worker, so that none is lost with it.
        """
        if delta.logprobs is None:
            return []
        self._undecided += delta.logprobs.entries
        entries: list[dict[str, Any]] = []
        for verdict in delta.logprobs.verdicts:
            for _ in range(min(abs(verdict), len(self._undecided))):
                entry = self._undecided.popleft()
                if verdict > 0:
                    entries.append(_entry(entry))
        return entries

    def logprobs(self) -> dict[str, Any] | None:
        """Return the log-probabilities of the whole answer, if they were asked for."""
        return {"content": self._entries, "refusal": None} if self._with_logprobs else None

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


def _entry(token: TokenLogprob) -> dict[str, Any]:
    return {**_alternative(token), "top_logprobs": [_alternative(other) for other in token.top]}


def _alternative(token: TokenLogprob | Alternative) -> dict[str, Any]:
    return {
        "token": token.token.decode(errors="replace"),
        "logprob": token.logprob,
        "bytes": list(token.token),
    }
