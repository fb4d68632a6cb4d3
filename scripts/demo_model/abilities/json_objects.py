"""JSON from a sentence: its facts as one flat object with the keys that are asked for.

What kinds of records there are and how their facts are said is in `json_records`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..exercise import Ability, Exercise, Source
from ..material.json_records import RECORDS
from ..template import to_json
from ..toolbox.requests import Form, read_form
from ..toolbox.schemas import camel_case
from ..toolbox.values import KINDS, made_up_word
from ..toolbox.words import words

_UNSAID_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class _Fact:
    """A fact that a record may have: names of its key, and how its value is drawn and said."""

    keys: tuple[str, ...]
    form: Form | None  # None where it is true or false
    said: tuple[str, ...]
    denied: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Record:
    kind: str
    keys: tuple[str, ...]
    subject: Form
    pronoun: str
    facts: tuple[_Fact, ...]


def _address(source: Source) -> tuple[str, str]:
    def make(rng: random.Random) -> str:
        street = rng.choice(
            ("Main Street", "Park Road", "High Street", "Mill Lane", made_up_word(rng).capitalize() + " Street")
        )
        return f"{rng.randrange(1, 200)} {street}"

    text = source.draw(make)
    return text, text


def _name(source: Source) -> tuple[str, str]:
    text = source.draw(made_up_word).capitalize()
    return text, text


def _lettered(source: Source) -> tuple[str, str]:
    """Return an id with a letter: without one, nobody could tell whether it is a number."""
    while (made := KINDS["id"](source))[0].isdigit():
        pass
    return made


_KINDS_HERE = {"address": _address, "made_up": _name, "id": _lettered}


def _form(kind: str) -> Form:
    if kind in _KINDS_HERE:
        return Form((), kind, "string", (), _KINDS_HERE[kind])
    return read_form(f"x:{kind}")


def _fact(text: str) -> _Fact:
    head, said = text.split(" = ")
    keys, kind = head.split(": ")
    said, _, denied = said.partition("!")
    return _Fact(
        tuple(keys.split()),
        None if kind == "yes" else _form(kind),
        tuple(said.split("|")),
        tuple(denied.split("|")) if denied else (),
    )


_RECORDS = tuple(
    _Record(kind, tuple(keys.split()), _form(subject), pronoun, tuple(_fact(fact) for fact in facts))
    for kind, keys, subject, pronoun, facts in RECORDS
)


@dataclass(slots=True)
class _Said:
    """One key with its value, its text, and the clause that says it."""

    key: str
    text: str
    value: Any
    clause: str


def _draw(source: Source) -> tuple[_Record, _Said, list[_Said]]:
    """Return a record, its subject and some of its facts, no two keys or texts alike."""
    record = source.wording(_RECORDS)
    text, value = record.subject.draw(source)
    subject = _Said(source.wording(record.keys), text, value, "")
    facts: list[_Said] = []
    count = source.wording((1, 2, 2, 2, 3, 3, 4))
    pool = list(record.facts)
    source.rng.shuffle(pool)
    for fact in pool[:count]:
        if fact.form is None:
            true = source.chance(0.5)
            clause = source.wording(fact.said if true else fact.denied)
            facts.append(_Said(source.wording(fact.keys), "yes" if true else "no", true, clause))
        else:
            text, value = fact.form.draw(source)
            clause = source.wording(fact.said).replace("{v}", text)
            facts.append(_Said(source.wording(fact.keys), text, value, _article(clause)))
    keys = {subject.key}
    for fact in facts:
        while fact.key in keys:
            fact.key += "_2" if fact.key.endswith(record.kind) else f"_of_{record.kind}"
        keys.add(fact.key)
    return record, subject, facts


def _article(clause: str) -> str:
    """Return the clause with "an" where "a" comes before a vowel."""
    at = clause.find(" a ")
    return clause[: at + 2] + "n" + clause[at + 2 :] if at >= 0 and clause[at + 3 : at + 4] in "aeiou" else clause


def _clauses(source: Source, record: _Record, subject: str, facts: list[_Said]) -> str:
    """Return sentences that say the facts of a subject."""
    clauses = [fact.clause for fact in facts]
    chance = source.rng.random()
    if len(clauses) == 1:
        return f"{subject} {clauses[0]}."
    if chance < 0.55:
        last = source.wording((" and ", " and ", " and also ", ", and "))
        return f"{subject} {', '.join(clauses[:-1])}{last}{clauses[-1]}."
    if chance < 0.8:
        cut = source.rng.randrange(1, len(clauses))
        rest = clauses[cut:]
        pronoun = (
            "She" if record.kind in ("person", "student", "employee") and source.chance(0.5) else record.pronoun
        )
        if pronoun == "They" and record.kind != "team":
            pronoun = "He"
        first = clauses[:cut]
        return f"{subject} {' and '.join(first)}. {pronoun} {' and '.join(rest)}."
    if chance < 0.9:
        return " ".join(f"{subject} {clause}." for clause in clauses)
    return f"{subject} {', '.join(clauses)}"


def _labels(source: Source, everything: list[_Said]) -> str:
    """Return the facts as a list of keys and values, in any order."""
    items = list(everything)
    source.rng.shuffle(items)
    mark, gap = source.wording(
        ((": ", ", "), (": ", "\n"), (" ", ", "), (" = ", ", "), (" is ", ", "), (": ", "; "), ("=", " "))
    )
    if gap == " " and any(" " in item.text for item in items):
        gap = ", "
    big = source.chance(0.4)
    lines = []
    for item in items:
        label = item.key.replace("_", " ")
        lines.append(f"{label.capitalize() if big else label}{mark}{item.text}")
    return gap.join(lines)


_INVENTED_KINDS = (
    _lettered,
    *(
        KINDS[kind]
        for kind in ("city", "person", "color", "date", "time", "company", "email", "full_name", "goods")
    ),
)
_ARTICLES = ("", "", "the {} ", "a {} called ", "our {} ", "My {} ")


def _invented(source: Source) -> tuple[list[_Said], str]:
    """Return keys nobody has seen, with values, and a text that says them."""
    items: list[_Said] = []
    count = source.rng.randrange(1, 5)
    while len(items) < count:
        key = source.draw(made_up_word) if source.chance(0.5) else source.wording(_PLAIN_KEYS)
        if any(item.key == key for item in items):
            continue
        chance = source.rng.random()
        if chance < 0.35:
            value: Any = source.rng.randrange(10 ** source.rng.randrange(1, 6))
            text = str(value)
        elif chance < 0.45:
            value = source.rng.randrange(1, 1000) / 10
            text = str(value)
        elif chance < 0.6:
            text = value = source.draw(made_up_word)
        else:
            text, value = KINDS[
                source.wording(("city", "person", "color", "id", "date", "time", "company", "email"))
            ](source)
        items.append(_Said(key, text, value, f"the {key.replace('_', ' ')} is {text}"))
    if source.chance(0.5):
        return items, _labels(source, items)
    shown = list(items)
    source.rng.shuffle(shown)
    clauses = [item.clause for item in shown]
    text = clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"
    return items, text[0].upper() + text[1:] + source.wording((".", ".", ""))


_PLAIN_KEYS = words("""
code key value number word flavor shape speed depth level color size owner place start end first second left
right top bottom source target mode state label text score points width length volume side zone sector unit
plan step phase
""")


def _key_list(source: Source, keys: list[str], types: list[str]) -> tuple[str, str]:
    """Return how the keys are told: a phrase, and which kind of phrase it is ("list" or "object")."""
    chance = source.rng.random()
    if chance < 0.62:
        quote = source.wording(("", "", "", '"', "'", "`"))
        named = [f"{quote}{key}{quote}" for key in keys]
        if source.chance(0.1):
            named = [f"{name} ({kind})" for name, kind in zip(named, types, strict=True)]
        if len(named) == 1:
            return named[0], "list"
        last = source.wording((" and ", " and ", " and ", ", ", ", and "))
        return f"{', '.join(named[:-1])}{last}{named[-1]}", "list"
    if chance < 0.7:
        return "\n" + "\n".join(f"- {key}" for key in keys), "list"
    if chance < 0.78:
        return "[" + ", ".join(to_json(key) for key in keys) + "]", "list"
    if chance < 0.94:
        style = source.wording(("type", "quoted", "empty", "dots", "sample"))
        samples = {"string": '""', "integer": "0", "number": "0.0", "boolean": "true"}
        values = {
            "type": types,
            "quoted": [to_json(kind) for kind in types],
            "empty": ['""' if kind == "string" else samples[kind] for kind in types],
            "dots": ["..." for _ in types],
            "sample": ['"..."' if kind == "string" else samples[kind] for kind in types],
        }[style]
        return "{" + ", ".join(
            f'"{key}": {value}' for key, value in zip(keys, values, strict=True)
        ) + "}", "object"
    properties = {key: {"type": kind} for key, kind in zip(keys, types, strict=True)}
    return to_json({"type": "object", "properties": properties, "required": keys}), "object"


_LIST_ASKS = (
    "Give me a JSON object with the keys {}",
    "Give me JSON with the keys {}",
    "Make a JSON object with {}",
    "Make JSON with the fields {}",
    "Write a JSON object with the keys {}",
    "Write JSON with {}",
    "Return JSON with keys {}",
    "Return a JSON object with {}",
    "Return JSON with the fields {}",
    "Extract {} as JSON",
    "Extract {} from the text as JSON",
    "Extract {} from this text and answer with JSON",
    "Extract the {} as JSON",
    "Answer with JSON. Keys: {}",
    "Answer in JSON with the keys {}",
    "Answer only with a JSON object with the keys {}",
    "Convert this to JSON with the keys {}",
    "Convert to JSON. Keys: {}",
    "Convert the following into a JSON object with {}",
    "Turn this into JSON with the keys {}",
    "Turn this sentence into JSON with {}",
    "Put this into a JSON object with the keys {}",
    "JSON with {}",
    "JSON, keys {}",
    "As JSON with the keys {}",
    "I need a JSON object with {}",
    "I need JSON with the fields {}",
    "I want JSON with the keys {}",
    "Create a JSON object with the fields {}",
    "Create JSON with {}",
    "Produce JSON with keys {}",
    "Output JSON with {}",
    "Output a JSON object with the fields {}",
    "Format this as JSON with the keys {}",
    "Fields: {}. Give me JSON",
    "Respond with JSON only. Fields: {}",
    "Respond with a JSON object containing {}",
    "Parse this into JSON with {}",
    "Find {} and give them as JSON",
    "Please give me a JSON object with the keys {}",
    "Please extract {} as JSON",
    "Please write JSON with the keys {}",
    "Can you make a JSON object with {}",
    "Could you give me JSON with the keys {}",
    "What are {}? Answer as JSON",
    "json with {}",
    "make json with the keys {}",
    "Return an object with the properties {} as JSON",
    "Only JSON, with {}",
)
_OBJECT_ASKS = (
    "Give me JSON like {}",
    "Give me a JSON object like {}",
    "Answer with JSON of the form {}",
    "Answer in this JSON format: {}",
    "Reply with JSON like {}",
    "Reply with JSON in this form: {}",
    "Return JSON in the form {}",
    "Return JSON matching {}",
    "Use this schema: {}",
    "Schema: {}",
    "Fill in {}",
    "Fill this JSON: {}",
    "Format: {}",
    "Make JSON like this: {}",
    "Output JSON like {}",
    "Write JSON that fits {}",
    "Extract the data as {}",
    "Convert this to JSON: {}",
    "Respond with JSON in this format: {}",
    "Put the facts into {}",
    "JSON schema: {}",
    "Produce a JSON object of this shape: {}",
    "As JSON: {}",
)
_SYSTEM = (
    "Answer only with JSON.",
    "Answer with JSON only.",
    "You only answer with JSON.",
    "You are a helpful assistant.",
    "You are a helpful assistant that answers in JSON.",
    "You extract data.",
    "Always reply with a JSON object.",
    "Output JSON and nothing else.",
    "You turn text into JSON.",
    "Only valid JSON, no other text.",
    "You are a data extraction tool.",
    "You are a helpful assistant designed to output JSON.",
)


def _json_type(value: Any) -> str:
    return {str: "string", int: "integer", float: "number", bool: "boolean"}[type(value)]


def object_check(expected: dict[str, Any]) -> Callable[[str], bool]:
    """Return a check that a text is this object as JSON and nothing else."""

    def check(text: str) -> bool:
        try:
            found = json.loads(text)
        except ValueError:
            return False
        # True is 1 to Python, not to JSON.
        return isinstance(found, dict) and to_json(sorted(found.items())) == to_json(sorted(expected.items()))

    return check


def from_sentence(source: Source) -> Exercise:
    """Return a request for JSON of a text's facts."""
    if source.chance(0.22):
        items, text = _invented(source)
    else:
        record, subject, facts = _draw(source)
        items = [subject, *facts]
        if source.chance(0.18):
            text = _labels(source, items)
        else:
            name = _article(" " + source.wording(_ARTICLES).replace("{}", record.kind)).lstrip() + subject.text
            if record.kind in ("person", "student", "employee", "pet", "city") or subject.key in ("task", "title"):
                name = subject.text
            if record.kind in ("book", "film", "song", "meeting", "event", "task") and source.chance(0.5):
                name = f'"{subject.text}"'
            text = _clauses(
                source, record, name[0].upper() + name[1:] if name[0] in "atmo" and " " in name else name, facts
            )
    asked = list(items)
    if len(asked) > 1 and source.chance(0.2):
        asked.remove(source.wording(asked))
    if source.chance(0.5):
        source.rng.shuffle(asked)
    answers = [(item.key, item.value, _json_type(item.value)) for item in asked]
    if source.chance(_UNSAID_SHARE):
        key = source.wording(_PLAIN_KEYS)
        if all(key != item.key for item in items):
            answers.insert(source.rng.randrange(len(answers) + 1), (key, None, "string"))
    camel = source.chance(0.08)
    keys = [camel_case(key) if camel else key for key, _, _ in answers]
    expected = {key: value for key, (_, value, _) in zip(keys, answers, strict=True)}
    listed, shape = _key_list(source, keys, [kind for _, _, kind in answers])
    asks = source.wording(_LIST_ASKS if shape == "list" else _OBJECT_ASKS)
    ask = asks.replace("{}", listed, 1)
    thought = f"The text tells {len(expected)} of the keys: {', '.join(keys)}."
    return Exercise(_messages(source, ask, text), to_json(expected), thought=thought, check=object_check(expected))


def _messages(source: Source, ask: str, text: str) -> tuple[dict[str, Any], ...]:
    """Return the request and the text together, either first, or the request in the system message."""
    chance = source.rng.random()
    if chance < 0.12:
        system = f"{source.wording(_SYSTEM)} {ask}"
        return {"role": "system", "content": system}, {"role": "user", "content": text}
    quote = source.wording(("", "", "", '"'))
    quoted = f"{quote}{text}{quote}"
    if chance < 0.65:
        content = ask + source.wording((": ", ": ", ":\n", ".\n", ". ", ":\n\n", ". Text: ")) + quoted
    else:
        content = quoted + source.wording((" ", "\n", "\n\n")) + ask + source.wording((".", ".", ""))
    system = ({"role": "system", "content": source.wording(_SYSTEM)},) if source.chance(0.2) else ()
    return (*system, {"role": "user", "content": content})


ABILITIES: tuple[Ability, ...] = (Ability("JSON from a sentence", from_sentence, 2.5, 0.90, whole=True),)
