"""Adding and subtracting integers of up to three digits, bare and in small stories.

A pair of numbers and its operation is held out whatever the order and wherever it appears. Nothing here
multiplies; see `times_tables`.
"""

from __future__ import annotations

import random

from ..exercise import Ability, Exercise, Source, ask
from ..material.made_up import pick
from ..material.vocabulary import FIRST_NAMES, NUMBER_WORDS, words
from ..wording import frames
from ..wording.frames import phrases
from . import times_tables

_DIGITS = (1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)

_PLUS = phrases("""
6* {} + {} | 5* {}+{} | 4* {} plus {} | {} +{} | {}+ {} | {} added to {} | {} and {}
""")
_MINUS = ("{} - {}",) * 6 + ("{}-{}",) * 5 + ("{} minus {}",) * 4
_MINUS += ("{} \N{MINUS SIGN} {}", "{} \N{EN DASH} {}", "{} take away {}", "{} subtract {}", "{} less {}")

# {} is an expression such as "1 + 2".
_BARE = phrases("""
2* {} | 2* {}= | 2* {} = | 2* {} = ? | 2* {}? | 2* {} ? | 2* {}=? | {} equals | {} equals? | {} is | {} is?
{} = what? | {} is what? | {} is how much? | {} makes what? | {} equals what? | {}. Answer? | {}, please
{} please | ({}) | `{}` | "{}" | {} = __ | {} = ... | {}: | Q: {} | Question: {} | Question: {} = ? | Sum: {}
Math: {} | Math question: {} | Hi! {} | Hey, {}? | And {}? | Quick: {} | Now {} | Maths problem: {} = ?
Exercise: {} = | So {} is? | {} ...
""")
_QUESTIONS = phrases("""
6* what is {} | 3* what's {} | 2* how much is {} | what does {} equal | what does {} make
what is the result of {} | what's the answer to {} | what is the answer to {} | what do you get for {}
what does {} give | whats {} | what is the value of {} | what does {} come to | what number is {}
which number is {} | what would {} be | what does {} evaluate to | how many is {} | what will {} be
what is the outcome of {}
""")
_INDIRECT = phrases("""
what {} is | how much {} is | what {} equals | what {} makes | the result of {} | the answer to {}
""")
_COMMANDS = phrases("""
compute {} | calculate {} | work out {} | solve {} | evaluate {} | find {} | do {} | solve this: {}
give me the result of {} | give the answer to {} | answer {} | determine {} | compute the value of {}
calculate the result of {} | do the math: {} | do this sum: {} | figure out {} | complete: {} =
show me the result of {} | give me {} | compute this: {} | calculate: {} | compute: {} | finish: {} =
""")
# {0} and {1} are the numbers of a sum.
_ADD = phrases("""
3* add {} and {} | add {} to {} | sum {} and {} | add up {} and {} | add {} + {} | add the numbers {} and {}
sum up {} and {} | find the sum of {} and {} | give me the sum of {} and {} | calculate the sum of {} and {}
add {}, {} | compute the total of {} and {} | add together {} and {} | put {} and {} together | increase {} by {}
take {} and add {} | start with {} and add {} | add {} with {} | total {} and {} | write the sum of {} and {}
""")
_ASK_ADD = phrases("""
2* what is the sum of {} and {} | what's the sum of {} and {} | what do {} and {} add up to
what do you get if you add {} and {} | what do you get when you add {} to {} | what is the total of {} and {}
how much do {} and {} make | what do {} and {} make | what do {} and {} make together
what is {} increased by {} | what is {} more than {} | what is {} if you add {}
what do I get if I add {} and {} | how much is {} and {} together | if I add {} and {}, what do I get
what is the result when you add {} and {} | what number is {} more than {}
""")
# Of a difference {0} - {1}.
_SUBTRACT = phrases("""
4* subtract {1} from {0} | take {1} from {0} | take {1} away from {0} | take away {1} from {0}
deduct {1} from {0} | reduce {0} by {1} | decrease {0} by {1} | start with {0} and subtract {1}
take {0} and subtract {1} | remove {1} from {0} | compute {0} less {1}
lower {0} by {1}
""")
_ASK_SUBTRACT = phrases("""
what is {1} less than {0} | what's {1} less than {0} | what number is {1} less than {0}
what do you get if you subtract {1} from {0} | what do you get when you take {1} from {0}
what is {0} reduced by {1} | what is {0} decreased by {1} | what do I get if I take {1} away from {0}
what is {1} subtracted from {0} | what is {1} taken from {0} | if I subtract {1} from {0}, what do I get
what is the result of subtracting {1} from {0}
""")
# Of a difference that isn't negative.
_ASK_LEFT = phrases("""
what is left if you take {1} from {0} | what remains of {0} if you take away {1} | how much is {0} without {1}
how much is left of {0} after taking away {1} | how much more is {0} than {1} | by how much is {0} more than {1}
how much do I have to add to {1} to get {0} | what must I add to {1} to get {0} | how far is it from {1} to {0}
what do you add to {1} to make {0}
""")
# Of two numbers in any order: the larger less the smaller.
_DIFFERENCE = phrases("""
3* what is the difference between {} and {} | what's the difference between {} and {}
what is the difference of {} and {} | how far apart are {} and {} | how big is the difference between {} and {}
how much do {} and {} differ
""")

_THINGS = words("""
apples oranges pears plums cherries lemons grapes carrots potatoes tomatoes onions nuts eggs cookies cakes
muffins candies sweets pancakes sandwiches books pens pencils crayons stickers stamps coins marbles cards balls
balloons toys dolls blocks beads buttons shells stones rocks sticks leaves flowers roses tulips trees seeds
birds cats dogs horses sheep cows chickens ducks geese rabbits fish bees ants boats cars bikes trucks bottles
cups plates spoons forks boxes bags baskets shirts socks hats shoes gloves keys tickets letters photos songs
games points dollars euros chairs lamps
""")
# {a} and {b} are numbers, {x} things, {n} and {m} names.
_ADD_STORIES = phrases("""
I have {a} {x} and buy {b} more. | I have {a} {x} and get {b} more. | I had {a} {x}. I found {b} more.
I have {a} {x}. My friend gives me {b} more. | I had {a} {x} and then bought another {b}.
I have {a} {x} at home and {b} {x} in my bag. | I bought {a} {x} on Monday and {b} {x} on Tuesday.
I picked {a} {x} in the morning and {b} in the evening. | {n} has {a} {x} and buys {b} more.
{n} has {a} {x}. {m} gives {n} {b} more. | {n} had {a} {x} and found {b} more.
{n} has {a} {x} and gets {b} {x} from {m}. | {n} had {a} {x}. Then {m} brought {b} more.
{n} collected {a} {x} yesterday and {b} {x} today. | There are {a} {x} in a box. {n} puts in {b} more.
There were {a} {x}, and {b} more arrived. | A shop has {a} {x} and orders {b} more.
""")
_TAKE_STORIES = phrases("""
I have {a} {x} and give away {b}. | I have {a} {x} and lose {b}. | I had {a} {x}. I sold {b} of them.
I have {a} {x}. I give {b} to {n}. | I had {a} {x} and {b} of them broke. | I bought {a} {x} and used {b}.
{n} has {a} {x} and gives {b} to {m}. | {n} has {a} {x} and loses {b} of them. | {n} had {a} {x}. {m} took {b}.
{n} had {a} {x} and sold {b} of them. | {n} has {a} {x}. {n} gives {b} {x} away.
{n} bought {a} {x} but lost {b} on the way home. | There are {a} {x} in a box. {n} takes out {b}.
There were {a} {x}, but {b} disappeared. | A shop has {a} {x} and sells {b}.
""")
_HOW_MANY = ("How many {x} {do} {w} have now?", "How many {do} {w} have now?", "How many {x} {do} {w} have?")
_HOW_MANY_LEFT = phrases("""
How many {x} {do} {w} have now? | How many {do} {w} have now? | How many {x} {do} {w} have?
How many {x} {do} {w} have left? | How many {do} {w} have left? | How many {x} does that leave?
How many {x} are left? | How many are left? | How many remain?
""")
_HOW_MANY_TOGETHER = phrases("""
How many {x} {do} {w} have now? | How many {do} {w} have now? | How many {x} {do} {w} have?
How many {x} {do} {w} have in total? | How many {do} {w} have altogether? | How many {x} are there?
How many {x} is that? | How many {x} are there in total? | How many are there now?
""")


def _number(rng: random.Random) -> int:
    digits = pick(rng, _DIGITS)
    low = 0 if digits == 1 else 10 ** (digits - 1)
    return low + int(rng.random() * (10**digits - low))


def _pair(source: Source, sign: str, smallest: int = 0) -> tuple[int, int]:
    def make(rng: random.Random) -> tuple[int, int]:
        while True:
            pair = _number(rng), _number(rng)
            if min(pair) >= smallest:
                return pair

    return source.draw(make, lambda pair: f"{min(pair)} {sign} {max(pair)}")


def _digits(number: int, count: int) -> list[int]:
    return [int(digit) for digit in reversed(str(number).zfill(count))]


def thought_of_sum(a: int, b: int) -> str:
    """Return how two numbers are added, a line for each column from the right."""
    count = len(str(max(a, b)))
    lines, carry = [f"{a} + {b}"], 0
    for one, other in zip(_digits(a, count), _digits(b, count), strict=True):
        total = one + other + carry
        lines.append(f"{one}+{other}+1={total}" if carry else f"{one}+{other}={total}")
        carry = total // 10
    return "\n".join([*lines, str(a + b)])


def thought_of_difference(a: int, b: int) -> str:
    """Return how one number is taken from another, a line for each column from the right.

    A smaller number less a larger one is the other way round, with a minus.
    """
    if a < b:
        return f"{a} - {b}, negative\n{thought_of_difference(b, a)}\n{a - b}"
    count = len(str(a))
    lines, borrowed = [f"{a} - {b}"], 0
    for one, other in zip(_digits(a, count), _digits(b, count), strict=True):
        borrowing = one < other + borrowed
        left = one + 10 * borrowing
        lines.append(f"{left}-{other}-1={left - other - 1}" if borrowed else f"{left}-{other}={left - other}")
        borrowed = int(borrowing)
    return "\n".join([*lines, str(a - b)])


def _written(source: Source, signs: tuple[str, ...], a: int, b: int) -> str:
    """Return an expression, sometimes in words if the numbers are small."""
    if max(a, b) < len(NUMBER_WORDS) and source.chance(0.08):
        sign = "{} plus {}" if signs is _PLUS else "{} minus {}"
        return sign.format(NUMBER_WORDS[a], NUMBER_WORDS[b])
    return source.wording(signs).format(a, b)


def _of_expression(source: Source, expression: str) -> str:
    which = source.rng.random()
    if which < 0.3:
        return source.wording(_BARE).format(expression)
    if which < 0.65:
        return frames.question(source, source.wording(_QUESTIONS).format(expression))
    if which < 0.75:
        return frames.indirect(source, source.wording(_INDIRECT).format(expression))
    return frames.command(source, source.wording(_COMMANDS).format(expression))


def _addition(source: Source) -> Exercise:
    a, b = _pair(source, "+")
    which = source.rng.random()
    if which < 0.7:
        text = _of_expression(source, _written(source, _PLUS, a, b))
    elif which < 0.85:
        text = frames.command(source, source.wording(_ADD).format(a, b))
    else:
        text = frames.question(source, source.wording(_ASK_ADD).format(a, b))
    text = frames.noted(source, frames.loosely(source, text), frames.NUMBER_ONLY)
    return Exercise(ask(text), str(a + b), thought=thought_of_sum(a, b))


def _subtraction(source: Source) -> Exercise:
    a, b = _pair(source, "-")
    # People mostly take the smaller number from the larger.
    if a < b and source.chance(0.5):
        a, b = b, a
    which = source.rng.random()
    if which < 0.65:
        text = _of_expression(source, _written(source, _MINUS, a, b))
    elif which < 0.78:
        text = frames.command(source, source.wording(_SUBTRACT).format(a, b))
    elif which < 0.88:
        text = frames.question(source, source.wording(_ASK_SUBTRACT).format(a, b))
    else:
        larger, smaller = max(a, b), min(a, b)
        if which < 0.94:
            text = frames.question(source, source.wording(_ASK_LEFT).format(larger, smaller))
        else:
            text = frames.question(source, source.wording(_DIFFERENCE).format(a, b))
        a, b = larger, smaller
    text = frames.noted(source, frames.loosely(source, text), frames.NUMBER_ONLY)
    return Exercise(ask(text), str(a - b), thought=thought_of_difference(a, b))


def _make(source: Source) -> Exercise:
    return _addition(source) if source.chance(0.5) else _subtraction(source)


def _story(source: Source) -> Exercise:
    adding = source.chance(0.5)
    a, b = _pair(source, "+" if adding else "-", smallest=2)
    if not adding:
        a, b = max(a, b), min(a, b)
    story = source.wording(_ADD_STORIES if adding else _TAKE_STORIES)
    asked = source.wording(_HOW_MANY_TOGETHER if adding else _HOW_MANY_LEFT)
    name, other = source.wording(FIRST_NAMES), source.wording(FIRST_NAMES)
    if story.startswith("{n}"):
        do, who = "does", name
    elif story.startswith("I "):
        do, who = "do", "I"
    else:
        do, who = "do", "we"
    text = f"{story} {asked}".format(a=a, b=b, x=source.wording(_THINGS), n=name, m=other, do=do, w=who)
    text = frames.noted(source, frames.loosely(source, text), frames.NUMBER_ONLY)
    if adding:
        return Exercise(ask(text), str(a + b), thought=thought_of_sum(a, b))
    return Exercise(ask(text), str(a - b), thought=thought_of_difference(a, b))


ABILITIES: tuple[Ability, ...] = (
    Ability("Adding and subtracting", _make, share=4, goal=0.95),
    Ability("Adding and subtracting in stories", _story, share=1),
    *times_tables.ABILITIES,
)
