"""Material for any ability: made-up words and names, and lines that look like English.

Everything comes from a plain random generator; who holds what out is the caller's business.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from . import vocabulary

T = TypeVar("T")

_STARTS = vocabulary.words(
    """b c d f g h j k l m n p r s t v w z b c d f g h k l m n p r s t b c d f g h k l m n p r s t
    bl br ch cl cr dr fl fr gl gr kn pl pr qu sc sh sk sl sn sp st str sw th tr tw wh x y"""
)
_VOWELS = vocabulary.words("a e i o u a e i o u a e i o u a e i o u ai au ea ee ie oa oo ou y")
_ENDS = vocabulary.words("b d g k l m n n p r r s t x ck ff ll lt mp nd ng nk nt rd rk rn rt sh sk ss st th")
_SHARE_CLOSED = 0.4  # of all syllables: the others end in their vowel
_SYLLABLES = (1, 2, 2, 2, 2, 3, 3, 3, 4)


def pick(rng: random.Random, choices: Sequence[T]) -> T:
    """Return one of the choices; several times as fast as `rng.choice`."""
    return choices[int(rng.random() * len(choices))]


def made_up_word(rng: random.Random, syllables: int | None = None) -> str:
    """Return a word that nobody has heard, in lower case, of 3 letters or more."""
    word = ""
    for _ in range(syllables or pick(rng, _SYLLABLES)):
        word += pick(rng, _STARTS) + pick(rng, _VOWELS)
        if rng.random() < _SHARE_CLOSED:
            word += pick(rng, _ENDS)
        if len(word) > 8:
            break
    return word if len(word) > 2 else word + pick(rng, "bdgklmnprst")


def made_up_name(rng: random.Random) -> str:
    """Return a made-up word, capitalised."""
    return made_up_word(rng).capitalize()


def plural(noun: str) -> str:
    """Return the plural of a noun that forms it by the rules; irregular ones come out wrong."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def _a(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


def _thing(rng: random.Random) -> str:
    which = rng.random()
    noun = pick(rng, vocabulary.NOUNS)
    if which < 0.2:
        return pick(rng, vocabulary.FIRST_NAMES)
    if which < 0.4:
        return "the " + noun
    if which < 0.5:
        return _a(noun)
    if which < 0.65:
        return f"the {pick(rng, vocabulary.ADJECTIVES)} {noun}"
    if which < 0.75:
        return _a(f"{pick(rng, vocabulary.ADJECTIVES)} {noun}")
    if which < 0.85:
        return f"{pick(rng, ('my', 'your', 'his', 'her', 'our', 'their'))} {noun}"
    if which < 0.92:
        return f"{int(rng.random() * 98) + 2} {plural(noun)}"
    return pick(rng, ("it", "everyone", "nobody", "something", "this", "that", pick(rng, vocabulary.IDEAS)))


def _where(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return f"in {pick(rng, vocabulary.PLACES)}"
    return f"{pick(rng, vocabulary.PREPOSITIONS)} {_thing(rng)}"


def _doing(rng: random.Random) -> str:
    return f"{_thing(rng)} {pick(rng, vocabulary.TRANSITIVE)[1]} {_thing(rng)}"


def _being(rng: random.Random) -> str:
    who, being = _thing(rng), pick(rng, ("was", "was", "was not", "became", "seemed"))
    if who[0].isdigit():
        being = being.replace("was", "were")
    return f"{who} {being} {pick(rng, vocabulary.ADJECTIVES)}"


def _staying(rng: random.Random) -> str:
    return f"{_thing(rng)} {pick(rng, vocabulary.INTRANSITIVE)[1]} {_where(rng)}"


def _saying(rng: random.Random) -> str:
    who = pick(rng, ("I", "we", "you", "they"))
    return f"{who} {pick(rng, vocabulary.TRANSITIVE)[0]} {_thing(rng)} {_where(rng)}"


def _will(rng: random.Random) -> str:
    mood = pick(rng, ("will", "can", "may", "must", "should", "did not", "didn't", "can't", "won't"))
    return f"{_thing(rng)} {mood} {pick(rng, vocabulary.TRANSITIVE)[0]} {_thing(rng)}"


def _hurrying(rng: random.Random) -> str:
    return f"{_thing(rng)} {pick(rng, vocabulary.INTRANSITIVE)[1]} {pick(rng, vocabulary.ADVERBS)}"


_CLAUSES: tuple[Callable[[random.Random], str], ...] = (_doing, _being, _staying, _saying, _will, _hurrying)
_JOINTS = (", and ", ", but ", " because ", " while ", " when ", " before ", ", so ", " although ", "; ")
_ASIDES = ("Yesterday, ", "In the end, ", "Once upon a time ", "Of course ", "Maybe ", "Sometimes ", "Last year, ")
_STOPS = (".",) * 12 + ("!", "?", "...")


def sentence(rng: random.Random) -> str:
    """Return one sentence that looks like English, capitalised and with a stop, of about 20 to 120 characters."""
    text = pick(rng, _CLAUSES)(rng)
    if rng.random() < 0.25:
        text += pick(rng, _JOINTS) + pick(rng, _CLAUSES)(rng)
    if rng.random() < 0.15:
        text = pick(rng, _ASIDES) + text
    return text[0].upper() + text[1:] + pick(rng, _STOPS)
