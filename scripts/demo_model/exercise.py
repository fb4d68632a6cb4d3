"""What a lesson is made of: exercises, each a question with its one right answer, drawn from a `Source`.

Material is what a case is about (a sum, a word, a tool's name); wording is how it is put. About a tenth of all
material is held out: training never sees it and the evaluation uses nothing else. Wording is shared, or the model
could not know what is asked.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
# A message in OpenAI's shape: {"role": ..., "content": ...}, and "tool_calls" where there are some.
Message = dict[str, Any]

_SHARE_HELD_OUT = 10  # one in so many


@dataclass(frozen=True, slots=True)
class Exercise:
    """A conversation up to a question, and the answer.

    Attributes:
        messages: In OpenAI's shape; the last is the user's or a tool's. Assistant messages among them are right
            answers too, and are learned from.
        answer: The assistant's text; a tool call in it is written as `template.call_text` writes it.
        tools: Tool definitions in OpenAI's shape.
        thought: What to think before the answer when thinking is asked for; None where a word or two that
            anybody can make of the question is enough.
        spelled: The answer is to be learned letter by letter, not by the tokenizer's pieces; the text is the same.
        check: Says whether a text is right; None wants the answer, word for word.
    """

    messages: tuple[Message, ...]
    answer: str
    tools: tuple[dict[str, Any], ...] = ()
    thought: str | None = None
    spelled: bool = False
    check: Callable[[str], bool] | None = None

    def is_right(self, text: str) -> bool:
        """Return whether a text answers the question."""
        return self.check(text) if self.check is not None else text == self.answer


class Source:
    """Where exercises draw wording and material from.

    Args:
        seed: The same seed draws the same exercises.
        held_out: Whether to draw held-out material, and nothing else, or the rest.
    """

    def __init__(self, seed: int, *, held_out: bool) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - lessons, not secrets
        self.held_out = held_out

    def owns(self, material: str) -> bool:
        """Return whether the material is on this source's side of the split."""
        return (zlib.crc32(material.encode()) % _SHARE_HELD_OUT == 0) is self.held_out

    def wording(self, choices: Sequence[T]) -> T:
        """Return one of the choices, held out or not."""
        return choices[int(self.rng.random() * len(choices))]

    def material(self, choices: Sequence[T], name: Callable[[T], str] = str) -> T:
        """Return one of the choices that are on this side of the split, each by its name."""
        while True:
            if self.owns(name(choice := self.wording(choices))):
                return choice

    def draw(self, make: Callable[[random.Random], T], name: Callable[[T], str] = str) -> T:
        """Return what `make` makes of the random generator, made again until it is on this side of the split."""
        while True:
            if self.owns(name(made := make(self.rng))):
                return made

    def chance(self, share: float) -> bool:
        """Return True in that share of all cases."""
        return self.rng.random() < share


@dataclass(frozen=True, slots=True)
class Ability:
    """Something the model is to learn; a row of the evaluation's table.

    Attributes:
        name: As the model card calls it.
        make: Draws an exercise.
        share: Of all training exercises, relative to the other abilities' shares.
        goal: The least share of right answers, 0 to 1; None for what is practised but not measured.
        whole: Exercises that can't be put in the middle of a conversation: they bring a system message, tools or a
            long history along.
    """

    name: str
    make: Callable[[Source], Exercise]
    share: float
    goal: float | None = None
    whole: bool = False


def ask(question: str) -> tuple[Message, ...]:
    """Return a conversation of one question."""
    return ({"role": "user", "content": question},)
