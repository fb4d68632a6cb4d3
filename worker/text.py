"""Tokens to text, for one generation: whole characters only, and nothing of a stop string.

All state is a function of the token ids, so that a generation can be replayed from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ..protocol.messages import Aside, ToolCall
from .answer import AnswerParser, Called, Part, Said, Thought
from .ledger import Ledger
from .stops import StopMatcher

# What a detokenizer makes of bytes that are no character.
_BROKEN = "\N{REPLACEMENT CHARACTER}"


class Detokenizer(Protocol):
    """What `TextStream` needs of mlx-lm's `StreamingDetokenizer`, which holds back incomplete characters."""

    @property
    def last_segment(self) -> str: ...  # noqa: D102
    def add_token(self, token: int) -> None: ...  # noqa: D102
    def finalize(self) -> None: ...  # noqa: D102


class TextStream:
    """The text of one generation, token by token.

    Attributes:
        called: Whether the answer calls a tool.
        ledger: Kept for generations that ask for log-probabilities.
        silent: Tokens that are no text: those of a turn's end, where they end nothing.
    """

    called = False
    ledger: Ledger | None = None
    silent: frozenset[int] = frozenset()

    def __init__(self, detokenizer: Detokenizer, stops: tuple[str, ...]) -> None:
        self._detokenizer = detokenizer
        self._matcher = StopMatcher(stops)

    def push(self, token: int) -> tuple[str, bool]:
        """Take a token of the answer (not the one that ends it).

        Returns:
            The text that is certain now, and whether a stop string ends the generation here.
        """
        if token in self.silent:
            return self._skip()
        self._detokenizer.add_token(token)
        return self._say(token, self._detokenizer.last_segment)

    def replay(self, tokens: Iterable[int]) -> None:
        """Take tokens whose text and asides were delivered already, by another worker.

        Raises:
            ValueError: They end the answer: nothing can be resumed behind them.
        """
        for token in tokens:
            _, stopped = self.push(token)
            if stopped:
                raise ValueError("a stop string ends the answer that was to be resumed")
        self.take_aside()
        if self.ledger is not None:
            self.ledger.forget()

    def finish(self, *, cut: bool = False) -> tuple[str, bool]:  # noqa: ARG002 - matters to what is parsed
        """Return the rest of the text, and whether it still completed a stop string.

        A character that the answer's end has cut is left out.

        Args:
            cut: The answer ends at its greatest length, and not with the model's turn.
        """
        return self._end(*self._matcher.push(self._rest()), called=False)

    def take_aside(self) -> Aside | None:
        """Return what came beside the text since the last time, if anything did."""
        return None

    def _skip(self) -> tuple[str, bool]:
        if self.ledger is not None:
            self.ledger.wait()
        return "", False

    def _say(self, token: int, content: str) -> tuple[str, bool]:
        """Take a token that made this content known."""
        shown, stopped = self._matcher.push(content)
        if self.ledger is not None:
            self.ledger.say(token, content)
            self._show(shown, stopped=stopped)
        return shown, stopped

    def _end(self, text: str, stopped: bool, *, called: bool) -> tuple[str, bool]:
        """Return the end of the text, with what the matcher held back unless a stop string ends it."""
        if not stopped:
            text += self._matcher.flush()
        if self.ledger is not None:
            self.ledger.show(len(text))
            self.ledger.end(stopped=stopped, called=called)
        return text, stopped

    def _show(self, shown: str, *, stopped: bool) -> None:
        if self.ledger is not None:
            self.ledger.show(len(shown))
            if stopped:
                self.ledger.end(stopped=True, called=False)

    def _rest(self) -> str:
        self._detokenizer.finalize()
        return self._detokenizer.last_segment.rstrip(_BROKEN)


class ParsedTextStream(TextStream):
    """The text of a generation that may think or call tools. Stop strings are looked for in the content alone."""

    def __init__(self, detokenizer: Detokenizer, stops: tuple[str, ...], parser: AnswerParser) -> None:
        super().__init__(detokenizer, stops)
        self._parser = parser
        self._undecided = 0  # tokens that may be part of a mark
        self._reasoning = ""
        self._reasoning_tokens = 0
        self._calls: list[ToolCall] = []

    def push(self, token: int) -> tuple[str, bool]:
        """Take a token; what it adds to a thought or a call is for `take_aside`."""
        parser = self._parser
        if token in self.silent:
            self._reasoning_tokens += parser.thinking
            return self._skip()
        self._detokenizer.add_token(token)
        new = self._detokenizer.last_segment
        if parser.is_plain(new):
            return self._say(token, new)
        was_thinking = parser.thinking
        parts = parser.push(new)
        if was_thinking:
            self._reasoning_tokens += 1
        elif parser.thinking or any(isinstance(part, Thought) for part in parts):
            self._reasoning_tokens += self._undecided + 1
        if parser.held and not parser.thinking:
            self._undecided = self._undecided + 1 if parser.held > len(new) else 1
        else:
            self._undecided = 0
        content, stopped = self._match(parts)
        if self.ledger is not None:
            self._record(self.ledger, token, parts, was_thinking=was_thinking)
            self._show(content, stopped=stopped)
        return content, stopped

    def _record(self, ledger: Ledger, token: int, parts: list[Part], *, was_thinking: bool) -> None:
        """Tell the ledger what a token was part of, as far as that is known."""
        if was_thinking or self._parser.thinking or any(isinstance(part, Thought | Called) for part in parts):
            ledger.drop()
        elif content := "".join(part.text for part in parts if isinstance(part, Said)):
            ledger.say(token, content)
        elif self._parser.drops_space:
            ledger.drop()
        else:
            ledger.wait()

    def finish(self, *, cut: bool = False) -> tuple[str, bool]:
        """Return the rest of the content, and whether it still completed a stop string."""
        calls = len(self._calls)
        text, stopped = self._match(self._parser.push(self._rest()))
        if not stopped:
            more, stopped = self._match(self._parser.finish(cut=cut))
            text += more
        return self._end(text, stopped, called=len(self._calls) > calls)

    def take_aside(self) -> Aside | None:
        """Return the thoughts and calls since the last time, if there were any."""
        unread, self._parser.unread = self._parser.unread, 0
        if not (self._reasoning_tokens or self._calls or self._reasoning or unread):
            return None
        aside = Aside(self._reasoning, self._reasoning_tokens, tuple(self._calls), unread_calls=unread)
        self._reasoning, self._reasoning_tokens = "", 0
        self._calls.clear()
        return aside

    def _match(self, parts: list[Part]) -> tuple[str, bool]:
        """Return the content among the parts, up to a stop string; what comes behind it is left out."""
        content = ""
        for part in parts:
            match part:
                case Said(text):
                    text, stopped = self._matcher.push(text)
                    content += text
                    if stopped:
                        return content, True
                case Thought(text):
                    self._reasoning += text
                case Called(calls):
                    self._calls.extend(calls)
                    self.called = True
        return content, False
