"""Results of tools, and the sentence that restates one."""

from __future__ import annotations

import json
import random
from typing import Any

from ..exercise import Source
from ..material.vocabulary import words
from .schemas import key_words
from .values import KINDS, made_up_word

_KEYS = words("""
temperature sky humidity wind wind_speed pressure rain_chance city country time date day price currency change
status message id order_id title author year rating score duration distance speed name age email phone address
balance amount total count items names results colors level volume state mode room floor open available
confirmed success paid in_stock active unit size weight height width color model brand version owner user
members languages capital population area rate value departure arrival gate platform seat delay track artist
album genre calories protein ingredients steps servings priority deadline assignee labels branch author_name
commit cpu memory disk uptime errors warnings translation language result answer sum product definition
synonyms winner home_team away_team goals opponent battery range position eta driver license_plate
tracking_number carrier weight_kg room_number nights guests table restaurant cuisine stars reviews
phone_number website headline source topic last_login role team manager department salary start_date end_date
progress temperature_celsius
""")
_STATES = words("""
ok done sent saved created deleted updated started stopped running paused open closed locked unlocked on off
ready pending shipped delivered cancelled confirmed booked failed queued active idle full empty sunny cloudy
rainy windy foggy snowy clear overcast warm cold fresh low medium high green red yellow true_north
unknown_user online offline
""")
_ERRORS = (
    "not found",
    "city not found",
    "no such user",
    "user not found",
    "permission denied",
    "timeout",
    "the server is down",
    "no connection",
    "invalid date",
    "invalid id",
    "no flights found",
    "the file does not exist",
    "file not found",
    "access denied",
    "rate limit exceeded",
    "the table is taken",
    "no tables left",
    "sold out",
    "not enough money",
    "wrong password",
    "unknown symbol",
    "unknown city",
    "the printer is out of paper",
    "the door is open",
    "battery empty",
    "device offline",
    "already exists",
    "bad request",
    "internal error",
    "try again later",
)
_TEXTS = (
    "OK",
    "Done.",
    "ok",
    "done",
    "Success",
    "Email sent.",
    "The message was sent.",
    "The door is locked now.",
    "The timer is set.",
    "It is {number} degrees and {state} in {city}.",
    "{number} degrees, {state}",
    "The order {id} has been shipped.",
    "Order {id}: {state}",
    "{person} was called.",
    "The table is booked for {time}.",
    "Booked for {time}.",
    "It is {time}.",
    "{time}",
    "{city}",
    "Sunny, {number} degrees.",
    "{person} lives in {city}.",
    "Reminder set for {time}.",
    "There are {number} results.",
    "{number} files deleted.",
    "No results.",
    "Nothing found.",
    "The light is {state}.",
    "The answer is {number}.",
    "{word} {word} {number}",
    "{word}",
)
_STRING_KINDS = (
    "city",
    "person",
    "id",
    "time",
    "date",
    "film",
    "artist",
    "email",
    "company",
    "server",
    "project",
    "goods",
)


def _scalar(source: Source) -> Any:
    """Return a value of a result's key."""
    rng = source.rng
    chance = rng.random()
    if chance < 0.3:
        return rng.randrange(10 ** rng.randrange(1, 6)) * (-1 if rng.random() < 0.06 else 1)
    if chance < 0.42:
        return rng.randrange(1, 10 ** rng.randrange(2, 5)) / (10 if rng.random() < 0.6 else 100)
    if chance < 0.52:
        return rng.random() < 0.5
    if chance < 0.72:
        return source.wording(_STATES)
    if chance < 0.76:
        return source.draw(made_up_word)
    if chance < 0.77:
        return None
    return KINDS[source.wording(_STRING_KINDS)](source)[1]


def _list(source: Source) -> list[Any]:
    count = source.rng.randrange(1, 5)
    kind = source.wording(("city", "person", "word", "film", "goods", "number"))
    if kind == "number":
        return [source.rng.randrange(1000) for _ in range(count)]
    return [KINDS[kind](source)[1] for _ in range(count)]


def _key(source: Source) -> str:
    if source.chance(0.12):
        return source.draw(made_up_word)
    key = source.wording(_KEYS)
    if source.chance(0.08):
        key = f"{source.draw(made_up_word)}_{key}"
    return key


def result(source: Source) -> Any:
    """Return what a tool might give back, as it stands in JSON: an object most times."""
    chance = source.rng.random()
    if chance < 0.08:
        return {"error": source.wording(_ERRORS) if source.chance(0.7) else f"no {source.draw(made_up_word)}"}
    if chance < 0.16:
        return plain(source)
    if chance < 0.2:
        return _scalar(source)
    if chance < 0.23:
        return _list(source)
    count = 1 + int(source.rng.random() ** 1.5 * 5)
    return {_key(source): _list(source) if source.chance(0.1) else _scalar(source) for _ in range(count)}


def plain(source: Source) -> str:
    """Return a result that is a text."""
    text = source.wording(_TEXTS)
    if "{" not in text:
        return text
    return text.format(
        number=source.rng.randrange(100),
        state=source.wording(_STATES),
        city=KINDS["city"](source)[0],
        id=KINDS["id"](source)[0],
        person=KINDS["person"](source)[0],
        time=KINDS["time"](source)[0],
        word=source.draw(made_up_word),
    )


def as_content(rng: random.Random, value: Any) -> str:
    """Return a result as a tool message's content: a text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    chance = rng.random()
    if chance < 0.75:
        return json.dumps(value, ensure_ascii=False)
    if chance < 0.9:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(value, ensure_ascii=False, indent=2)


def value_words(value: Any) -> str:
    """Return a value as it is said."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return joined([value_words(item) for item in value]) if value else "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def joined(pieces: list[str]) -> str:
    """Return pieces as "a, b and c"."""
    return pieces[0] if len(pieces) == 1 else f"{', '.join(pieces[:-1])} and {pieces[-1]}"


def restated(value: Any) -> str:
    """Return the sentence that tells a result."""
    if isinstance(value, dict):
        if set(value) == {"error"}:
            return f"That did not work: {value_words(value['error'])}"
        facts = [
            f"the {key_words(key)} {'are' if isinstance(item, list) else 'is'} {value_words(item)}"
            for key, item in value.items()
        ]
        text = joined(facts)
        return f"{text[0].upper()}{text[1:]}" + ("" if text[-1] in ".!?" else ".")
    return value_words(value)
