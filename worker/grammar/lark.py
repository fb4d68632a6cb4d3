r"""One grammar for a whole answer, in llguidance's Lark.

    answer    = [thought] body
    body      = what the request wants of the text; or calls; or text with calls in it

Marks are tokens of their own (`<[151657]>`), and where a text is free it can't spell one: a mark is never taken
for text, nor text for a mark. https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md
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
class Thought:
    """How a model thinks.

    Attributes:
        start: The opening mark as Lark has it; empty if the prompt has opened the thought.
        end: The closing mark as Lark has it.
        end_text: And as text.
    """

    start: str
    end: str
    end_text: str


@dataclass(frozen=True)
class Calls:
    """What calls there may be.

    Attributes:
        rule: One call.
        mark_text: How it begins, as text.
        required: There is a call, and nothing else.
        parallel: There may be several.
        text_follows: Text may come behind a call.
    """

    rule: str
    mark_text: str
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
        rules += [f"thought: THOUGHT? {thought.end} WS?", f"THOUGHT: {_text_without(thought.end_text)}"]
        start = f"({thought.start} thought)? body" if thought.start else "thought body"
    rules.append(f"body: {_body(answer, calls)}")
    if calls is not None:
        rules += [f"call: {calls.rule}", f"TEXT: {_text_without(calls.mark_text)}"]
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
        return "TEXT? call?"
    return "(TEXT? call)* TEXT?" if calls.text_follows else f"TEXT? ({several})?"


def _text_without(mark: str) -> str:
    """Return a terminal: any text that is not empty and does not hold the mark."""
    escaped = re.escape(mark).replace("/", r"\/")
    return rf"/(?s:.+)/ & ~/(?s:.*){escaped}(?s:.*)/"
