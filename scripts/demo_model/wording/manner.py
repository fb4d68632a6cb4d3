"""How people type a question, and whether an answer holds a value.

It knows nothing of what is asked: templates come in, texts go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..exercise import Source

_OPENERS = (
    *("Hey, ", "Hi, ", "Hello, ", "Hi! ", "Hello! ", "Hey! ", "OK, ", "Okay, ", "So, ", "Well, ", "Now, "),
    *("And now: ", "Please: ", "Please tell me: ", "Tell me: ", "One question: ", "Quick question: "),
    *("A question: ", "Question: ", "Let me ask you something. ", "I have a question. ", "Just wondering: "),
    *("By the way, ", "Excuse me, ", "Alright, ", "Sorry, but ", "Say, ", "Good morning! ", "Good evening. "),
    *("I am curious: ", "Hmm, ", "Great. ", "Thanks. "),
)
_CLOSERS = (
    *(" Please.", " Thanks.", " Thank you.", " Thanks!", " Thank you!", " please", " thx", " :)"),
    *(" I am curious.", " Answer briefly.", " Be brief.", " Keep it short.", " I forgot.", " Tell me."),
    *(" Just curious.", " pls"),
)


def typed(source: Source, template: str, **slots: str) -> str:
    """Return a template, filled, as somebody may type it: with or without capitals, marks and courtesies.

    Slots are filled last, so that what they hold stays letter by letter what it is.
    """
    draw = source.rng.random()
    if draw < 0.45:
        text = template
    elif draw < 0.58:
        text = template.rstrip(".?!")
    elif draw < 0.70:
        text = lower_first(template).rstrip(".?!")
    elif draw < 0.78:
        text = template.lower().rstrip(".?!")
    elif draw < 0.82:
        text = template.lower()
    elif draw < 0.84:
        text = template.upper() if "{" not in template else template
    elif draw < 0.87:
        text = template + source.wording(("?", "!", "..", "??", " ?", " "))
    elif draw < 0.94:
        opener = source.wording(_OPENERS)
        text = opener + (lower_first(template) if opener[-2] not in ".!" else template)
    else:
        text = template + source.wording(_CLOSERS)
    return text.format(**slots) if slots else text


def asked(source: Source, templates: Sequence[str], **slots: str) -> str:
    """Return one of the templates as somebody may type it."""
    return typed(source, source.wording(templates), **slots)


def lower_first(text: str) -> str:
    """Return a sentence as it stands behind a comma: its first letter small, but for I and acronyms."""
    if text[:2] in {"I ", "I'"} or text[1:2].isupper():
        return text
    return text[:1].lower() + text[1:]


def with_article(noun: str) -> str:
    """Return a noun with `a` or `an` before it."""
    vowel = noun[:1] in "aeiouAEIO" and not noun.startswith(("use", "uni", "one", "Eu"))
    return ("an " if vowel or noun.startswith(("honest", "hour")) else "a ") + noun


def upper_first(text: str) -> str:
    """Return a text with its first letter as a sentence has it."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Mentions:
    """A check: the text holds the value, and not as a part of a longer word or number."""

    value: str

    def __call__(self, text: str) -> bool:
        """Return whether it does."""
        start = text.find(self.value)
        while start >= 0:
            end = start + len(self.value)
            if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                return True
            start = text.find(self.value, start + 1)
        return False
