"""How well the demo model does, on held-out exercises: the table of MODEL_CARD.md.

    python -m mlx_llm_server.scripts.demo_model.evaluate [MODEL]

Greedy, with stock mlx-lm, from the files of the model folder alone; MODEL is the bundled one unless given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import mlx.core as mx
from mlx_lm import batch_generate
from mlx_lm.utils import dequantize_model, load

from ...demo import DEMO_MODEL
from .abilities import ABILITIES, recall
from .exercise import Ability, Exercise, Source
from .template import prompt_text

# More than the longest answer, 300 numbers of 4 digits.
MAX_TOKENS = 1700
_BATCH = 32
_ENDS_GOAL = 0.99
# How far back a fact was told, in tokens: shown beside the share of all.
_DISTANCES = ((0, 200), (200, 1000), (1000, 3000))


@dataclass(frozen=True, slots=True)
class Answered:
    """An exercise and what the model said to it; `ended` by itself, not at the token limit."""

    exercise: Exercise
    text: str
    ended: bool

    @property
    def right(self) -> bool:
        """Whether the text is right and complete."""
        return self.ended and self.exercise.is_right(self.text)


def load_model(path: str | Path) -> tuple[Any, Any]:
    """Return model and tokenizer; on a CPU with float32 weights, the only ones it is fast with."""
    model, tokenizer = load(str(path))[:2]
    if mx.default_device().type == mx.cpu:
        model = dequantize_model(model)
        model.set_dtype(mx.float32)
    return model, tokenizer


def answer(model: Any, tokenizer: Any, exercises: Iterable[Exercise], *, thinking: bool = False) -> list[Answered]:
    """Return the model's greedy answers, thoughts left out, in the order of the prompts' length."""
    prompted = [
        (
            tokenizer.encode(prompt_text(each.messages, each.tools, thinking=thinking), add_special_tokens=False),
            each,
        )
        for each in exercises
    ]
    # A batch is as wide as its longest prompt.
    prompted.sort(key=lambda each: len(each[0]))
    prompts = [prompt for prompt, _ in prompted]
    response = batch_generate(
        model, tokenizer, prompts, max_tokens=MAX_TOKENS, return_token_ids=True, completion_batch_size=_BATCH
    )
    answers = []
    for (_, exercise), ids, text in zip(prompted, response.token_ids or [], response.texts, strict=True):
        said = text.partition("</think>")[2].lstrip("\n") if thinking else text
        answers.append(Answered(exercise, said, len(ids) < MAX_TOKENS))
    return answers


def held_out(ability: Ability, count: int, seed: int) -> list[Exercise]:
    """Return exercises of an ability that training never saw."""
    source = Source(seed, held_out=True)
    return [ability.make(source) for _ in range(count)]


def _by_distance(name: str, answers: list[Answered]) -> Iterator[str]:
    """Yield rows of the exercises that ask for something told before, by how far back."""
    told = [(back, each) for each in answers if (back := recall.distance(each.exercise)) is not None]
    for least, most in _DISTANCES if told else ():
        right = [each.right for back, each in told if least <= back / recall.CHARACTERS_A_TOKEN < most]
        if right:
            share = sum(right) / len(right)
            yield f"| {name}, {least} to {most} tokens back ({len(right)} cases) | {share:.1%} | |"


@click.command()
@click.argument("model", type=click.Path(path_type=Path, exists=True, file_okay=False), default=DEMO_MODEL)
@click.option("--count", type=click.IntRange(min=1), default=100, help="Exercises of each ability.")
@click.option("--seed", type=int, default=0)
@click.option("--only", help="Abilities whose name holds this.")
@click.option("--all", "everything", is_flag=True, help="Abilities without a goal too.")
@click.option("--thinking", is_flag=True, help="Ask for thinking.")
@click.option("--wrong", type=int, default=0, help="Show so many wrong answers of each ability.")
def main(
    model: Path, count: int, seed: int, only: str | None, everything: bool, thinking: bool, wrong: int
) -> None:
    """Print the table; the exit code is 1 if a goal is missed."""
    loaded = load_model(model)
    ended, asked, missed = 0, 0, False
    print("| ability | right | goal |\n| --- | --- | --- |")
    for ability in ABILITIES:
        if (ability.goal is None and not everything) or (only and only not in ability.name):
            continue
        answers = answer(*loaded, held_out(ability, count, seed), thinking=thinking)
        share = sum(each.right for each in answers) / count
        ended += sum(each.ended for each in answers)
        asked += count
        missed |= ability.goal is not None and share < ability.goal
        print(f"| {ability.name} | {share:.1%} | {f'{ability.goal:.0%}' if ability.goal else ''} |", flush=True)
        for row in _by_distance(ability.name, answers):
            print(row)
        for each in [answered for answered in answers if not answered.right][:wrong]:
            print(f"    {json.dumps(each.exercise.messages[-1]['content'], ensure_ascii=False)[-400:]}")
            print(f"      wanted {each.exercise.answer[:300]!r}\n      got    {each.text[:300]!r}")
    missed |= ended / asked < _ENDS_GOAL
    print(f"| ends by itself | {ended / asked:.1%} | {_ENDS_GOAL:.0%} |")
    raise SystemExit(missed)


if __name__ == "__main__":
    main()
