"""Lessons: whole conversations for training, put together from exercises of all abilities.

    python -m mlx_llm_server.scripts.demo_model.lessons --count 5

Several exercises follow each other in a conversation, a third of them under a system message, some with a thought
before the last answer, so that nothing is learned only at the start of a conversation. The command prints some.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import click

from .abilities import ABILITIES, OWN_NAME, naming_message, system_message
from .exercise import Ability, Exercise, Message, Source
from .template import END_OF_TEXT, TURN_END, prompt_text

_SYSTEM_SHARE = 0.33
# Of the system messages, where nobody asks for the name afterwards.
_NAMING_SHARE = 0.2
_THOUGHT_SHARE = 0.12
# Exercises in a conversation and how often.
_LENGTHS = (1, 2, 3, 4, 6)
_LENGTH_SHARES = (0.4, 0.25, 0.15, 0.12, 0.08)
_NO_THOUGHT_NEEDED = "This is easy. I can answer at once."


@dataclass(frozen=True, slots=True)
class Lesson:
    """A conversation to learn from, as text.

    `END_OF_TEXT` in it separates letters that are to be learned one by one, and is no part of it.
    """

    text: str
    ability: str


class Teacher:
    """Draws lessons from a source.

    Args:
        source: Where exercises come from.
        abilities: What is taught, by their shares.
    """

    def __init__(self, source: Source, abilities: tuple[Ability, ...] = ABILITIES) -> None:
        self._source = source
        self._all = abilities
        self._all_sums = list(itertools.accumulate(ability.share for ability in abilities))
        self._plain = tuple(ability for ability in abilities if not ability.whole)
        self._plain_sums = list(itertools.accumulate(ability.share for ability in self._plain))

    def lesson(self) -> Lesson:
        """Return the next lesson."""
        source, rng = self._source, self._source.rng
        first = rng.choices(self._all, cum_weights=self._all_sums)[0]
        count = rng.choices(_LENGTHS, _LENGTH_SHARES)[0]
        exercises = [first.make(source)]
        if not first.whole or count == 2:
            exercises += (self._exercise() for _ in range(count - 1))
        if first.whole:
            # The conversation may have given another name.
            exercises[1:] = [each for each in exercises[1:] if OWN_NAME not in each.answer]
        messages = [] if first.whole else self._system(exercises)
        for exercise in exercises[:-1]:
            messages += exercise.messages
            messages.append({"role": "assistant", "content": _said(exercise)})
        last = exercises[-1]
        messages += last.messages
        thinking = source.chance(_THOUGHT_SHARE)
        prompt = prompt_text(messages, exercises[0].tools, thinking=thinking)
        thought = f"{last.thought or _NO_THOUGHT_NEEDED}\n</think>\n\n" if thinking else ""
        return Lesson(f"{prompt}{thought}{_said(last)}{TURN_END}", first.name)

    def _system(self, exercises: list[Exercise]) -> list[Message]:
        source = self._source
        if not source.chance(_SYSTEM_SHARE):
            return []
        named = source.chance(_NAMING_SHARE) and not any(OWN_NAME in each.answer for each in exercises)
        return [{"role": "system", "content": (naming_message if named else system_message)(source)}]

    def _exercise(self) -> Exercise:
        ability = self._source.rng.choices(self._plain, cum_weights=self._plain_sums)[0]
        return ability.make(self._source)


def _said(exercise: Exercise) -> str:
    return END_OF_TEXT.join(exercise.answer) if exercise.spelled else exercise.answer


@click.command()
@click.option("--count", type=click.IntRange(min=1), default=10)
@click.option("--seed", type=int, default=0)
@click.option("--held-out", is_flag=True, help="Of the material that training never sees.")
def main(count: int, seed: int, held_out: bool) -> None:
    """Print lessons."""
    teacher = Teacher(Source(seed, held_out=held_out))
    for lesson in (teacher.lesson() for _ in range(count)):
        print(f"--- {lesson.ability}\n{lesson.text.replace(END_OF_TEXT, '')}")


if __name__ == "__main__":
    main()
