"""Sentences of requests: patterns with choices and blanks, and the many ways to put a command or a question.

It knows nothing of tools.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..exercise import Source

COMMAND, NOUN_PHRASE, QUESTION = "!", "~", "?"

_COMMANDS = (
    *("{}",) * 14,
    *("please {}", "{} please", "{}, please", "can you {}?", "could you {}?", "could you please {}?") * 2,
    "can you please {}?",
    "would you {}?",
    "will you {}?",
    "would you please {}?",
    "I want you to {}",
    "I'd like you to {}",
    "I need you to {}",
    "I want to {}",
    "I'd like to {}",
    "I need to {}",
    "I would like to {}",
    "hey, {}",
    "hi, {}",
    "hello, {}",
    "hi! {}",
    "go ahead and {}",
    "{} for me",
    "{} for me, please",
    "{} now",
    "{}, thanks",
    "{}. Thank you!",
    "{}, will you?",
    "{}, would you?",
    "ok, {}",
    "OK now {}",
    "now {}",
    "and now {}",
    "help me {}",
    "help me to {}",
    "let's {}",
    "kindly {}",
    "can you help me {}?",
    "is it possible to {}?",
    "you should {}",
    "next, {}",
    "my request: {}",
    "be so kind and {}",
    "can I {}?",
    "just {}",
    "quickly {}",
    "assistant, {}",
    "Use your tools to {}",
    "use a tool and {}",
    "I have to {}",
    "would it be possible to {}?",
    "do me a favor and {}",
    "can we {}?",
)
_NOUN_PHRASES = (
    *("{}", "{}?") * 3,
    *(
        "what's {}?",
        "what is {}?",
        "tell me {}",
        "show me {}",
        "give me {}",
        "get me {}",
        "{} please",
        "{}, please",
    )
    * 2,
    "I'd like to know {}",
    "I want to know {}",
    "can you tell me {}?",
    "could you tell me {}?",
    "do you know {}?",
    "please tell me {}",
    "please show me {}",
    "please get {}",
    "look up {}",
    "check {}",
    "get {}",
    "find {}",
    "find out {}",
    "I need {}",
    "I want {}",
    "I would like {}",
    "I'd like {}",
    "could you look up {} for me?",
    "can you look up {}?",
    "can you check {}?",
    "can you get me {}?",
    "can you find {}?",
    "let me know {}",
    "let me see {}",
    "what about {}?",
    "how about {}?",
    "I'm curious about {}",
    "I'm looking for {}",
    "can I see {}?",
    "can I have {}?",
    "may I have {}?",
    "could I get {}?",
    "hey, what's {}?",
    "hi, I need {}",
    "I wonder about {}",
    "use a tool to get {}",
    "now {}",
    "next: {}",
)
_QUESTIONS = (
    *("{}?",) * 10,
    *("{}",) * 3,
    "hey, {}?",
    "hi, {}?",
    "hi! {}?",
    "hello, {}?",
    "tell me, {}?",
    "please tell me: {}?",
    "quick question: {}?",
    "excuse me, {}?",
    "a question: {}?",
    "ok, {}?",
    "and {}?",
    "so {}?",
    "{}, please?",
    "I have a question. {}?",
    "can you tell me: {}?",
    "do you know: {}?",
    "I'm wondering: {}?",
)
_WAYS = {COMMAND: _COMMANDS, NOUN_PHRASE: _NOUN_PHRASES, QUESTION: _QUESTIONS}
_OPEN_ENDED = {
    shape: tuple(way for way in ways if way.rstrip("?").endswith("{}")) for shape, ways in _WAYS.items()
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence with choices and blanks.

    Attributes:
        shape: `COMMAND`, `NOUN_PHRASE` or `QUESTION`.
        parts: Texts, choices of texts, and blanks as one-element lists.
        slots: The names of the blanks, in order.
        last: The blank that the sentence ends with, if it does.
    """

    shape: str
    parts: tuple[str | tuple[str, ...] | list[str], ...]
    slots: tuple[str, ...]
    last: str | None


def pattern(text: str) -> Pattern:
    """Return what the notation `[a|b] {slot}` behind a shape's sign means."""
    shape, text = (text[0], text[1:]) if text[0] in _WAYS else (COMMAND, text)
    parts: list[str | tuple[str, ...] | list[str]] = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            end = text.index("]", at)
            if "{" in text[at:end]:
                raise ValueError(f"a blank inside a choice: {text}")
            parts.append(tuple(text[at + 1 : end].split("|")))
            at = end + 1
        elif text[at] == "{":
            end = text.index("}", at)
            parts.append([text[at + 1 : end]])
            at = end + 1
        else:
            end = min((found for mark in "[{" if (found := text.find(mark, at)) >= 0), default=len(text))
            parts.append(text[at:end])
            at = end
    slots = tuple(part[0] for part in parts if isinstance(part, list))
    return Pattern(shape, tuple(parts), slots, parts[-1][0] if isinstance(parts[-1], list) else None)


def write(source: Source, sentence: Pattern, texts: dict[str, str]) -> str:
    """Return the pattern with choices made and blanks filled, in lower case and without an end."""
    said = []
    for part in sentence.parts:
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, tuple):
            said.append(part[int(source.rng.random() * len(part))])
        else:
            said.append(texts[part[0]])
    return "".join(said)


def speak(source: Source, shape: str, text: str, *, open_ended: bool = False, value_first: bool = False) -> str:
    """Return what somebody says who asks for this.

    Args:
        source: Where the wording comes from.
        shape: The text's shape.
        text: In lower case and without an end.
        open_ended: Nothing may be said after the text.
        value_first: The text begins with a value, which is not to be capitalised.
    """
    way = source.wording((_OPEN_ENDED if open_ended else _WAYS)[shape])
    said = way.replace("{}", text, 1) if "{}" in way else way
    chance = source.rng.random()
    if said[-1] == "?":
        if chance < 0.12:
            said = said[:-1]
    elif said[-1] not in ".!" and chance < 0.45:
        said += "." if chance < 0.4 else "!"
    if source.rng.random() < 0.78 and not (value_first and way[0] == "{"):
        said = said[0].upper() + said[1:]
    return said
