"""Values of arguments: how each kind is said in a sentence and what it is in JSON.

A kind's function draws a text and a value from a `Source`; what names something (cities, people) is material,
small closed sets (units, weekdays, colours) are wording. It knows nothing of tools.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from ..exercise import Source
from ..material import vocabulary
from ..material.made_up import pick
from . import words

Value = tuple[str, Any]
Draw = Callable[[Source], Value]


def made_up_word(rng: random.Random) -> str:
    """Return a word nobody knows, in lower case."""
    syllables = 2 if rng.random() < 0.7 else 3
    return "".join(pick(rng, words.ONSETS) + pick(rng, words.VOWELS) for _ in range(syllables)) + pick(
        rng, words.CODAS
    )


def _same(make: Callable[[random.Random], str]) -> Draw:
    """Return a kind whose value is its text, split by it."""

    def draw(source: Source) -> Value:
        text = source.draw(make)
        return text, text

    return draw


def _closed(choices: Sequence[str]) -> Draw:
    """Return a kind of few words, without a split."""

    def draw(source: Source) -> Value:
        text = source.wording(choices)
        return text, text

    return draw


def _of(choices: Sequence[str], made_up: float = 0.15) -> Callable[[random.Random], str]:
    """Return what draws a word of a list, or in that share a made-up name."""

    def make(rng: random.Random) -> str:
        return made_up_word(rng).capitalize() if rng.random() < made_up else pick(rng, choices)

    return make


def _city(rng: random.Random) -> str:
    chance = rng.random()
    name = made_up_word(rng).capitalize() if chance > 0.75 else pick(rng, words.CITIES)
    return f"{name}, {pick(rng, words.REGIONS)}" if chance < 0.1 else name


_first_name = _of(words.FIRST_NAMES, 0.2)


def _full_name(rng: random.Random) -> str:
    return f"{_first_name(rng)} {_of(words.LAST_NAMES)(rng)}"


def _person(rng: random.Random) -> str:
    return _first_name(rng) if rng.random() < 0.7 else _full_name(rng)


def _email(rng: random.Random) -> str:
    user = _first_name(rng).lower()
    chance = rng.random()
    if chance < 0.25:
        user += "." + pick(rng, words.LAST_NAMES).lower()
    elif chance < 0.4:
        user += str(rng.randrange(100))
    host = pick(rng, words.MAIL_HOSTS) if rng.random() < 0.7 else f"{made_up_word(rng)}.com"
    return f"{user}@{host}"


def _digits(rng: random.Random, count: int) -> str:
    return str(rng.randrange(10 ** (count - 1), 10**count))


def _phone(rng: random.Random) -> str:
    form = pick(rng, ("555-{}", "+1 555 {}", "+49 {}{}", "0{} {}", "({}) {}", "{}-{}"))
    return form.format(_digits(rng, 3 if form.count("{}") == 2 else 4), _digits(rng, 4))


def _time(rng: random.Random) -> str:
    hour, minute = rng.randrange(1, 13), pick(rng, ("00", "15", "30", "45", "05", "10", "20", "40", "50"))
    return pick(
        rng,
        (
            f"{rng.randrange(24)}:{minute}",
            f"{rng.randrange(24):02}:{minute}",
            f"{hour}:{minute}",
            f"{hour} am",
            f"{hour} pm",
            f"{hour}pm",
            f"{hour}am",
            f"{hour}:{minute} pm",
            f"{hour}:{minute} am",
            f"{hour} o'clock",
            "noon",
            "midnight",
        ),
    )


def _date(rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.3:
        return pick(rng, words.WEEKDAYS)
    if chance < 0.4:
        return "next " + pick(rng, words.WEEKDAYS)
    day, month, year = rng.randrange(1, 29), int(rng.random() * 12), rng.randrange(2020, 2031)
    name = words.MONTHS[month]
    return pick(
        rng,
        (
            f"{year}-{month + 1:02}-{day:02}",
            f"{year}-{month + 1:02}-{day:02}",
            f"{name} {day}",
            f"{day} {name}",
            f"{name} {day}, {year}",
            f"{day}.{month + 1}.{year}",
            f"{month + 1}/{day}/{year}",
        ),
    )


def _day(source: Source) -> Value:
    # Words for near days are few; they are shared.
    text = source.wording(("today", "tomorrow", "tomorrow")) if source.chance(0.25) else source.draw(_date)
    return text, text


def _when(source: Source) -> Value:
    """Return a time or a day or both, said with its preposition and passed without."""
    chance = source.rng.random()
    if chance < 0.4:
        time = source.draw(_time)
        return f"at {time}", time
    if chance < 0.55:
        date = source.draw(_date)
        return f"on {date}", date
    if chance < 0.65:
        text = source.wording(("today", "tomorrow", "tonight", "tomorrow morning", "this evening"))
    elif chance < 0.9:
        text = source.draw(
            lambda rng: f"{pick(rng, ('today', 'tomorrow', 'tomorrow', _date(rng)))} at {_time(rng)}"
        )
    else:
        text = source.draw(lambda rng: f"in {rng.randrange(2, 90)} minutes")
    return text, text


def _identifier(rng: random.Random) -> str:
    letters = "ABCDEFGHKLMNPRSTUVWXYZ"
    chance = rng.random()
    if chance < 0.35:
        return f"{pick(rng, letters)}-{_digits(rng, rng.randrange(3, 6))}"
    if chance < 0.6:
        return f"{pick(rng, letters)}{pick(rng, letters)}-{_digits(rng, rng.randrange(2, 6))}"
    if chance < 0.8:
        return f"{pick(rng, letters)}{_digits(rng, rng.randrange(2, 5))}"
    return _digits(rng, rng.randrange(3, 7))


def _film(rng: random.Random) -> str:
    first, second = pick(rng, words.FILM_WORDS_A), pick(rng, words.FILM_WORDS_B)
    return pick(rng, (f"The {first} {second}", f"{first} {second}", f"{second} of {pick(rng, words.CITIES)}"))


def _venue(rng: random.Random) -> str:
    name = _first_name(rng)
    return pick(
        rng,
        (
            f"{name}'s",
            f"Chez {name}",
            f"Hotel {name}",
            f"Café {name}",
            f"The {pick(rng, words.FILM_WORDS_A)} {pick(rng, words.FILM_WORDS_B)}",
            f"Trattoria {name}",
            name,
        ),
    )


def fill(rng: random.Random, pattern: str) -> str:
    """Return a message's pattern with its blanks filled."""
    if "{" not in pattern:
        return pattern
    return pattern.format(
        person=_first_name(rng),
        thing=pick(rng, words.THINGS),
        time=_time(rng),
        day=pick(rng, words.WEEKDAYS),
        place=pick(rng, words.CITIES),
        number=rng.randrange(2, 60),
    )


def _message(rng: random.Random) -> str:
    text = fill(rng, pick(rng, words.MESSAGES))
    chance = rng.random()
    if chance < 0.2:
        text = f"{text} and {fill(rng, pick(rng, words.MESSAGES))}"
    elif chance < 0.25:
        text = f"{made_up_word(rng)} {made_up_word(rng)}"
    return text[0].upper() + text[1:] if rng.random() < 0.3 else text


def _topic(rng: random.Random) -> str:
    chance = rng.random()
    thing = pick(rng, words.THINGS)
    if chance < 0.3:
        return f"{pick(rng, words.ADJECTIVES)} {thing}"
    if chance < 0.45:
        return f"{pick(rng, words.ADJECTIVES)} {thing} in {pick(rng, words.CITIES)}"
    if chance < 0.6:
        return f"how to {pick(rng, words.ACTIVITIES)}"
    if chance < 0.7:
        return f"{pick(rng, words.FIRST_NAMES)} {pick(rng, words.LAST_NAMES)}"
    if chance < 0.8:
        return f"the history of {thing}"
    if chance < 0.9:
        return f"{thing} and {pick(rng, words.THINGS)}"
    return f"{made_up_word(rng)} {thing}"


def _file(rng: random.Random) -> str:
    name = f"{pick(rng, words.FILE_STEMS)}{pick(rng, ('', '', '_' + _digits(rng, 2), '-final', '_v2'))}"
    name = f"{name}.{pick(rng, words.FILE_ENDS)}"
    folder = f"{pick(rng, words.FOLDERS)}/" if rng.random() < 0.3 else ""
    return f"{'/' if folder and rng.random() < 0.5 else ''}{folder}{name}"


def _folder(rng: random.Random) -> str:
    below = pick(rng, ("", "", "/" + made_up_word(rng)))
    return f"{pick(rng, ('/', '', '~/', '/home/'))}{pick(rng, words.FOLDERS)}{below}"


def _server(rng: random.Random) -> str:
    which = (_digits(rng, 1), _digits(rng, 2), "prod", "test", made_up_word(rng))
    return f"{pick(rng, words.SERVERS)}-{pick(rng, which)}"


def _project(rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.4:
        return f"{pick(rng, words.FIRST_NAMES).lower()}/{pick(rng, words.PROJECTS)}"
    return made_up_word(rng) if chance < 0.6 else f"{pick(rng, words.PROJECTS)}-{made_up_word(rng)}"


def _url(rng: random.Random) -> str:
    host = (
        pick(rng, ("www.", "", "shop.", "blog.")) + made_up_word(rng) + pick(rng, (".com", ".org", ".net", ".io"))
    )
    page = pick(rng, ("", "", "/" + made_up_word(rng)))
    return pick(rng, ("https://", "https://", "http://", "www.")) + host.removeprefix("www.") + page


def _expression(rng: random.Random) -> str:
    terms = [_digits(rng, rng.randrange(1, 5)) for _ in range(2 if rng.random() < 0.75 else 3)]
    gap = pick(rng, (" ", " ", ""))
    text = terms[0]
    for term in terms[1:]:
        text += f"{gap}{pick(rng, '+-*/+*')}{gap}{term}"
    return text


def _username(rng: random.Random) -> str:
    return f"{made_up_word(rng)}{pick(rng, ('', _digits(rng, 2), '_' + made_up_word(rng)))}"


def _event(rng: random.Random) -> str:
    text = pick(rng, words.EVENTS)
    chance = rng.random()
    if chance < 0.25:
        text = f"{text} with {_first_name(rng)}"
    return text[0].upper() + text[1:] if 0.2 < chance < 0.5 else text


def _task(rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.6:
        return pick(rng, words.TASKS)
    verb = pick(rng, ("buy", "call", "text", "write to", "check", "order", "meet", "clean", "sell", "look for"))
    if verb in ("call", "text", "write to", "meet"):
        return f"{verb} {_first_name(rng)}"
    return f"{verb} {pick(rng, ('the', 'some', 'new'))} {pick(rng, words.THINGS)}"


def _sql(rng: random.Random) -> str:
    table = pick(rng, ("customers", "orders", "products", "users", "invoices", made_up_word(rng)))
    what = pick(rng, ("*", "name", "id, name", "count(*)", "email"))
    where = pick(rng, ("", "", f" WHERE id = {rng.randrange(1000)}", f" LIMIT {rng.randrange(1, 100)}"))
    return f"SELECT {what} FROM {table}{where}"  # noqa: S608 -- never run


def _version(rng: random.Random) -> str:
    return pick(rng, ("", "v")) + ".".join(str(rng.randrange(20)) for _ in range(pick(rng, (2, 3))))


_NUMBER_WORDS = vocabulary.words("zero one two three four five six seven eight nine ten eleven twelve")


def number(low: int, high: int) -> Draw:
    """Return the kind of whole numbers in these bounds; small ones are sometimes written as words."""

    def draw(source: Source) -> Value:
        value = low + int(source.rng.random() * (high - low + 1))
        if 2 <= value <= 12 and source.chance(0.08):
            return _NUMBER_WORDS[value], value
        return str(value), value

    return draw


def _money(source: Source) -> Value:
    chance = source.rng.random()
    if chance < 0.4:
        value: float = source.rng.randrange(1, 1000)
    elif chance < 0.6:
        value = source.rng.randrange(1, 100) * 10
    else:
        # Never a whole number: 12.0 is not how anybody writes it.
        places = 10 if chance < 0.75 else 100
        value = (source.rng.randrange(1, 1000) * places + source.rng.randrange(1, places)) / places
    return str(value), value


def _duration(source: Source) -> Value:
    amount = source.rng.randrange(2, 91)
    text = f"{amount} {source.wording(('minutes', 'minutes', 'seconds', 'hours', 'days'))}"
    if source.chance(0.06):
        text = source.wording(
            ("an hour", "half an hour", "1 hour", "one minute", "1 minute", "a week", "two weeks")
        )
    return text, text


def unit_pair(source: Source) -> tuple[str, str]:
    """Return two different units of the same quantity."""
    units = source.wording(words.UNITS)
    first = source.wording(units)
    while (second := source.wording(units)) == first:
        pass
    return first, second


KINDS: dict[str, Draw] = {
    "city": _same(_city),
    "country": _same(_of(words.COUNTRIES)),
    "place": _same(lambda rng: _city(rng) if rng.random() < 0.6 else _venue(rng)),
    "venue": _same(_venue),
    "person": _same(_person),
    "full_name": _same(_full_name),
    "email": _same(_email),
    "phone": _same(_phone),
    "time": _same(_time),
    "date": _day,
    "when": _when,
    "duration": _duration,
    "id": _same(_identifier),
    "film": _same(_film),
    "message": _same(_message),
    "topic": _same(_topic),
    "event": _same(_event),
    "task": _same(_task),
    "file": _same(_file),
    "folder": _same(_folder),
    "server": _same(_server),
    "project": _same(_project),
    "url": _same(_url),
    "expression": _same(_expression),
    "username": _same(_username),
    "company": _same(_of(words.COMPANIES)),
    "symbol": _same(lambda rng: pick(rng, words.SYMBOLS)),
    "artist": _same(_of(words.ARTISTS)),
    "dish": _same(_of(words.DISHES, 0.1)),
    "goods": _same(_of(words.GOODS, 0.1)),
    "team": _same(_of(words.TEAMS)),
    "pet": _same(_of(words.PETS)),
    "plant": _same(_of(words.PLANTS)),
    "word": _same(lambda rng: pick(rng, words.THINGS) if rng.random() < 0.5 else made_up_word(rng)),
    "airport": _same(lambda rng: pick(rng, words.AIRPORTS)),
    "device": _closed(words.DEVICES),
    "room": _closed(words.ROOMS),
    "color": _closed(words.COLORS),
    "language": _closed(words.LANGUAGES),
    "currency": _closed(words.CURRENCIES),
    "currency_word": _closed(words.CURRENCY_WORDS),
    "cuisine": _closed(words.CUISINES),
    "genre": _closed(words.GENRES),
    "film_genre": _closed(words.FILM_GENRES),
    "month": _closed(words.MONTHS),
    "weekday": _closed(words.WEEKDAYS),
    "money": _money,
    "sql": _same(_sql),
    "version": _same(_version),
    "unit_a": _closed(words.UNITS[0]),
    "unit_b": _closed(words.UNITS[0]),
}
# Kinds whose text may be long or end anyhow: nothing is said after them unless they are in quotes.
FREE_TEXT = frozenset({"message", "topic", "event", "task"})
# Kinds of which somebody may ask for two at once, or for another one next.
REPEATABLE = frozenset({"city", "country", "company", "symbol", "room", "person", "team", "id", "word", "film"})
