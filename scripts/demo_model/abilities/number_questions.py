"""Small questions on single numbers: what comes next, which is larger, is it even, their order."""

from __future__ import annotations

import random

from ..exercise import Ability, Exercise, Source, ask
from ..material.made_up import pick
from ..wording import frames
from ..wording.frames import phrases

_AFTER = phrases("""
what comes after {} | what number comes after {} | which number comes after {} | what comes next after {}
which number follows {} | what number follows {} | what is the next number after {} | what is the number after {}
what's after {} | what do you say after {} when you count | which number is next after {}
""")
_BEFORE = phrases("""
what comes before {} | what number comes before {} | which number comes before {} | what number is before {}
what is the number before {} | what comes right before {} | which number precedes {} | what's before {}
what number is just before {} | which number is right before {}
""")
_BETWEEN = phrases("""
what number is between {} and {} | which number is between {} and {} | what comes between {} and {}
which number lies between {} and {} | what number comes between {} and {}
""")
_LARGER = phrases("""
which is larger, {} or {} | which is bigger, {} or {} | which is greater, {} or {} | what is more, {} or {}
which number is larger, {} or {} | which number is bigger: {} or {} | which is more, {} or {}
what is larger: {} or {} | what's bigger, {} or {} | which one is larger, {} or {}
""")
_SMALLER = phrases("""
which is smaller, {} or {} | which is less, {} or {} | what is less, {} or {} | what's smaller, {} or {}
which number is smaller, {} or {} | which number is smaller: {} or {} | which one is smaller, {} or {}
""")
_LARGEST = phrases("""
what is the largest of {} | which is the largest of {} | what's the biggest number of {}
which of these is largest: {} | which number is the greatest: {} | what is the maximum of {}
what is the largest number among {}
""")
_SMALLEST = phrases("""
what is the smallest of {} | which is the smallest of {} | what's the smallest number of {}
which of these is smallest: {} | what is the minimum of {} | what is the smallest number among {}
""")
_SORT_UP = phrases("""
sort {} | sort these numbers: {} | put these numbers in order: {} | sort the numbers {} | order these numbers: {}
sort {} from smallest to largest | sort {} in ascending order | put {} in order | arrange these numbers: {}
order {} from smallest to largest | sort: {} | sort this list: {} | order the numbers {} by size
""")
_SORT_DOWN = phrases("""
sort {} in descending order | sort {} from largest to smallest | put {} in descending order
order {} from largest to smallest | sort these numbers from largest to smallest: {} | sort {} backwards
sort {} from biggest to smallest
""")
_IS_EVEN = (
    "is {} even or odd",
    "is {} odd or even",
    "is {} an even or an odd number",
    "is the number {} even or odd",
)


def _number(rng: random.Random) -> int:
    return 1 + int(rng.random() * pick(rng, (20, 100, 100, 1000, 1000, 9998)))


def _numbers(rng: random.Random, count: int) -> list[int]:
    """Return different numbers, mostly of like size so that their first digits don't tell."""
    low, span = _number(rng) - 1, pick(rng, (count + 5, 30, 100, 1000))
    return [low + more for more in rng.sample(range(span), count)]


def _neighbour(source: Source) -> Exercise:
    number, which = _number(source.rng), source.rng.random()
    if which < 0.5:
        core, answer = source.wording(_AFTER).format(number), number + 1
    elif which < 0.9:
        core, answer = source.wording(_BEFORE).format(number), number - 1
    else:
        core, answer = source.wording(_BETWEEN).format(number, number + 2), number + 1
    return Exercise(ask(frames.question(source, core)), str(answer))


def _size(source: Source) -> Exercise:
    which = source.rng.random()
    if which < 0.25:
        number = _number(source.rng)
        core, answer = source.wording(_IS_EVEN).format(number), "odd" if number % 2 else "even"
    elif which < 0.8:
        pair = _numbers(source.rng, 2)
        larger = which < 0.6
        core = source.wording(_LARGER if larger else _SMALLER).format(*pair)
        answer = str(max(pair) if larger else min(pair))
    else:
        numbers = _numbers(source.rng, source.wording((3, 3, 4)))
        larger = which < 0.9
        core = source.wording(_LARGEST if larger else _SMALLEST).format(_listed(source, numbers))
        answer = str(max(numbers) if larger else min(numbers))
    return Exercise(ask(frames.question(source, core)), answer)


def _listed(source: Source, numbers: list[int]) -> str:
    texts = [str(number) for number in numbers]
    if source.chance(0.6):
        return ", ".join(texts)
    return ", ".join(texts[:-1]) + " and " + texts[-1]


def _sort(source: Source) -> Exercise:
    numbers = _numbers(source.rng, source.wording((2, 3, 3, 3, 4, 5)))
    down = source.chance(0.3)
    core = source.wording(_SORT_DOWN if down else _SORT_UP).format(_listed(source, numbers))
    answer = ", ".join(str(number) for number in sorted(numbers, reverse=down))
    return Exercise(ask(frames.command(source, core)), answer)


ABILITIES: tuple[Ability, ...] = (
    Ability("Neighbours of numbers", _neighbour, share=0.3),
    Ability("Sizes of numbers", _size, share=0.4),
    Ability("Sorting numbers", _sort, share=0.4),
)
