"""Counting, up and down, by ones and in steps, written in full.

A pair of first and last number is held out wherever the count is by ones, in whatever form it is written.
"""

from __future__ import annotations

import random

from ..exercise import Ability, Exercise, Source, ask
from ..material.made_up import pick
from ..material.vocabulary import NUMBER_WORDS
from ..wording import frames
from ..wording.frames import phrases
from . import number_questions

_LARGEST = 9999
# Shortest and longest count, in numbers, and how often; long ones cost many tokens.
_LENGTHS = ((2, 10),) * 5 + ((8, 25),) * 6 + ((20, 60),) * 3 + ((50, 110),) * 3 + ((100, 200),) * 2 + ((200, 300),)
_SHARE_FROM_ONE = 0.5
_SHARE_DOWN = 0.2

_VERBS = phrases("""
12* count | please count | start counting | count out loud | count slowly | count for me
""")
_FROM_TO = phrases("""
14* {v} from {a} to {b} | {v} up from {a} to {b} | {v} from {a} up to {b} | {v} {a} to {b}
{v} from {a} till {b} | {v} from {a} until {b} | {v} from {a} through {b} | {v} from number {a} to number {b}
{v} all the way from {a} to {b} | {v} upwards from {a} to {b} | {v}, starting at {a} and ending at {b}
start at {a} and count to {b} | begin at {a} and count up to {b} | start with {a} and count until you reach {b}
{v} from {a} to {b} by ones | {v} from {a} to {b}, one by one | {v} forward from {a} to {b}
{v} from {a} to {b} in order | keep counting from {a} to {b}
""")
_LIST = phrases("""
2* list the numbers from {a} to {b} | list all numbers from {a} to {b} | list the integers from {a} to {b}
list the numbers {a} to {b} | list {a} to {b} | write the numbers from {a} to {b}
write all the numbers from {a} to {b} | write down the numbers from {a} to {b}
write out the numbers {a} through {b} | write the integers from {a} to {b} | write {a} to {b}
give me the numbers from {a} to {b} | give me all numbers from {a} to {b} | give me the integers from {a} to {b}
print the numbers from {a} to {b} | print {a} to {b} | print all integers from {a} to {b}
say the numbers from {a} to {b} | show me the numbers from {a} to {b} | show the numbers {a} to {b}
name the numbers from {a} to {b} | enumerate the numbers from {a} to {b} | recite the numbers from {a} to {b}
output the numbers from {a} to {b} | type the numbers from {a} to {b} | go from {a} to {b}
list every number from {a} to {b} | list the whole numbers from {a} to {b} | produce the numbers {a} to {b}
tell me the numbers from {a} to {b} | write a list of the numbers from {a} to {b}
make a list of the numbers from {a} to {b} | generate the numbers {a} to {b}
""")
_ASK_LIST = (
    "what are the numbers from {a} to {b}",
    "which numbers go from {a} to {b}",
    "what numbers are there from {a} to {b}",
)
_BARE = phrases("""
{a} to {b} | from {a} to {b} | numbers from {a} to {b} | the numbers {a} to {b} | {a}, ..., {b} | numbers {a}-{b}
""")
_TO = phrases("""
8* {v} to {b} | {v} up to {b} | {v} till {b} | {v} until {b} | {v} upwards to {b} | count all the way to {b}
count until you reach {b} | count to the number {b} | list the numbers up to {b} | list the first {b} numbers
start counting and stop at {b} | write the numbers up to {b} | count to {b} by ones | count to {b}, one by one
keep counting until {b} | write the first {b} numbers | list the first {b} positive integers
count up to number {b}
""")
_DOWN = phrases("""
6* {v} down from {a} to {b} | {v} from {a} down to {b} | {v} backwards from {a} to {b} | {v} back from {a} to {b}
{v} from {a} to {b} | {v} from {a} back to {b} | start at {a} and count down to {b}
count in reverse from {a} to {b} | list the numbers from {a} down to {b} | write the numbers from {a} down to {b}
count downwards from {a} to {b} | list the numbers from {a} to {b} in descending order
make a countdown from {a} to {b} | do a countdown from {a} to {b} | give me the numbers from {a} down to {b}
write a countdown from {a} to {b} | {v} backward from {a} to {b} | count in descending order from {a} to {b}
say the numbers from {a} down to {b}
""")
_DOWN_TO_ONE = phrases("""
3* {v} down from {a} | {v} backwards from {a} | make a countdown from {a} | do a countdown from {a}
countdown from {a} | {v} back from {a} | start at {a} and count down | {v} backward from {a}
count down, starting at {a}
""")
_CAPABLE = (
    "can you count from {a} to {b}",
    "do you know how to count from {a} to {b}",
    "are you able to count from {a} to {b}",
)
_WITH_COMMAS = phrases("""
separated by commas | with commas | comma-separated | as a comma-separated list | on one line | in one line
and put commas between them | in full | without leaving any out | don't skip any
""")
# How else a count may be written, and what then stands between two numbers.
_FORMS = tuple(
    (form, between)
    for between, forms in (
        (
            "\n",
            """, one per line | , one number per line | , each on its own line | on separate lines | line by line
            , each number on a new line | with line breaks | as a column""",
        ),
        (" ", ", separated by spaces | with spaces between them | without commas | , only spaces between"),
        ("-", ", separated by dashes | with hyphens between them"),
        ("; ", ", separated by semicolons"),
    )
    for form in phrases(forms)
)

_STEPS = (2, 2, 2, 3, 4, 5, 5, 5, 10, 10, 10, 20, 25, 50, 100)
_IN_STEPS = phrases("""
count from {a} to {b} in steps of {s} | count from {a} to {b} by {s}s | count from {a} to {b} by {s}
count by {s} from {a} to {b} | count in steps of {s} from {a} to {b} | go from {a} to {b} in steps of {s}
count from {a} to {b} with a step of {s} | list every {s}th number from {a} to {b}
count from {a} to {b}, adding {s} each time | count in {s}s from {a} to {b}
""")
_MULTIPLES = phrases("""
count by {s}s to {b} | count in {s}s to {b} | count by {s} up to {b} | list the multiples of {s} up to {b}
write the multiples of {s} up to {b} | count to {b} by {s}s | count to {b} in steps of {s}
skip count by {s} to {b}
""")
_PARITY = phrases("""
list the {p} numbers up to {b} | list all {p} numbers up to {b} | write the {p} numbers to {b}
{p} numbers up to {b} | give me the {p} numbers up to {b} | count to {b} in {p} numbers
name the {p} numbers from 1 to {b} | list the {p} numbers from 1 to {b} | show me all {p} numbers until {b}
list the {p} numbers between 1 and {b}
""")


def _length(rng: random.Random) -> int:
    low, high = pick(rng, _LENGTHS)
    return low + int(rng.random() * (high - low + 1))


def _first(rng: random.Random) -> int:
    which = rng.random()
    if which < _SHARE_FROM_ONE:
        return 1
    if which < 0.55:
        return 0
    if which < 0.8:
        return 2 + int(rng.random() * 98)
    if which < 0.92:
        return 100 + int(rng.random() * 900)
    return 1000 + int(rng.random() * 9000)


def _ends(rng: random.Random) -> tuple[int, int]:
    while True:
        length, a = _length(rng), _first(rng)
        b = a + length - 1
        if b <= _LARGEST:
            return (b, a) if rng.random() < _SHARE_DOWN else (a, b)


def _pair(source: Source) -> tuple[int, int]:
    return source.draw(_ends, lambda pair: f"{pair[0]}..{pair[1]}")


def _count(a: int, b: int, step: int = 1, between: str = ", ") -> str:
    numbers = range(a, b + 1, step) if a <= b else range(a, b - 1, -step)
    return between.join(map(str, numbers))


def _core(source: Source, a: int, b: int) -> str:
    """Return a command to count, by ones."""
    verb = source.wording(_VERBS)
    if a > b:
        forms = _DOWN_TO_ONE if b == 1 and source.chance(0.4) else _DOWN
    elif a == 1 and source.chance(0.35):
        forms = _TO
    else:
        forms = _FROM_TO if source.chance(0.7) else _LIST
    core = source.wording(forms)
    last = len(NUMBER_WORDS) - 1
    if a <= last and b <= last and "number" not in core and source.chance(0.06):
        return core.format(v=verb, a=NUMBER_WORDS[a], b=NUMBER_WORDS[b])
    return core.format(v=verb, a=a, b=b)


def _make(source: Source) -> Exercise:
    a, b = _pair(source)
    which = source.rng.random()
    if a < b and which < 0.12:
        core = source.wording(_ASK_LIST if which < 0.06 else _CAPABLE)
        text = frames.question(source, core.format(a=a, b=b))
    elif a < b and which < 0.15:
        text = frames.begin(source, source.wording(_BARE).format(a=a, b=b))
    else:
        core = _core(source, a, b)
        if which > 0.93:
            core += source.wording((", ", " ")) + source.wording(_WITH_COMMAS)
        text = frames.command(source, core)
    return Exercise(ask(frames.loosely(source, text)), _count(a, b))


def _other_forms(source: Source) -> Exercise:
    a, b = _pair(source)
    # Short counts show the form as well as long ones do.
    while abs(a - b) > 40:
        a, b = _pair(source)
    form, between = source.wording(_FORMS)
    core = _core(source, a, b) + (form if form.startswith(",") else " " + form)
    return Exercise(ask(frames.command(source, core)), _count(a, b, between=between))


def _steps(source: Source) -> Exercise:
    rng = source.rng
    step, times = source.wording(_STEPS), 2 + int(rng.random() * 20)
    which = rng.random()
    if which < 0.3:
        odd, b = rng.random() < 0.5, 5 + int(rng.random() * 56)
        core = source.wording(_PARITY).format(p="odd" if odd else "even", b=b)
        return Exercise(ask(frames.command(source, core)), _count(1 if odd else 2, b, 2))
    if which < 0.6:
        b = step * times
        return Exercise(
            ask(frames.command(source, source.wording(_MULTIPLES).format(s=step, b=b))), _count(step, b, step)
        )
    a = 0 if which < 0.75 else step if which < 0.85 else int(rng.random() * 100)
    b = a + step * times
    if which > 0.92:
        a, b = b, a
    return Exercise(
        ask(frames.command(source, source.wording(_IN_STEPS).format(a=a, b=b, s=step))), _count(a, b, step)
    )


ABILITIES: tuple[Ability, ...] = (
    Ability("Counting", _make, share=2, goal=0.98),
    Ability("Counting in other forms", _other_forms, share=0.3),
    Ability("Counting in steps", _steps, share=0.5),
    *number_questions.ABILITIES,
)
