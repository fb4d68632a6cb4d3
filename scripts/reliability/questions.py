"""What is asked: of the successor model, with answers known beforehand, or of the bundled model."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from ..demo_model.abilities import ABILITIES
from ..demo_model.exercise import Source
from .answers import Answer

# The successor model that is made for a run: some milliseconds a token on a laptop's CPU.
LAST = 1000
WORK = 4.0
_LENGTHS = (60, 240)
_FILLER = 300

# Of the bundled model's abilities those with long answers, long prompts, or tools.
_ABILITIES = (
    "Counting",
    "Counting in other forms",
    "Limericks",
    "Copying several lines",
    "Recall",
    "Tool choice",
    "Several tool calls",
    "Answer from several results",
)
_DEMO_TOKENS = 120


@dataclass(frozen=True, slots=True)
class Question:
    """What makes an answer: the same question has the same answer, streamed or not."""

    messages: tuple[dict[str, Any], ...]
    max_tokens: int
    temperature: float
    seed: int
    tools: tuple[dict[str, Any], ...] = ()
    thinking: bool = False

    def fields(self) -> dict[str, Any]:
        """The arguments of openai's `chat.completions.create`, without `stream`."""
        fields: dict[str, Any] = {
            "model": "any",
            "messages": list(self.messages),
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
        }
        if self.tools:
            fields["tools"] = list(self.tools)
        if self.thinking:
            fields["extra_body"] = {"chat_template_kwargs": {"enable_thinking": True}}
        return fields


def counting(count: int, seed: int) -> list[tuple[Question, Answer]]:
    """Return questions for the successor model that ends at `LAST`, and their answers.

    Questions near each other begin at different numbers, so that a token of another answer shows.
    """
    rng = random.Random(seed)  # noqa: S311 - load, not secrets
    asked: list[tuple[Question, Answer]] = []
    starts: list[int] = []
    while len(asked) < count:
        starts = starts or rng.sample(range(1, LAST), LAST - 1)
        start, length = starts.pop(), rng.randint(*_LENGTHS)
        content = "x " * rng.randrange(_FILLER) + str(start)
        question = Question(({"role": "user", "content": content},), length, *_sampling(rng))
        asked.append((question, counted(start, length)))
    return asked


def counted(start: int, max_tokens: int) -> Answer:
    """Return what the successor model says after a number; the end of the turn is a token too."""
    to_the_end = LAST - start + 1
    stop = max_tokens >= to_the_end
    text = " ".join(str(number) for number in range(start + 1, min(start + max_tokens, LAST) + 1))
    return Answer(text, finish="stop" if stop else "length", tokens=min(max_tokens, to_the_end))


def exercises(count: int, seed: int) -> list[Question]:
    """Return questions for the bundled model, a fourth of them with thinking."""
    source = Source(seed, held_out=True)
    abilities = [ability for ability in ABILITIES if ability.name in _ABILITIES]
    questions = []
    for number in range(count):
        made = abilities[number % len(abilities)].make(source)
        # The server refuses what it can't keep; the bundled model never learned to read `strict`.
        tools = tuple(
            tool | {"function": {key: value for key, value in tool["function"].items() if key != "strict"}}
            for tool in made.tools
        )
        sampling, thinking = _sampling(source.rng), source.chance(0.25)
        questions.append(Question(made.messages, _DEMO_TOKENS, *sampling, tools, thinking))
    return questions


def _sampling(rng: random.Random) -> tuple[float, int]:
    """Return temperature and seed: greedy in half of all cases."""
    return rng.choice((0.0, 0.0, 0.7, 1.0)), rng.getrandbits(31)
