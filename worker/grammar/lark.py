r"""One grammar for a whole answer, in llguidance's Lark.

    answer    = [thought] body
    body      = what the request wants of the text; or calls; or text with calls in it

Marks are found in text (`answer.py`), so a mark is its token or its letters, and a text that is free holds none:
it is never taken for text, nor text for a mark. https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

# Without it llguidance would have what is certain in the tokenizer's own tokens: a mark within a string as a mark.
_OPTIONS = '%llguidance {"no_forcing": true}'
# Models put line breaks around their marks. Bounded, that no model goes on with it for ever.
_SPACE = r"WS: /[ \t\r\n]{1,4}/"


@dataclass(frozen=True)
class Mark:
    """A mark.

    Attributes:
        token: If it is one that text can't be made of.
    """

    text: str
    token: int | None

    @property
    def rule(self) -> str:
        """The mark as Lark has it."""
        return literal(self.text) if self.token is None else f"({self.token_rule} | {literal(self.text)})"

    @property
    def token_rule(self) -> str:
        """The token as Lark has it."""
        return f"<[{self.token}]>"


@dataclass(frozen=True)
class Thought:
    """How a model thinks.

    Attributes:
        start: None if the prompt has opened the thought.
    """

    start: Mark | None
    end: Mark


@dataclass(frozen=True)
class Calls:
    """What calls there may be.

    Attributes:
        start: How a call begins.
        rest: What a call is behind that.
        required: There is a call, and nothing else.
        parallel: There may be several.
        text_follows: Text may come behind a call.
    """

    start: Mark
    rest: str
    required: bool
    parallel: bool
    text_follows: bool


def answer_grammar(thought: Thought | None, answer: str | None, calls: Calls | None) -> str:
    """Return the grammar.

    Args:
        thought: If the model thinks.
        answer: What the text is held to, as a rule; None leaves it free.
        calls: If calls are looked for.
    """
    rules = [_SPACE]
    start = "body"
    if thought is not None:
        rules += [f"thought: {_up_to('THOUGHT', thought.end)} WS?", *_text_before("THOUGHT", thought.end)]
        start = "thought body" if thought.start is None else f"({thought.start.rule} thought)? body"
    rules.append(f"body: {_body(answer, calls)}")
    if calls is not None:
        rules += [f"call: {calls.start.rule} rest", f"rest: {calls.rest}"]
        if answer is None and not calls.required:
            rules += [f"text_call: {_up_to('TEXT', calls.start)} rest", *_text_before("TEXT", calls.start)]
    return "\n".join([_OPTIONS, f"start: {start}", *rules, ""])


def literal(text: str) -> str:
    """Return a text as a Lark string."""
    return json.dumps(text, ensure_ascii=False)


def _body(answer: str | None, calls: Calls | None) -> str:
    if calls is None:
        return answer or ""
    several = "call (WS? call)*" if calls.parallel else "call"
    if calls.required:
        return several
    if answer is not None:
        return f"{answer} | {several}"
    if not calls.parallel:
        return "TEXT? | text_call"
    return "text_call* TEXT?" if calls.text_follows else "TEXT? | text_call (WS? call)*"


def _up_to(text: str, mark: Mark) -> str:
    """Return what matches a text and the mark that ends it."""
    spelled = f"{text.lower()}_spelled"
    return spelled if mark.token is None else f"({text}? {mark.token_rule} | {spelled})"


def _text_before(text: str, mark: Mark) -> list[str]:
    """Return the rules of a text that is not empty and does not hold the mark, and of one that ends in it."""
    escaped = re.escape(mark.text).replace("/", r"\/")
    return [
        rf"{text}: /(?s:.+)/ & ~/(?s:.*){escaped}(?s:.*)/",
        f"{text.lower()}_spelled[lazy]: /(?s:.*)/ {literal(mark.text)}",
    ]
