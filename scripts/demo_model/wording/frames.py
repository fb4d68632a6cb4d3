"""How people put things: frames that turn the core of a request into something one would type.

A core is lower case and has no stop: a command ("add 1 and 2"), a question ("what is 1 + 2") or an indirect
question ("what 1 + 2 is"). Frames never change the core, except that its first letter may become a capital.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..exercise import Source


def phrases(text: str) -> tuple[str, ...]:
    """Return the phrases of a text, each on a line or between bars; "3* what is {}" stands for it three times."""
    found: list[str] = []
    for phrase in text.replace("\n", " | ").split(" | "):
        times, star, rest = phrase.strip().partition("* ")
        if star and times.isdigit():
            found += [rest] * int(times)
        elif phrase.strip():
            found.append(phrase.strip())
    return tuple(found)


_COMMANDS = phrases("""
14* {}. | 10* {} | 2* {}! | 4* please {}. | 2* please {} | 3* can you {}? | 2* could you {}? | 2* {}, please.
can you {} | can you please {}? | could you please {}? | could you please {}. | would you {}?
would you please {}? | will you {}? | are you able to {}? | I want you to {}. | I need you to {}.
I'd like you to {}. | I would like you to {}. | I'm asking you to {}. | now {}. | now please {}. | next, {}.
just {}. | kindly {}. | try to {}. | go ahead and {}. | let's {}. | ok, {}. | okay, now {}. | hey, {}.
hi, please {}. | hi! can you {}? | hello, could you {}? | hello! please {}. | good morning! please {}.
your task: {}. | task: {}. | do this: {}. | here is a task for you: {}. | help me: {}. | can you help me? {}.
{} please | {} please. | {}, please | {}, thanks. | {} for me. | {} for me, please. | {} now. | {}. Thanks!
{}. Thank you. | please {} for me. | can you {} for me? | could you {} for me, please?
""")

_QUESTIONS = phrases("""
24* {}? | 8* {} | 2* tell me, {}? | 2* hey, {}? | 2* hi, {}? | {} ? | {}?? | {}, please? | {}? Thanks!
{}? Thank you. | {}? Tell me please. | tell me: {}? | please tell me: {}? | can you tell me: {}?
quick question: {}? | a question: {}? | question: {}? | I have a question. {}? | here's a question: {}?
answer this: {}? | please answer: {}? | hello! {}? | hello, {}? | so, {}? | and {}? | now, {}? | ok, {}?
okay, {}? | I wonder: {}? | do you know: {}? | excuse me, {}? | well, {}? | next question: {}?
""")

_INDIRECT = phrases("""
3* tell me {}. | 3* do you know {}? | 3* can you tell me {}? | 2* please tell me {}. | tell me {}
do you know {} | can you tell me {} | could you tell me {}? | could you please tell me {}?
would you tell me {}? | would you please tell me {}? | hi! can you tell me {}? | hey, do you know {}?
hello, do you happen to know {}? | I want to know {}. | I'd like to know {}. | I would like to know {}.
I need to know {}. | I wonder {}. | I'm wondering {}. | I forgot {}. | I don't know {}. | let me know {}.
any idea {}? | remind me {}. | help me find out {}. | can you say {}? | say {}. | figure out {}. | find out {}.
""")

_SHARE_LOWER = 0.25  # of requests that begin with a small letter, as in a chat
_STOPS = (". ", "! ", "? ", ": ")
_SHARE_CAPITAL = 0.6  # of sentences that begin with a capital after such a stop

# What may stand after any request whose answer is short.
BRIEF = phrases("""
Just the answer. | Only the answer, please. | Answer only. | Be brief. | Keep it short. | Short answer please.
No explanation. | Don't explain. | Nothing else. | Give me only the answer.
""")
NUMBER_ONLY = BRIEF + phrases("""
Just the number. | Only the number, please. | Answer with a number. | Answer with just the number.
Reply with the number only. | Give only the number. | Number only. | Your answer should be a number.
""")
_SHARE_NOTED = 0.06
_SHARE_ALL_LOWER, _SHARE_ALL_UPPER = 0.04, 0.01


def begin(source: Source, text: str) -> str:
    """Return the text with a capital at the start, mostly."""
    return text if source.rng.random() < _SHARE_LOWER else text[0].upper() + text[1:]


def _framed(source: Source, frames: Sequence[str], core: str) -> str:
    before, _, after = source.wording(frames).partition("{}")
    if before.endswith(_STOPS) and source.rng.random() < _SHARE_CAPITAL:
        core = core[0].upper() + core[1:]
    return begin(source, before + core + after)


def command(source: Source, core: str) -> str:
    """Return a command as it may be typed."""
    return _framed(source, _COMMANDS, core)


def question(source: Source, core: str) -> str:
    """Return a question as it may be typed."""
    return _framed(source, _QUESTIONS, core)


def indirect(source: Source, core: str) -> str:
    """Return a question as it may be asked by a sentence around it."""
    return _framed(source, _INDIRECT, core)


def noted(source: Source, text: str, notes: Sequence[str] = BRIEF) -> str:
    """Return a request, sometimes with a remark on how to answer."""
    if source.rng.random() >= _SHARE_NOTED:
        return text
    joint = " " if text[-1] in ".?!" else source.wording((". ", "\n"))
    return text + joint + source.wording(notes)


def loosely(source: Source, text: str) -> str:
    """Return a request for which letters don't matter, now and then all in small letters or all in capitals."""
    which = source.rng.random()
    if which < _SHARE_ALL_LOWER:
        return text.lower()
    return text.upper() if which > 1 - _SHARE_ALL_UPPER else text
