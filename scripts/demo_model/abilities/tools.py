"""Calling tools: choosing the one that fits with the right arguments, or none.

Requests come from domains' tables (`toolbox.requests`), and from verbs and nouns put together
(`toolbox.inventions`). Answers from a tool's result are in `results`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..exercise import Ability, Exercise, Message, Source
from ..template import call_text
from ..toolbox.inventions import case as invented
from ..toolbox.requests import REPEATABLE_SKILLS, Request, case, foreign_tools
from ..toolbox.result_values import as_content, joined, restated, result
from ..toolbox.schemas import Tool, key_words
from ..toolbox.sentences import COMMAND, NOUN_PHRASE, QUESTION, speak
from ..toolbox.talk import call_messages, greeting, said, system, thanks
from ..toolbox.values import KINDS

NO_TOOL_FITS = "None of my tools can do that."
NO_TOOLS = "I can't do that: I have no tool for it."
_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
# What the model may be able to do by itself, and what would do for nearly any request.
_GENERAL = frozenset({"general"})
_SEARCH = frozenset({"search"})
# How somebody asks for the same with another thing.
_AGAIN = (
    *("And {}?", "and {}?", "What about {}?", "How about {}?") * 2,
    "what about {}",
    "how about {}",
    "And what about {}?",
    "And how about {}?",
    "And now {}",
    "Now {}",
    "now {}",
    "The same for {}, please.",
    "Same for {}",
    "And for {}, please",
    "{}?",
    "And {}, please.",
    "ok, and {}?",
    "Thanks! And {}?",
    "Thanks. What about {}?",
    "Do the same for {}",
    "Now the same for {}.",
    "and {}",
    "also {}",
)


def read_calls(text: str) -> list[tuple[str, dict[str, Any]]] | None:
    """Return the calls in an assistant's text, or None if there is anything else in it."""
    calls = []
    for piece in text.strip().split(_CLOSE)[:-1]:
        before, mark, inner = piece.partition(_OPEN)
        if before.strip() or not mark:
            return None
        try:
            call = json.loads(inner)
        except ValueError:
            return None
        if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
            return None
        calls.append((call["name"], call["arguments"]))
    return calls if calls and text.strip().endswith(_CLOSE) else None


def calls_check(calls: list[tuple[str, dict[str, Any]]]) -> Callable[[str], bool]:
    """Return a check that a text makes these calls and says nothing else."""
    return lambda text: read_calls(text) == calls


def fitting(source: Source, count: int) -> tuple[Request, list[Tool]]:
    """Return a request, and tools that do not fit it."""
    return case(source, count) if source.chance(0.6) else invented(source, count)


def mixed(source: Source, tool: Tool, others: list[Tool]) -> tuple[Tool, ...]:
    """Return the tools with the right one anywhere; no two of one name."""
    tools = [tool]
    for other in others:
        if all(other["function"]["name"] != one["function"]["name"] for one in tools):
            tools.append(other)
    source.rng.shuffle(tools)
    return tuple(tools)


def opening(source: Source, *, before: float = 0.12) -> list[Message]:
    """Return what may stand before a question: a system message, small talk."""
    messages = [system(source)] if source.chance(0.4) else []
    if source.chance(before):
        question, answer = greeting(source) if not source.chance(0.25) else thanks(source)
        messages += [said("user", question), said("assistant", answer)]
    return messages


def exchange(source: Source, asked: Request) -> list[Message]:
    """Return a request with its call, a result and the answer."""
    value = result(source)
    return [
        said("user", asked.sentence),
        *call_messages(source, [(asked.name, asked.arguments)], [as_content(source.rng, value)]),
        said("assistant", restated(value)),
    ]


def thought(asked: Request) -> str:
    """Return why a tool is called."""
    given = [f"{name} {value}" for name, value in asked.arguments.items()]
    return f"The user wants {asked.goal}. {asked.name} fits" + (f", with {joined(given)}." if given else ".")


def _tool_count(source: Source) -> int:
    return source.wording((0, 0, 1, 1, 1, 2, 2, 3))


def _unlike(source: Source, asked: Request, others: list[Tool]) -> Request:
    """Return a request that no tool for the other would do for."""
    names = {asked.name, *(tool["function"]["name"] for tool in others)}
    while True:
        earlier, _ = fitting(source, 0)
        if earlier.name not in names and earlier.goal != asked.goal and not earlier.fields & asked.fields:
            return earlier


def tool_choice(source: Source) -> Exercise:
    """Return a request for which one of the tools is right."""
    asked, others = fitting(source, _tool_count(source))
    messages = opening(source)
    if source.chance(0.15):
        earlier = _unlike(source, asked, others) if source.chance(0.5) else asked
        messages += exchange(source, earlier)
        others = [earlier.tool, *others] if earlier is not asked else others
    messages.append(said("user", asked.sentence))
    calls = [(asked.name, asked.arguments)]
    return Exercise(
        tuple(messages),
        call_text(calls),
        mixed(source, asked.tool, others),
        thought(asked),
        check=calls_check(calls),
    )


def _repeatable(source: Source) -> tuple[Request, list[Tool], str, str]:
    """Return a request with other tools, and the argument of it that may vary, with its kind."""
    while True:
        asked, others = case(source, _tool_count(source), skills=REPEATABLE_SKILLS)
        if asked.varied is not None:
            return asked, others, *asked.varied


def follow_up(source: Source) -> Exercise:
    """Return a request like the one before, for something else of the same kind."""
    asked, others, name, kind = _repeatable(source)
    text = KINDS[kind](source)[0]
    sentence = source.wording(_AGAIN)
    if "for {}" not in sentence and kind in ("city", "country"):
        sentence = sentence.replace("{}", source.wording(("in {}", "for {}", "{}")))
    sentence = sentence.replace("{}", text)
    messages = [*opening(source), *exchange(source, asked), said("user", sentence)]
    calls = [(asked.name, {**asked.arguments, name: text})]
    return Exercise(
        tuple(messages),
        call_text(calls),
        mixed(source, asked.tool, others),
        f"The user wants {asked.goal} again. {asked.name} fits, with {name} {text}.",
        check=calls_check(calls),
    )


def same_tool_calls(source: Source) -> Exercise:
    """Return a request for two or three calls of one tool."""
    asked, others, name, kind = _repeatable(source)
    things = [asked.arguments[name]]
    count = 3 if source.chance(0.3) else 2
    while len(things) < count:
        if (thing := KINDS[kind](source)[0]) not in things:
            things.append(thing)
    again = f"in {things[-1]}" if f"in {things[0]}" in asked.core and source.chance(0.2) else things[-1]
    comma = "," if count == 3 and source.chance(0.3) else ""
    core = asked.core.replace(things[0], f"{', '.join(things[:-1])}{comma} and {again}")
    return Exercise(
        (
            *opening(source, before=0.05),
            said(
                "user",
                speak(source, asked.shape, core, open_ended=asked.open_ended, value_first=core[0] == things[0][0]),
            ),
        ),
        call_text(calls := [(asked.name, {**asked.arguments, name: thing}) for thing in things]),
        mixed(source, asked.tool, others),
        f"The user wants {asked.goal}, {count} times. {asked.name} fits, with {name} {joined(things)}.",
        check=calls_check(calls),
    )


def two_tools_calls(source: Source) -> Exercise:
    """Return a request for calls of two tools."""
    both: list[Request] = []
    while len(both) < 2:
        asked, _ = fitting(source, 0)
        if asked.shape == QUESTION:
            continue
        if not both:
            both = [] if asked.open_ended else [asked]
        elif asked.shape == both[0].shape and asked.name != both[0].name and not asked.fields & both[0].fields:
            both.append(asked)
    first, second = both
    core = first.core + source.wording((" and ", " and then ", ", then ", " and also ", " and ")) + second.core
    extra = [invented(source, 0)[0].tool] if source.chance(0.4) else []
    calls = [(asked.name, asked.arguments) for asked in both]
    return Exercise(
        (
            *opening(source, before=0.05),
            said("user", speak(source, first.shape, core, open_ended=second.open_ended)),
        ),
        call_text(calls),
        mixed(source, first.tool, [second.tool, *extra]),
        f"The user wants {first.goal} and {second.goal}. {first.name} and {second.name} fit.",
        check=calls_check(calls),
    )


def several_calls(source: Source) -> Exercise:
    """Return a request for two or more calls."""
    return same_tool_calls(source) if source.chance(0.55) else two_tools_calls(source)


def missing_argument(source: Source) -> Exercise:
    """Return a request that leaves out what the right tool must know."""
    while True:
        asked, others = case(source, _tool_count(source))
        required = asked.tool["function"].get("parameters", {}).get("required")
        if required and not asked.fields & _GENERAL:
            break
    shape, core = (COMMAND, asked.goal[3:]) if asked.goal.startswith("to ") else (NOUN_PHRASE, asked.goal)
    if source.chance(0.25):
        core = core.removeprefix("the ")
    names = joined([f"the {key_words(name)}" for name in required])
    return Exercise(
        (*opening(source, before=0.05), said("user", speak(source, shape, core))),
        f"Please tell me {names}.",
        mixed(source, asked.tool, others),
        f"The user wants {asked.goal}. {asked.name} fits, but I have to know {names}.",
        check=is_no_call,
    )


def is_no_call(text: str) -> bool:
    """Return whether a text is an answer without a call."""
    return bool(text.strip()) and _OPEN not in text


def no_tool(source: Source, other: Callable[[Source], Exercise]) -> Exercise:
    """Return a question that none of the tools is for.

    Args:
        source: Where tools come from.
        other: Draws exercises that need no tool; what one draws must be a conversation without a system message.
    """
    count = 1 + _tool_count(source)
    if source.chance(0.5):
        exercise = other(source)
        tools = tuple(foreign_tools(source, count, avoid=_GENERAL))
        reason = "No tool is needed." + (f" {exercise.thought}" if exercise.thought else "")
        messages = ([system(source)] if source.chance(0.4) else []) + list(exercise.messages)
        return Exercise(tuple(messages), exercise.answer, tools, reason, exercise.spelled, is_no_call)
    while True:
        asked, others = case(source, count, avoid=_SEARCH) if source.chance(0.6) else invented(source, count)
        if others and not asked.fields & _GENERAL:
            break
    messages = opening(source)
    messages.append(said("user", asked.sentence))
    reason = f"The user wants {asked.goal}. None of the tools does that."
    return Exercise(tuple(messages), NO_TOOL_FITS, tuple(others), reason, check=is_no_call)


def without_tools(source: Source) -> Exercise:
    """Return a request for a tool where there are none."""
    while True:
        asked, _ = case(source, 0)
        if not _GENERAL & asked.fields:
            break
    messages = [*opening(source, before=0.05), said("user", asked.sentence)]
    return Exercise(
        tuple(messages), NO_TOOLS, (), f"The user wants {asked.goal}. I have no tools.", check=is_no_call
    )


def no_tool_ability(other: Callable[[Source], Exercise], share: float) -> Ability:
    """Return the ability to leave tools alone, practised with other exercises."""
    return Ability("No fitting tool", lambda source: no_tool(source, other), share, 0.90, whole=True)


ABILITIES: tuple[Ability, ...] = (
    Ability("Tool choice", tool_choice, 9.0, 0.90, whole=True),
    Ability("Tool again", follow_up, 0.6, whole=True),
    Ability("Several tool calls", several_calls, 0.8, whole=True),
    Ability("Missing argument", missing_argument, 0.5, whole=True),
    Ability("No tools at all", without_tools, 0.15, whole=True),
)
