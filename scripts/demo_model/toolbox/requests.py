"""Requests for a tool of the domains' tables: the tool's definition, a sentence, and the call that is right."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from ..exercise import Source
from ..material.made_up import pick
from .domains import Action
from .more_domains import DOMAINS
from .schemas import Parameter, Tool, camel_case, definition, nonsense_name, tool_name
from .sentences import Pattern, pattern, speak, write
from .values import FREE_TEXT, KINDS, REPEATABLE, Draw, Value, number, unit_pair

_EXTRA_SHARE = 0.35
_NONSENSE_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Form:
    """One way an argument may come: its names and kind, what that means to JSON Schema, and what draws a value."""

    names: tuple[str, ...]
    kind: str
    type: str
    enum: tuple[str, ...]
    draw: Draw


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of an action; optional if there are sentences' ends to add it by."""

    slot: str
    forms: tuple[Form, ...]
    extras: tuple[Pattern, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Skill:
    """An action of the tables, read; `fields` and `near` say what it may not be offered beside."""

    fields: frozenset[str]
    goal: str
    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    does: tuple[str, ...]
    arguments: tuple[Argument, ...]
    sentences: tuple[Pattern, ...]
    domain: int


@dataclass(frozen=True, slots=True)
class Request:
    """What a user wants, and the tool and the call for it.

    Attributes:
        goal: As in "The user wants ...".
        name: The tool's.
        tool: Its definition.
        arguments: What it is to be called with.
        shape: The shape of `core`.
        core: The request without politeness, capital letter and end.
        sentence: What the user says.
        open_ended: Whether nothing may follow the core.
        varied: A value of the core that could be another one, by its argument's name, and its kind.
        fields: What it is about; empty where nothing else is about that.
    """

    goal: str
    name: str
    tool: Tool
    arguments: dict[str, Any]
    shape: str
    core: str
    sentence: str
    open_ended: bool
    varied: tuple[str, str] | None = None
    fields: frozenset[str] = frozenset()


def _counted(draw: Draw, unit: str) -> Draw:
    def counted(source: Source) -> Value:
        text, value = draw(source)
        return f"{text} {unit}", value

    return counted


def _one_of(choices: tuple[str, ...]) -> Draw:
    capitalised = "celsius" in choices

    def chosen(source: Source) -> Value:
        value = source.wording(choices)
        return value.capitalize() if capitalised and source.chance(0.4) else value, value

    return chosen


def read_form(text: str) -> Form:
    """Return what the tables' notation `names:kind` means."""
    names, kind = text.split(":", 1)
    base, _, rest = kind.partition(":")
    json_type = {"int": "integer", "count": "integer", "money": "number"}.get(base, "string")
    enum = tuple(rest.split(",")) if base == "enum" else ()
    if base == "enum":
        draw = _one_of(enum)
    elif json_type == "integer":
        low, high = rest.rsplit(":", 1)[-1].split("-")
        draw = number(int(low), int(high))
        if base == "count":
            draw = _counted(draw, rest.split(":")[0])
    else:
        draw = KINDS[base]
    return Form(tuple(names.split()), kind, json_type, enum, draw)


def _argument(text: str) -> Argument:
    head, *extras = text.split("|")
    slot, forms = head.split("=", 1)
    said = tuple(pattern(extra if extra[0] == "," else f" {extra}") for extra in map(str.strip, extras) if extra)
    return Argument(slot, tuple(read_form(form) for form in forms.split(";")), said, optional=bool(extras))


def _skill(action: Action, fields: str, domain: int) -> Skill:
    return Skill(
        frozenset(fields.split()),
        action.goal,
        tuple(action.verbs.split()),
        tuple(action.nouns.split()),
        action.does,
        tuple(_argument(text) for text in action.args),
        tuple(pattern(text) for text in action.says),
        domain,
    )


SKILLS = tuple(
    _skill(action, domain.fields, index) for index, domain in enumerate(DOMAINS) for action in domain.actions
)
# Those of which somebody may ask for two at once, or for another one next.
REPEATABLE_SKILLS = tuple(
    skill
    for skill in SKILLS
    if any(form.kind in REPEATABLE for argument in skill.arguments for form in argument.forms)
)
_BY_DOMAIN = {index: tuple(skill for skill in SKILLS if skill.domain == index) for index in range(len(DOMAINS))}


def describe(source: Source, does: tuple[str, ...], *, needed: bool) -> str | None:
    """Return one of the descriptions, or none unless one is needed."""
    if not needed and source.chance(0.15):
        return None
    said = source.wording(does)
    chance = source.rng.random()
    if chance < 0.35 and said[-1] != ".":
        said += "."
    elif chance > 0.93:
        said = said[0].lower() + said[1:]
    return said


def _name(source: Source, skill: Skill, *, nonsense: bool) -> str:
    if nonsense:
        return source.draw(nonsense_name)

    def make(rng: random.Random) -> str:
        verbs, nouns = skill.verbs, skill.nouns
        return tool_name(rng, pick(rng, verbs), pick(rng, nouns))

    return source.draw(make)


def offer(
    source: Source, skill: Skill, chosen: dict[str, Form] | None = None, given: dict[str, Any] | None = None
) -> tuple[str, Tool, dict[str, str]]:
    """Return a tool for an action: its name, its definition and its arguments' names by slots.

    Args:
        source: Where names and wording come from.
        skill: The action.
        chosen: The forms of arguments, by slots; others are drawn.
        given: Values the arguments must be able to take, by slots.
    """
    chosen, given = chosen or {}, given or {}
    nonsense = source.chance(_NONSENSE_SHARE)
    name = _name(source, skill, nonsense=nonsense)
    camel = "_" not in name and name.lower() != name
    parameters: list[Parameter] = []
    names: dict[str, str] = {}
    for argument in skill.arguments:
        slot = argument.slot
        if argument.optional and slot not in given and source.chance(0.45):
            continue
        form = chosen.get(slot) or source.wording(argument.forms)
        label = source.wording(form.names)
        if label in names.values():
            label = slot if slot not in names.values() else f"{slot}_{label}"
        label = camel_case(label) if camel else label
        names[slot] = label
        json_type = form.type
        if slot in given:
            json_type = {str: "string", int: json_type, float: "number"}[type(given[slot])]
        if json_type == "integer" and source.chance(0.12):
            json_type = "number"
        enum = () if source.chance(0.12) else form.enum
        required = not argument.optional or source.chance(0.1 if slot in given else 0.0)
        parameters.append(Parameter(label, json_type, form.kind, required, enum))
    if len(parameters) > 1 and source.chance(0.12):
        source.rng.shuffle(parameters)
    tool = definition(
        source, name, describe(source, skill.does, needed=nonsense or name in skill.nouns), parameters
    )
    return name, tool, names


def request(source: Source, skill: Skill) -> Request:
    """Return a request for a tool of the tables."""
    sentence = source.wording(skill.sentences)
    open_ended = False
    chosen: dict[str, Form] = {}
    texts: dict[str, str] = {}
    given: dict[str, Any] = {}
    extras: list[Pattern] = []
    for argument in skill.arguments:
        slot = argument.slot
        if slot not in sentence.slots:
            if not argument.extras or not source.chance(_EXTRA_SHARE):
                continue
            extras.append(source.wording(argument.extras))
        form = source.wording(argument.forms)
        text, value = form.draw(source)
        while text in texts.values() and form.kind not in ("int", "enum"):
            text, value = form.draw(source)
        if form.type == "integer" and not form.kind.startswith("count") and source.chance(0.05):
            value = str(value)
            if not text.isdigit():
                text = value
        chosen[slot], texts[slot], given[slot] = form, text, value
    if "unit_a" in (form.kind for form in chosen.values()):
        texts["source"], texts["target"] = given["source"], given["target"] = unit_pair(source)
    core = write(source, sentence, texts)
    if sentence.last is not None and chosen[sentence.last].kind in FREE_TEXT:
        open_ended = True
        for extra in extras:
            given.pop(extra.slots[0])
    else:
        for extra in extras:
            core += write(source, extra, texts)
    core = core.replace(" on to", " to") if " on today" in core or " on tomorrow" in core else core
    name, tool, names = offer(source, skill, chosen, given)
    order = tool["function"].get("parameters", {}).get("properties", {})
    by_name = {names[slot]: value for slot, value in given.items()}
    arguments = {label: by_name[label] for label in order if label in by_name}
    varied = next(
        (
            (names[slot], form.kind)
            for slot, form in chosen.items()
            if form.kind in REPEATABLE and slot in given and core.count(texts[slot]) == 1
        ),
        None,
    )
    value_first = isinstance(sentence.parts[0], list) or core[:1].isdigit()
    said = speak(source, sentence.shape, core, open_ended=open_ended, value_first=value_first)
    return Request(skill.goal, name, tool, arguments, sentence.shape, core, said, open_ended, varied, skill.fields)


def other_tools(
    source: Source, count: int, taken: Skill, *, hard: bool, avoid: frozenset[str] = frozenset()
) -> list[Tool]:
    """Return tools that do not fit a request for an action: of the same domain where it is to be hard."""
    near = _BY_DOMAIN[taken.domain]
    tools: list[Tool] = []
    used = {id(taken)}
    fields = taken.fields | avoid
    for _ in range(count):
        for _attempt in range(20):
            if hard and len(near) > 1 and source.chance(0.6):
                skill = source.wording(near)
            else:
                skill = source.wording(SKILLS)
                if skill.fields & fields:
                    continue
            if id(skill) not in used:
                break
        else:
            break
        used.add(id(skill))
        if skill.domain != taken.domain:
            fields |= skill.fields
        tools.append(offer(source, skill)[1])
    return tools


def foreign_tools(source: Source, count: int, *, avoid: frozenset[str]) -> list[Tool]:
    """Return tools none of which is about one of these fields."""
    tools: list[Tool] = []
    while len(tools) < count:
        skill = source.wording(SKILLS)
        if not skill.fields & avoid:
            tools.append(offer(source, skill)[1])
    return tools


def case(
    source: Source, count: int, *, skills: tuple[Skill, ...] = SKILLS, avoid: frozenset[str] = frozenset()
) -> tuple[Request, list[Tool]]:
    """Return a request for a tool of the tables, and others that do not fit it nor are about what is to avoid."""
    skill = source.wording(skills)
    return request(source, skill), other_tools(source, count, skill, hard=source.chance(0.5), avoid=avoid)
