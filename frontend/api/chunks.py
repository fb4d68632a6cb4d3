"""The events of a streamed answer, as text: OpenAI's chat completion chunks and completion chunks.

https://platform.openai.com/docs/api-reference/chat-streaming

One event for each token of each stream is the hot path of the frontend: what all events of a choice share is
rendered once.
"""

from __future__ import annotations

import json

# Escapes everything beyond ASCII: some clients split lines at U+2028 or U+0085, which JSON allows in strings.
from json.encoder import encode_basestring_ascii as quote
from typing import Any, Protocol

from .answer import ending, in_columns

DONE = b"data: [DONE]\n\n"


class Chunks(Protocol):
    """Renders what happens to one choice of an answer, and at its end the usage."""

    def opening(self, index: int) -> str: ...  # noqa: D102
    def text(self, index: int, text: str, entries: list[Any]) -> str: ...  # noqa: D102
    def reasoning(self, index: int, text: str) -> str: ...  # noqa: D102
    def tool_call(self, index: int, number: int, call: dict[str, Any]) -> str: ...  # noqa: D102
    def finish(self, index: int, finish: str) -> str: ...  # noqa: D102
    def usage(self, usage: dict[str, Any]) -> str: ...  # noqa: D102


class _Rendered:
    """What the events of a stream have in common."""

    def __init__(self, kind: str, completion_id: str, created: int, model: str, with_usage: bool) -> None:
        self._prefix = (
            f'data: {{"id":{quote(completion_id)},"object":"{kind}","created":{created},"model":{quote(model)}'
        )
        self._usage = ',"usage":null' if with_usage else ""

    def usage(self, usage: dict[str, Any]) -> str:
        """Return the event behind all choices."""
        return f'{self._prefix},"choices":[],"usage":{json.dumps(usage)}}}\n\n'

    def _event(self, index: int, members: str, finish: str | None = None) -> str:
        """Return an event of one choice; `members` are those of its JSON object but for its index and end."""
        end = '"finish_reason":null' if finish is None else json.dumps(ending(finish), separators=(",", ":"))[1:-1]
        return f'{self._prefix},"choices":[{{"index":{index},{members},{end}}}]{self._usage}}}\n\n'


class ChatChunks(_Rendered):
    """Of a chat completion."""

    def __init__(self, completion_id: str, created: int, model: str, with_usage: bool) -> None:
        super().__init__("chat.completion.chunk", completion_id, created, model, with_usage)
        self._before: dict[int, str] = {}
        self._after = f'}},"logprobs":null,"finish_reason":null}}]{self._usage}}}\n\n'

    def opening(self, index: int) -> str:
        """Return the event that tells the role; it comes before all others of the choice."""
        self._before[index] = f'{self._prefix},"choices":[{{"index":{index},"delta":{{"content":'
        return self._delta(index, '{"role":"assistant","content":""}')

    def text(self, index: int, text: str, entries: list[Any]) -> str:
        """Return text and the log-probabilities of its tokens."""
        if not entries:
            return f"{self._before[index]}{quote(text)}{self._after}"
        told = json.dumps({"content": entries, "refusal": None})
        return self._event(index, f'"delta":{{"content":{quote(text)}}},"logprobs":{told}')

    def reasoning(self, index: int, text: str) -> str:
        """Return a piece of a thought, by both names that clients know."""
        said = quote(text)
        return self._delta(index, f'{{"reasoning_content":{said},"reasoning":{said}}}')

    def tool_call(self, index: int, number: int, call: dict[str, Any]) -> str:
        """Return a call, whole."""
        return self._delta(index, json.dumps({"tool_calls": [{"index": number, **call}]}))

    def finish(self, index: int, finish: str) -> str:
        """Return the last event of a choice."""
        return self._delta(index, "{}", finish)

    def _delta(self, index: int, delta: str, finish: str | None = None) -> str:
        return self._event(index, f'"delta":{delta},"logprobs":null', finish)


class CompletionChunks(_Rendered):
    """Of a completion, whose answers are text alone.

    Args:
        completion_id: The same in all events.
        created: Unix time in seconds.
        model: Its name.
        with_usage: Whether every event has room for the usage.
        echoes: What comes before each choice.
    """

    def __init__(self, completion_id: str, created: int, model: str, with_usage: bool, echoes: list[str]) -> None:
        super().__init__("text_completion", completion_id, created, model, with_usage)
        self._echoes = echoes

    def opening(self, index: int) -> str:
        """Return the prompt, if it is to come first."""
        return self.text(index, self._echoes[index], []) if self._echoes[index] else ""

    def text(self, index: int, text: str, entries: list[Any]) -> str:
        """Return text and the log-probabilities of its tokens."""
        told = json.dumps(in_columns(entries)) if entries else "null"
        return self._event(index, f'"text":{quote(text)},"logprobs":{told}')

    def reasoning(self, index: int, text: str) -> str:
        """Return nothing: no thoughts are looked for in a completion."""
        del index, text
        return ""

    def tool_call(self, index: int, number: int, call: dict[str, Any]) -> str:
        """Return nothing: no calls are looked for either."""
        del index, number, call
        return ""

    def finish(self, index: int, finish: str) -> str:
        """Return the last event of a choice."""
        return self._event(index, '"text":"","logprobs":null', finish)
