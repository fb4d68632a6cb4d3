"""A conversation at a terminal: what becomes of each line that is typed. Knows neither terminal nor server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

HELP = """\
/help              this
/clear             begin a new conversation
/system [TEXT]     set the system prompt, or take it away
/model [ID]        ask this model from now on, or tell which
/set [NAME VALUE]  send a field with every request, such as temperature 0.2; without VALUE take it away
/retry             have the last answer written again
/quit              end, as Ctrl-D does

A line that ends in \\ goes on in the next one; a line that is just \"\"\" begins and ends a text of many lines.
Ctrl-C stops an answer; what came of it stays a part of the conversation."""

# They belong to the conversation.
_OURS = ("messages", "stream", "stream_options", "model", "n")
_BLOCK = '"""'


@dataclass(frozen=True)
class Ask:
    """The conversation is to be answered."""


@dataclass(frozen=True)
class Say:
    """Tell the person this."""

    text: str


@dataclass(frozen=True)
class More:
    """What is typed is not complete; the next line belongs to it."""


@dataclass(frozen=True)
class Quit:
    """The end."""


Action = Ask | Say | More | Quit


@dataclass
class Conversation:
    """The messages so far, and what is sent along with them.

    Attributes:
        model: The id of the model that is asked.
        system: The system prompt.
        fields: Further fields of each request.
        messages: Turns of user and assistant.
    """

    model: str
    system: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, str]] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)
    _in_block: bool = False

    def request(self) -> dict[str, Any]:
        """Return the body of a request for the next turn."""
        first = [] if self.system is None else [{"role": "system", "content": self.system}]
        return {
            **self.fields,
            "model": self.model,
            "messages": [*first, *self.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def answered(self, text: str) -> None:
        """Add an answer, whole or stopped; one without text leaves the question to be asked again."""
        if text:
            self.messages.append({"role": "assistant", "content": text})

    def take(self, line: str) -> Action:
        """Take a line that was typed."""
        if self._in_block or line.strip() == _BLOCK:
            return self._in_a_block(line)
        if line.endswith("\\"):
            self._lines.append(line[:-1])
            return More()
        if not self._lines and line.startswith("/"):
            return self._command(*(line[1:].split(maxsplit=1) or [""]))
        return self.ask("\n".join([*self._lines, line]))

    def ask(self, text: str) -> Action:
        """Take a whole question."""
        self.drop_line()
        if not text.strip():
            return Say("")
        self._forget_unanswered()
        self.messages.append({"role": "user", "content": text})
        return Ask()

    def drop_line(self) -> None:
        """Forget what was typed of a text that is not complete."""
        self._lines, self._in_block = [], False

    def _in_a_block(self, line: str) -> Action:
        if line.strip() != _BLOCK:
            self._lines.append(line)
        elif self._in_block:
            return self.ask("\n".join(self._lines))
        else:
            self._in_block = True
        return More()

    def _command(self, name: str, rest: str = "") -> Action:
        match name, rest:
            case "help", _:
                return Say(HELP)
            case "quit" | "exit", _:
                return Quit()
            case "clear", _:
                self.messages.clear()
                return Say("a new conversation")
            case "system", _:
                self.system = rest or None
                return Say("the system prompt is set" if rest else "no system prompt")
            case "model", _:
                self.model = rest or self.model
                return Say(f"model: {self.model}")
            case "set", _:
                return self._set(*rest.split(maxsplit=1))
            case "retry", _:
                return self._retry()
            case _:
                return Say(f"there is no /{name}; /help lists what there is")

    def _set(self, name: str = "", value: str | None = None) -> Action:
        if name in _OURS:
            return Say(f"{name} can't be set")
        if value is not None:
            self.fields[name] = _value(value)
        elif name:
            self.fields.pop(name, None)
        return Say(
            ", ".join(f"{key} = {json.dumps(each)}" for key, each in self.fields.items()) or "nothing is set"
        )

    def _retry(self) -> Action:
        if self.messages and self.messages[-1]["role"] == "assistant":
            self.messages.pop()
        return Ask() if self.messages else Say("there is nothing to answer yet")

    def _forget_unanswered(self) -> None:
        """A question that failed is replaced by the next: templates want turns to alternate."""
        if self.messages and self.messages[-1]["role"] == "user":
            self.messages.pop()


def _value(text: str) -> Any:
    """Return a value as JSON has it, or else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
