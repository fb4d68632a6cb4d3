"""What of a JSON schema can't be kept, and where it stands in the schema.

llguidance refuses what it can't keep, but does not say where. And there is what it takes and we don't:

- `x-guidance` would loosen its rules;
- it may repeat a key that `properties` does not name, so a `minProperties` above 1 counts keys twice, unless the
  required ones are as many.
- it takes numbers as doubles where they are large.

https://github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

# Where schemas lie in a schema.
_BY_NAME = ("properties", "patternProperties", "$defs", "definitions")
_IN_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems", "items")
_ALONE = ("items", "additionalItems", "additionalProperties")
# What parts of a schema may refer to.
_SHARED = ("$schema", "$defs", "definitions")
# So many parts are tried, to find the one that is at fault.
_TRIALS = 500
# Between the parts of a JSON text: a space, or a line break and what indents the next line. Bounded, that no model
# goes on with it for ever.
_WHITESPACE = r"[ \t]|\r?\n[ \t]{0,40}"

# Numbers up to which llguidance (1.9) is exact; near 2^63 it ends the process.
_BOUNDS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
_EXACT = 2**53

Check = Callable[[Any], str]
"""Returns why a schema can't be compiled, or an empty string."""


class Fault(NamedTuple):
    """What can't be kept.

    Attributes:
        path: Within the schema, beginning with a dot or a bracket; empty for all of it.
    """

    path: str
    reason: str


def with_whitespace(schema: Any) -> dict[str, Any]:
    """Return the schema as llguidance gets it, with the whitespace that is allowed."""
    whole = schema if isinstance(schema, dict) else {"allOf": [schema]}
    return {**whole, "x-guidance": {"whitespace_pattern": _WHITESPACE}}


def known_fault(schema: Any) -> Fault | None:
    """Return the first thing that llguidance would take and not keep."""
    if isinstance(schema, dict) and "x-guidance" in schema:
        return Fault(".x-guidance", "is an option of the grammar's compiler, and not for requests")
    for path, part in _walk(schema):
        for key in ("enum", "const", *_BOUNDS):
            if key in part and _largest(part[key]) > _EXACT:
                return Fault(f"{path}.{key}", "so large a number can't be kept")
        least, required = part.get("minProperties"), part.get("required")
        sure = (
            len(set(required)) if isinstance(required, list) and all(isinstance(r, str) for r in required) else 0
        )
        if isinstance(least, int | float) and least > max(1, sure):
            return Fault(f"{path}.minProperties", "above 1 can't be kept, as keys might come twice")
    return None


def find_fault(schema: Any, check: Check) -> Fault | None:
    """Return the innermost part of a schema that can't be compiled, for the same reason as the whole."""
    if not (reason := check(schema)):
        return None
    shared = {key: schema[key] for key in _SHARED if isinstance(schema, dict) and key in schema}
    path, part, trials = "", schema, 0
    inner = iter(_parts(part))
    while (found := next(inner, None)) is not None and trials < _TRIALS:
        trials += 1
        suffix, candidate = found
        alone = {**shared, **candidate} if isinstance(candidate, dict) else candidate
        if check(alone) == reason:
            path, part = path + suffix, candidate
            inner = iter(_parts(part))
    if (keyword := _keyword(reason)) and isinstance(part, dict) and keyword in part:
        path += f".{keyword}"
    return Fault(path, reason)


def _parts(schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield the schemas that lie directly in a schema, with their paths."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in _BY_NAME and isinstance(value, dict):
            yield from ((f".{key}.{name}", part) for name, part in value.items())
        elif key in _IN_LISTS and isinstance(value, list):
            yield from ((f".{key}[{index}]", part) for index, part in enumerate(value))
        elif key in _ALONE:
            yield f".{key}", value


def _walk(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    left = [("", schema)]
    while left:
        path, part = left.pop()
        if isinstance(part, dict):
            yield path, part
            left.extend((path + suffix, inner) for suffix, inner in _parts(part))


def _largest(value: Any) -> float:
    """Return the largest size of an integer in a value."""
    if isinstance(value, int):
        return abs(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(map(_largest, inner), default=0)


def _keyword(reason: str) -> str:
    """Return the one keyword that llguidance names, if it names one."""
    if (match := re.fullmatch(r"Unimplemented keys: (\[.*\])", reason)) is None:
        return ""
    keys = json.loads(match[1])
    return keys[0] if len(keys) == 1 else ""
