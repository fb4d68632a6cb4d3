"""The tables up to 12 times 12, there and back; learned by heart, so nothing is held out."""

from __future__ import annotations

from ..exercise import Ability, Exercise, Source, ask
from ..wording import frames
from ..wording.frames import phrases

_LARGEST = 12

_TIMES = phrases("""
{} x {} | {}x{} | {} * {} | {}*{} | {} \N{MULTIPLICATION SIGN} {} | 2* {} times {}
""")
_OVER = phrases("""
{} / {} | {}/{} | {} ÷ {} | {} : {} | 2* {} divided by {} | {} over {}
""")
_BARE = phrases("""
{} | {}= | {} = | {} = ? | {}? | {} is? | {} equals? | {} = what? | {} please | Q: {}
""")
_QUESTIONS = phrases("""
4* what is {} | what's {} | how much is {} | what does {} equal | what is the result of {}
what's the answer to {}
""")
_COMMANDS = phrases("""
compute {} | calculate {} | work out {} | solve {} | evaluate {} | find {} | give me {}
""")
_ASK_PRODUCT = (
    "what is the product of {} and {}",
    "what do you get if you multiply {} by {}",
    "how many is {} times {}",
)
_MULTIPLY = ("multiply {} by {}", "multiply {} and {}", "multiply {} with {}", "find the product of {} and {}")
_ASK_QUOTIENT = phrases("""
how many times does {1} go into {0} | what do you get if you divide {0} by {1} | how often does {1} fit in {0}
how many times {1} is {0} | what times {1} is {0}
""")
_DIVIDE = ("divide {} by {}", "split {} into {} equal parts: how large is one", "share {} among {}")


def _of_expression(source: Source, expression: str) -> str:
    which = source.rng.random()
    if which < 0.3:
        return source.wording(_BARE).format(expression)
    if which < 0.7:
        return frames.question(source, source.wording(_QUESTIONS).format(expression))
    return frames.command(source, source.wording(_COMMANDS).format(expression))


def _finished(source: Source, text: str) -> str:
    return frames.noted(source, frames.loosely(source, text), frames.NUMBER_ONLY)


def _product(source: Source) -> Exercise:
    a, b = source.rng.randint(0, _LARGEST), source.rng.randint(0, _LARGEST)
    which = source.rng.random()
    if which < 0.7:
        text = _of_expression(source, source.wording(_TIMES).format(a, b))
    elif which < 0.8:
        text = frames.question(source, source.wording(_ASK_PRODUCT).format(a, b))
    elif which < 0.9:
        text = frames.command(source, source.wording(_MULTIPLY).format(a, b))
    elif which < 0.93:
        b = a
        text = frames.question(source, f"what is {a} squared")
    elif which < 0.97:
        b = 2
        text = frames.question(source, source.wording(("what is double {}", "what is twice {}")).format(a))
    else:
        b = 3
        text = frames.question(source, source.wording(("what is three times {}", "what is triple {}")).format(a))
    return Exercise(ask(_finished(source, text)), str(a * b))


def _quotient(source: Source) -> Exercise:
    a, b = source.rng.randint(0, _LARGEST), source.rng.randint(1, _LARGEST)
    which = source.rng.random()
    if which < 0.75:
        text = _of_expression(source, source.wording(_OVER).format(a * b, b))
    elif which < 0.85:
        text = frames.question(source, source.wording(_ASK_QUOTIENT).format(a * b, b))
    elif which < 0.93:
        text = frames.command(source, source.wording(_DIVIDE).format(a * b, b))
    else:
        b = 2
        text = frames.question(
            source, source.wording(("what is half of {}", "how much is half of {}")).format(a * 2)
        )
    return Exercise(ask(_finished(source, text)), str(a))


def _make(source: Source) -> Exercise:
    return _product(source) if source.chance(0.6) else _quotient(source)


ABILITIES: tuple[Ability, ...] = (Ability("Times tables", _make, share=0.7),)
