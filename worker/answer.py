"""Splits an answer's text into what was thought, what is said, and what is called: a pure state machine.

It knows nothing of tokens, stop strings or models; the marks around thoughts and calls are given. The text is in

    content     until a mark opens a thought or a call
    a thought   until its closing mark, or the answer's end
    a call      until its closing mark, or the answer's end if the model has none

The rules:

- The result does not depend on how the text was cut: what may become a mark is held back until that is known.
- Marks are part of nothing. A closing mark without its opening one is text like any other.
- A call that can't be read is content, its marks included. So is one that the answer's length has cut; at the
  end of a turn, one without a closing mark is still read.
- Of an answer that is held to a grammar more is known. Where that is about the text, what begins as text is text
  to its end, whatever stands in it. Where it is about calls, each can be read once it is whole, so a closing mark
  before that stands within its arguments.
- Space at a thought's edges is dropped, and so is space before a call, between marks, and after a mark where
  nothing was said before it: a call alone has no content. So, where calls are looked for, space waits for what
  follows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from ..protocol.messages import ToolCall
from .stops import Beginnings

ReadCalls = Callable[[str], tuple[ToolCall, ...]]
"""Returns the calls in a text from between two marks; none if it can't be read."""


class Pair(NamedTuple):
    """An opening mark and its closing one; `end` may be empty: to the end of the turn."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Said:
    """Content."""

    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of a thought."""

    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """Calls that were between two marks."""

    calls: tuple[ToolCall, ...]


Part = Said | Thought | Called


class _In(Enum):
    CONTENT = "content"
    THOUGHT = "thought"
    CALL = "call"


class AnswerParser:
    """Splits one answer.

    Args:
        thought: The marks of a thought, if the model has them.
        call: The marks of a call, if calls are to be looked for.
        read_calls: Says what a call means.
        thinking: The prompt has opened a thought already.
        leading: There are marks only before there is content.
        whole: Every call can be read.

    Attributes:
        unread: How many calls became text.
    """

    def __init__(
        self,
        thought: Pair | None,
        call: Pair | None,
        read_calls: ReadCalls,
        *,
        thinking: bool = False,
        leading: bool = False,
        whole: bool = False,
    ) -> None:
        self._leading = leading
        self._whole = whole
        self._call = call
        self._read_calls = read_calls
        # Which mark leads where.
        self._exits: dict[_In, dict[str, _In]] = {place: {} for place in _In}
        for pair, place in ((thought, _In.THOUGHT), (call, _In.CALL)):
            if pair is not None:
                self._exits[_In.CONTENT][pair.start] = place
                if pair.end:
                    self._exits[place][pair.end] = _In.CONTENT
        self._marks = {place: Beginnings(tuple(exits)) for place, exits in self._exits.items()}
        self._in = _In.THOUGHT if thinking else _In.CONTENT
        self._held = ""
        self._raw: list[str] = []
        self._marked = thinking  # a mark has passed
        self._run = False  # the present stretch of content or thought has begun
        self._said = self._thought = False  # there was content, a thought
        self.unread = 0
        self._gap = self._pause = ""  # space before content, and before more of a thought

    @property
    def thinking(self) -> bool:
        """Whether the text is in a thought."""
        return self._in is _In.THOUGHT

    @property
    def drops_space(self) -> bool:
        """Whether space that comes here is no part of anything: behind a mark, before there is content."""
        return self._in is _In.CONTENT and self._marked and not self._said and not self._held

    @property
    def held(self) -> int:
        """How many characters wait for the decision whether they are a mark."""
        return len(self._held)

    def is_plain(self, text: str) -> bool:
        """Tell whether `text` is content as it stands, and need not be pushed: most is."""
        return (
            self._run
            and self._in is _In.CONTENT
            and not self._held
            and not self._gap
            and not (self._call is not None and text[-1:].isspace())
            and self._marks[_In.CONTENT].are_far_from(text)
        )

    def push(self, text: str) -> list[Part]:
        """Take the next piece of text and return what is certain now, in order."""
        parts: list[Part] = []
        text = self._held + text
        while (found := self._first_mark(text)) is not None:
            start, mark = found
            self._take(text[:start], parts)
            self._cross(mark, parts)
            text = text[start + len(mark) :]
        certain = self._marks[self._in].place(text)
        self._held = text[certain:]
        self._take(text[:certain], parts)
        return parts

    def finish(self, *, cut: bool) -> list[Part]:
        """Return the rest: the text is over, at the end of the turn or (`cut`) at the answer's greatest length."""
        parts: list[Part] = []
        held, self._held = self._held, ""
        self._take(held, parts)
        if self._in is _In.CALL and self._call is not None:
            self._in = _In.CONTENT
            self._end_call("", parts, readable=not (cut and self._call.end))
        if self._in is _In.CONTENT and self._gap and (self._run or not self._marked):
            parts.append(Said(self._gap))
        return parts

    # --- inside ---

    def _first_mark(self, text: str) -> tuple[int, str] | None:
        found = [(start, mark) for mark in self._exits[self._in] if (start := text.find(mark)) >= 0]
        if not found:
            return None
        first = min(found)
        if self._leading and self._in is _In.CONTENT and (self._said or text[: first[0]].strip()):
            return None
        return first

    def _cross(self, mark: str, parts: list[Part]) -> None:
        """Go over a mark into what is behind it."""
        if self._whole and self._in is _In.CALL and not self._read_calls("".join(self._raw)):
            self._raw.append(mark)
            return
        left, self._in = self._in, self._exits[self._in][mark]
        self._marked, self._run = True, False
        if left is _In.CALL:
            self._end_call(mark, parts)
        elif self._in is _In.THOUGHT:
            self._pause = "\n" if self._thought else ""

    def _end_call(self, mark: str, parts: list[Part], *, readable: bool = True) -> None:
        raw = "".join(self._raw)
        self._raw.clear()
        if readable and (calls := self._read_calls(raw)):
            parts.append(Called(calls))
            self._gap = ""
        elif self._call is not None:
            self.unread += 1
            self._say(self._call.start + raw + mark, parts)

    def _take(self, text: str, parts: list[Part]) -> None:
        if not text:
            return
        match self._in:
            case _In.CONTENT:
                self._say(text, parts)
            case _In.THOUGHT:
                self._think(text, parts)
            case _In.CALL:
                self._raw.append(text)

    def _say(self, text: str, parts: list[Part]) -> None:
        text = self._gap + text
        if not self._run and not text.isspace():
            if self._marked and not self._said:
                text = text.lstrip()
            self._run = self._said = True
        body = text if self._run and self._call is None else text.rstrip()
        self._gap = text[len(body) :]
        if body:
            parts.append(Said(body))

    def _think(self, text: str, parts: list[Part]) -> None:
        if not self._run:
            text = text.lstrip()
            if not text:
                return
            self._run = self._thought = True
        text = self._pause + text
        body = text.rstrip()
        self._pause = text[len(body) :]
        if body:
            parts.append(Thought(body))
