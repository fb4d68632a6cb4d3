"""Tool definitions as clients write them: names in many styles, descriptions or none, keys in any order.

It knows nothing of what tools are for.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..exercise import Source
from ..material.made_up import pick
from ..material.vocabulary import words
from .values import made_up_word

Tool = dict[str, Any]

_PREFIXES = words("""
my api tool fn app home_api service client user agent web local mcp do server the public internal assistant x
""")
_SUFFIXES = words(
    "tool api fn function v2 v1 service now action request call endpoint 2 handler op simple by_user"
)
# What an argument of a kind looks like; held-out values are never given away, for these are few and fixed.
_EXAMPLES = {
    "city": ("City and state, e.g. San Francisco, CA", "The city, e.g. Paris", "Name of the city", "City name"),
    "symbol": ("Ticker symbol, e.g. AAPL",),
    "date": ("Date, e.g. 2025-01-31", "The day", "As YYYY-MM-DD or a weekday"),
    "time": ("Time of day", "Time, e.g. 7:30", "HH:MM"),
    "currency": ("Currency code, e.g. USD", "Three-letter code"),
    "email": ("Email address", "Address of the recipient"),
    "phone": ("Phone number",),
    "duration": ("How long, e.g. 5 minutes",),
    "language": ("Language, e.g. French",),
    "url": ("URL, e.g. https://example.com",),
    "file": ("Path of the file", "Name of the file"),
    "expression": ("Expression, e.g. 2 + 2",),
    "topic": ("What to look for", "Search query"),
    "message": ("The text",),
}
# JSON Schema keys in front of or behind the usual ones.
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def key_words(key: str) -> str:
    """Return a key as words: `wind_speed` and `windSpeed` are both the wind speed."""
    if "_" in key or "-" in key:
        return key.replace("_", " ").replace("-", " ")
    if key.isupper() or key.islower():
        return key
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in key).strip()


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument that a tool takes.

    Attributes:
        name: In snake case.
        type: As JSON Schema has it.
        kind: Its kind of value, for a fitting description.
        required: Whether it may not be left out.
        enum: The values it may have; empty where anything goes.
    """

    name: str
    type: str
    kind: str
    required: bool
    enum: tuple[str, ...] = ()


def camel_case(name: str) -> str:
    """Return a snake case name in camel case."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def tool_name(rng: random.Random, verb: str, noun: str) -> str:
    """Return a function's name made of a verb and a noun in snake case, in one of the styles people use."""
    chance = rng.random()
    if chance < 0.46:
        return f"{verb}_{noun}"
    if chance < 0.58:
        return camel_case(f"{verb}_{noun}")
    if chance < 0.64:
        return f"{noun}_{verb}"
    if chance < 0.70:
        return noun
    if chance < 0.73:
        return f"{verb}-{noun}".replace("_", "-")
    if chance < 0.76:
        name = camel_case(f"{verb}_{noun}")
        return name[:1].upper() + name[1:]
    if chance < 0.79:
        return f"{verb}{noun}".replace("_", "")
    if chance < 0.86:
        prefix = pick(rng, _PREFIXES)
        return rng.choice((f"{prefix}_{verb}_{noun}", f"{noun}_{prefix}_{verb}", f"{prefix}-{verb}-{noun}"))
    if chance < 0.93:
        return f"{verb}_{noun}_{pick(rng, _SUFFIXES)}"
    tail = "".join(pick(rng, _LETTERS) for _ in range(rng.randrange(1, 5)))
    return f"{verb}_{noun}_{tail}"


def nonsense_name(rng: random.Random) -> str:
    """Return a function's name that says nothing."""
    chance = rng.random()
    if chance < 0.5:
        return f"{made_up_word(rng)}_{made_up_word(rng)}"
    if chance < 0.65:
        return made_up_word(rng)
    if chance < 0.8:
        return f"{rng.choice(('tool', 'function', 'fn', 'f', 'func', 'action', 'op', 't'))}_{rng.randrange(1000)}"
    letters = "".join(_LETTERS[int(rng.random() * 26)] for _ in range(rng.randrange(1, 4)))
    return f"{letters}_{rng.choice(('tool', 'fn', 'x', 'run', made_up_word(rng)))}_{rng.randrange(100)}"


def _about(source: Source, parameter: Parameter) -> str:
    said = key_words(parameter.name)
    examples = _EXAMPLES.get(parameter.kind)
    if examples is not None and source.chance(0.6):
        return source.wording(examples)
    if parameter.enum and source.chance(0.5):
        return " or ".join(parameter.enum)
    return source.wording(
        (
            f"The {said}",
            f"The {said}.",
            said.capitalize(),
            f"{said.capitalize()} to use",
            f"the {said}",
            f"{said} as given",
        )
    )


def _property(source: Source, parameter: Parameter, *, described: bool, titled: bool) -> Tool:
    """Return the JSON Schema of one argument."""
    chance = source.chance
    schema: dict[str, Any] = {"type": parameter.type}
    if described:
        about = _about(source, parameter)
        schema = {"description": about, **schema} if chance(0.12) else {**schema, "description": about}
    if parameter.enum:
        enum = list(parameter.enum)
        schema = {**schema, "enum": enum} if chance(0.85) else {"enum": enum, **schema}
    return {"title": key_words(parameter.name).title(), **schema} if titled else schema


def _object(source: Source, parameters: Sequence[Parameter]) -> Tool:
    """Return the JSON Schema of all arguments."""
    chance = source.chance
    described, titled = chance(0.6), chance(0.03)
    properties = {
        parameter.name: _property(source, parameter, described=described and chance(0.95), titled=titled)
        for parameter in parameters
    }
    schema: Tool = {"type": "object", "properties": properties}
    required = [parameter.name for parameter in parameters if parameter.required]
    if required:
        if chance(0.9):
            schema["required"] = required
        elif chance(0.3):
            schema = {"type": "object", "required": required, "properties": properties}
        elif chance(0.3):
            schema = {"properties": properties, "required": required, "type": "object"}
    elif chance(0.2):
        schema["required"] = []
    return schema


def definition(source: Source, name: str, description: str | None, parameters: Sequence[Parameter]) -> Tool:
    """Return a tool's definition in OpenAI's shape."""
    chance = source.chance
    schema = _object(source, parameters)
    strict = chance(0.1)
    if strict or chance(0.1):
        schema["additionalProperties"] = False
    function: Tool = {"name": name}
    if description is not None:
        function["description"] = description
    if parameters or chance(0.8):
        function["parameters"] = schema
    if strict:
        function = {**function, "strict": True} if chance(0.7) else {"name": name, "strict": True, **function}
    if chance(0.12):
        keys = list(function)
        source.rng.shuffle(keys)
        function = {key: function[key] for key in keys}
    return (
        {"function": function, "type": "function"} if chance(0.05) else {"type": "function", "function": function}
    )
