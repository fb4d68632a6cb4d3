"""Lines of every kind: prose, names, numbers, code, other scripts, emoji, noise.

A line has 1 to 200 characters, none of them a line break, and no space or quotation mark at either end.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from . import characters, vocabulary
from .made_up import made_up_name, made_up_word, pick, sentence

_LONGEST = 200
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ALPHANUMERIC = _LETTERS + _LETTERS.upper() + "0123456789"
_ENDS = " \t\"'`“”„«»"

Make = Callable[[random.Random], str]


def _count(rng: random.Random, most: int) -> int:
    """Return a number from 1, small ones being more frequent."""
    return 1 + int(rng.random() * rng.random() * most)


def _word(rng: random.Random) -> str:
    return pick(rng, vocabulary.WORDS)


def _phrase(rng: random.Random) -> str:
    text = " ".join(pick(rng, vocabulary.WORDS) for _ in range(1 + _count(rng, 14)))
    return text if rng.random() < 0.7 else text[0].upper() + text[1:] + pick(rng, ".!?")


def _sentences(rng: random.Random) -> str:
    return " ".join(sentence(rng) for _ in range(2 + int(rng.random() * 2)))


def _small_sentence(rng: random.Random) -> str:
    text = sentence(rng).rstrip(".!?")
    return text[0].lower() + text[1:]


def _made_up(rng: random.Random) -> str:
    return " ".join(made_up_word(rng) for _ in range(_count(rng, 12)))


def _greeting(rng: random.Random) -> str:
    name = pick(rng, vocabulary.FIRST_NAMES) if rng.random() < 0.7 else made_up_name(rng)
    return pick(
        rng,
        (
            *(f"Hello, {name}!", f"Hi {name}", f"Good morning, {name}.", f"My name is {name}.", f"I am {name}."),
            *(
                f"Dear {name},",
                f"hello {name}",
                f"{name} is my friend.",
                f"Thank you, {name}!",
                f"Where is {name}?",
            ),
            *("Hello, world!", "hello world", "Hello World", "hello", "hi", "this is a test", "This is a test."),
            *(
                "The quick brown fox jumps over the lazy dog.",
                "Testing, testing, 1, 2, 3.",
                "Lorem ipsum dolor sit amet",
            ),
        ),
    )


def _quotation(rng: random.Random) -> str:
    name, said = pick(rng, vocabulary.FIRST_NAMES), pick(rng, (sentence, _word, _word, _phrase))(rng).rstrip(".!?")
    mark = pick(rng, ('"', '"', "'"))
    return pick(
        rng,
        (
            *(f"{name} said {mark}{said}{mark} and left.", f"I said {mark}{said}{mark}, {name}."),
            *(
                f"It's {name}'s {said}.",
                f"I don't know, {name}; that's the {said}.",
                f"We're here, {said}, aren't we?",
            ),
        ),
    )


def _names(rng: random.Random) -> str:
    return ", ".join(
        f"{pick(rng, vocabulary.FIRST_NAMES)} {pick(rng, vocabulary.LAST_NAMES)}"
        if rng.random() < 0.6
        else made_up_name(rng)
        for _ in range(_count(rng, 6))
    )


def _noise(rng: random.Random) -> str:
    return "".join(pick(rng, _ALPHANUMERIC) for _ in range(_count(rng, 60)))


def _punctuated_noise(rng: random.Random) -> str:
    alphabet = _ALPHANUMERIC + characters.PUNCTUATION * 2 + "    \"'`"
    return "".join(pick(rng, alphabet) for _ in range(_count(rng, 60)))


def _digits(rng: random.Random) -> str:
    return "".join(pick(rng, "0123456789") for _ in range(_count(rng, 40)))


def _numbers(rng: random.Random) -> str:
    between = pick(rng, (", ", " ", ",", "-", "; ", " + ", "/", " | "))
    return between.join(str(int(rng.random() * 10 ** (1 + int(rng.random() * 5)))) for _ in range(_count(rng, 14)))


def _hexadecimal(rng: random.Random) -> str:
    return "-".join(
        "".join(pick(rng, "0123456789abcdef") for _ in range(n)) for n in pick(rng, ((8,), (8, 4, 4, 4, 12)))
    )


def _record(rng: random.Random) -> str:
    one, two, three = made_up_word(rng), _word(rng), _word(rng)
    a, b, c = int(rng.random() * 10), int(rng.random() * 60), int(rng.random() * 1000)
    return pick(
        rng,
        (
            *(
                f"https://www.{one}.com/{two}/{three}?id={c}",
                f"http://{one}.org",
                f"https://{two}.{one}.net/{three}.html",
            ),
            *(
                f"{two}@{one}.com",
                f"{one}.{two}@{three}.org",
                f"/home/{one}/{two}/{three}.txt",
                f"C:\\{two}\\{one}.exe",
            ),
            *(
                f"{1900 + c // 8}-{1 + a:02}-{1 + b // 3:02}",
                f"{8 + a}:{b:02}",
                f"{a}:{b:02} pm",
                f"+{a}{b} {c} {b}{a}{c}",
            ),
            *(
                f"${c}.{b:02}",
                f"{c}.{b} km",
                f"{b}%",
                f"{a}.{b}.{c}",
                f"192.168.{a}.{b}",
                f"#{one} #{two}",
                f"@{one}",
            ),
            *(f"{two.capitalize()}: {c}", f"{two}={c}", f"{b} {two} and {a} {three}", f"{two}, {three} & {one}"),
        ),
    )


def _code(rng: random.Random) -> str:
    one, two, three = made_up_word(rng, 1), _word(rng), _word(rng)
    number = int(rng.random() * 100)
    return pick(
        rng,
        (
            *(
                f"print({two})",
                f'print("{two} {three}")',
                f"{one} = {two} + {number}",
                f"for {one} in range({number}):",
            ),
            *(
                f"def {two}({one}, {three}): return {one} * {number}",
                f"if {two} == {number}: {three}()",
                f"import {two}",
            ),
            *(
                f"const {one} = {number};",
                f"let {two} = [{number}, {one}];",
                f"console.log('{two}');",
                f"return {two}[{number}]",
            ),
            *(
                f'{{"{two}": "{three}", "{one}": {number}}}',
                f"[{number}, {number + 1}, null]",
                f"<p>{two} {three}</p>",
            ),
            *(
                f'<a href="{one}.html">{two}</a>',
                f"<{two}/>",
                f"CREATE TABLE {two} ({three} TEXT, {one} INT);",
            ),
            *(f"git commit -m '{two} {three}'", f"ls -la {two}/ | grep {one}", f"cd ../{two} && make {three}"),
            *(
                f"int {one} = {number}; /* {two} */",
                f"{one}->{two}({three});",
                f"while ({two} < {number}) {{ {two}++; }}",
            ),
            *(
                f"x_{number} := {two}!",
                f"lambda {one}: {two}({one})",
                f"# {two} {three}",
                f"// {two}",
                f"&{two}::{three}",
            ),
            *(
                f"**{two}** and _{three}_",
                f"- [ ] {two} {three}",
                f"## {two.capitalize()}",
                f"$x^2 + {number}$",
                f"`{two}`!",
            ),
            *(
                f"{two.upper()}_{three.upper()}={number}",
                f"{two}_{three}",
                f"{two}{three.capitalize()}",
                f"{two}-{three}-{one}",
            ),
        ),
    )


def _accented(rng: random.Random) -> str:
    return " ".join(pick(rng, vocabulary.ACCENTED) for _ in range(_count(rng, 8)))


def _script(rng: random.Random) -> str:
    script = pick(rng, characters.SCRIPTS)
    return " ".join(pick(rng, script) for _ in range(_count(rng, 9))) + pick(rng, ("", "", "", "!", ".", "?"))


def _code_points(rng: random.Random) -> str:
    low, high = pick(rng, characters.RANGES)
    return "".join(chr(low + int(rng.random() * (high - low + 1))) for _ in range(_count(rng, 16)))


def _symbols(rng: random.Random) -> str:
    between = pick(rng, ("", "", " "))
    return between.join(pick(rng, characters.SYMBOLS) for _ in range(_count(rng, 12)))


def _emoji(rng: random.Random) -> str:
    between = pick(rng, ("", "", " "))
    return between.join(pick(rng, characters.EMOJI) for _ in range(_count(rng, 12)))


def _flags(rng: random.Random) -> str:
    """Return flags, also of countries that there aren't: any two regional indicators."""
    return "".join(chr(0x1F1E6 + int(rng.random() * 26)) for _ in range(2 * _count(rng, 6)))


def _with_emoji(rng: random.Random) -> str:
    text = sentence(rng) if rng.random() < 0.6 else _word(rng)
    text += pick(rng, (" ", " ", "")) + pick(rng, characters.EMOJI)
    return text if rng.random() < 0.7 else pick(rng, characters.EMOJI) + " " + text


def _repeated(rng: random.Random) -> str:
    which = rng.random()
    if which < 0.35:
        return pick(rng, _ALPHANUMERIC + characters.PUNCTUATION) * (2 + _count(rng, 30))
    if which < 0.6:
        return pick(rng, ("ha", "la", "na", "bla", "ab", "xyz", "no", "10", "abc", "-=", "?!")) * (
            2 + _count(rng, 12)
        )
    if which < 0.7:
        return pick(rng, characters.EMOJI) * (2 + _count(rng, 8))
    word = _word(rng) if rng.random() < 0.6 else made_up_word(rng)
    return pick(rng, (" ", " ", ", ")).join([word] * (2 + _count(rng, 8)))


def _stretched(rng: random.Random) -> str:
    word = _word(rng)
    at = int(rng.random() * len(word))
    return word[:at] + word[at] * (2 + _count(rng, 8)) + word[at + 1 :] + pick(rng, ("", "!", "!!!", "..."))


def _letters_apart(rng: random.Random) -> str:
    return pick(rng, (" ", "-", ".", ", ")).join(_word(rng))


def _shouted(rng: random.Random) -> str:
    return pick(rng, _PROSE)(rng).upper()


def _titled(rng: random.Random) -> str:
    return " ".join(word.capitalize() for word in _phrase(rng).split())


def _mocking(rng: random.Random) -> str:
    return "".join(letter.upper() if rng.random() < 0.5 else letter for letter in _small_sentence(rng))


def _mixed(rng: random.Random) -> str:
    return pick(rng, (" ", " ", ", ", ": ", " - ")).join(pick(rng, _MAKERS)(rng) for _ in range(2))


_PROSE: tuple[Make, ...] = (sentence, _phrase, _small_sentence)
_MAKERS: tuple[Make, ...] = (
    *[sentence] * 14,
    *[_small_sentence] * 6,
    *[_phrase] * 7,
    *[_word] * 5,
    *[_made_up] * 7,
    *[_sentences] * 3,
    *[_greeting] * 4,
    *[_names] * 2,
    *[_quotation] * 3,
    *[_noise] * 4,
    *[_punctuated_noise] * 4,
    *[_digits] * 3,
    *[_numbers] * 3,
    *[_record] * 4,
    *[_code] * 5,
    *[_accented] * 4,
    *[_script] * 9,
    *[_code_points] * 6,
    *[_emoji] * 4,
    _flags,
    *[_with_emoji] * 3,
    *[_repeated] * 4,
    *[_shouted] * 3,
    _symbols,
    _hexadecimal,
    _stretched,
    _letters_apart,
    _titled,
    _mocking,
)
_SHARE_MIXED = 0.08


def line(rng: random.Random) -> str:
    """Return a line."""
    while True:
        text = _mixed(rng) if rng.random() < _SHARE_MIXED else pick(rng, _MAKERS)(rng)
        if text := text[:_LONGEST].strip(_ENDS):
            return text


def short_line(rng: random.Random) -> str:
    """Return a line of prose without marks inside: letters, digits and spaces."""
    while True:
        text = pick(rng, (_word, _word, made_up_word, _phrase, _small_sentence))(rng).rstrip(".!?")
        if text.replace(" ", "").isalnum():
            return text
