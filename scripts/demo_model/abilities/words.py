"""What letters a word is made of: capitals, reversed words, lengths, spelling, order.

Half of the words are made up, so that the letters of any piece of text are learned and not only those of the words
in the list. A word is held out in all these abilities alike.
"""

from __future__ import annotations

import random

from ..exercise import Ability, Exercise, Source, ask
from ..material.made_up import made_up_word, pick, sentence
from ..material.vocabulary import ACCENTED, FIRST_NAMES, LAST_NAMES, PALINDROMES, PLACES, WORDS
from ..wording import frames
from ..wording.frames import phrases

_LONGEST_MADE_UP = 12
_LONGEST_FREE = 3  # letters of a word that may stand in any phrase

# {} is the word, marked as one or not.
_MARKS = phrases("""
8* "{}" | 4* '{}' | 9* {} | “{}” | `{}` | *{}* | **{}**
""")
_MARKS_OF_PHRASE = phrases("""
6* "{}" | 2* '{}' | “{}” | `{}`
""")
_CALLED = phrases("""
8* {} | 5* the word {} | this word: {} | the following word: {} | the term {}
""")

_UPPER = phrases("""
upper case | uppercase | upper-case | capital letters | capitals | all caps | all capitals | caps
upper case letters | uppercase letters | block letters | big letters | block capitals | UPPERCASE | CAPS
""")
_LOWER = phrases("""
2* lower case | 2* lowercase | lower-case | small letters | lower case letters | lowercase letters
all lower case | all lowercase | little letters | only small letters
""")
_TO_CASE = phrases("""
2* write {w} in {c} | 2* convert {w} to {c} | put {w} in {c} | turn {w} into {c} | change {w} to {c}
make {w} {c} | print {w} in {c} | give me {w} in {c} | type {w} in {c} | say {w} in {c} | transform {w} to {c}
rewrite {w} in {c} | show {w} in {c} | translate {w} to {c} | use {c} for {w}
write in {c}: {w} | convert to {c}: {w} | to {c}: {w} | in {c}: {w} | change to {c}: {w}
""")
_ASK_CASE = phrases("""
what is {w} in {c} | what's {w} in {c} | how do you write {w} in {c} | what does {w} look like in {c}
how is {w} written in {c} | how do I write {w} in {c} | how would you write {w} in {c}
""")
_UPPER_ONLY = (
    "capitalize every letter of {w}",
    "uppercase {w}",
    "capitalize all letters in {w}",
    "shout {w}",
    "uppercase: {w}",
)
_LOWER_ONLY = (
    "lowercase {w}",
    "lower {w}",
    "remove the capitals from {w}",
    "lowercase: {w}",
    "make every letter of {w} small",
)
_REVERSE = phrases("""
5* reverse {w} | 2* write {w} backwards | spell {w} backwards | say {w} backwards | flip {w}
write {w} in reverse | reverse the letters of {w} | reverse the letters in {w} | spell {w} in reverse
turn {w} around | write {w} from right to left | write {w} from back to front | print {w} backwards
reverse the order of the letters in {w} | give me {w} backwards | write the letters of {w} in reverse order
write {w} backward | invert {w} | mirror {w} | reverse: {w} | backwards: {w} | give me the reverse of {w}
reverse the string {w} | type {w} backwards | return {w} reversed | read {w} backwards | spell {w} backward
""")
_ASK_REVERSE = phrases("""
what is {w} backwards | what is {w} spelled backwards | what's {w} backwards | what is {w} reversed
how do you spell {w} backwards | what is the reverse of {w} | how do you write {w} backwards
what does {w} read backwards | what do you get if you reverse {w} | what is {w} in reverse
how is {w} spelled backwards | what is {w} written backwards
""")
_ASK_LENGTH = phrases("""
3* how many letters does {w} have | 3* how many letters are in {w} | how many letters are there in {w}
how many letters in {w} | how many letters has {w} | how long is {w} | how many characters does {w} have
what is the length of {w} | what's the length of {w} | how many letters is {w}
what is the number of letters in {w} | how many characters are in {w} | of how many letters does {w} consist
how many letters do you need to write {w} | how many letters make up {w} | how many letters does {w} contain
how many characters long is {w} | how many letters long is {w}
""")
_LENGTH = phrases("""
2* count the letters in {w} | count the letters of {w} | give me the number of letters in {w}
count how many letters {w} has | find the length of {w} | count the characters in {w} | give the length of {w}
tell me how many letters {w} has | tell me the number of letters in {w} | tell me how many letters are in {w}
determine the length of {w} | calculate the length of {w} | say how many letters {w} has
""")
_SPELL = phrases("""
4* spell {w} | spell out {w} | spell {w} out | spell {w} letter by letter | spell {w} for me
write {w} letter by letter | say the letters of {w} | list the letters of {w} | list the letters in {w}
spell {w} with dashes | separate the letters of {w} with dashes | split {w} into letters | break {w} into letters
spell: {w}
""")
_ASK_SPELL = (
    "how do you spell {w}",
    "how is {w} spelled",
    "how do I spell {w}",
    "what letters are in {w}",
    "how does one spell {w}",
)
_ASK_LETTER = phrases("""
what is the {n} letter of {w} | what is the {n} letter in {w} | which letter is the {n} in {w}
what's the {n} letter of {w} | which is the {n} letter of {w} | what {n} letter does {w} have
""")
_LETTER = (
    "give me the {n} letter of {w}",
    "tell me the {n} letter of {w}",
    "name the {n} letter of {w}",
    "find the {n} letter in {w}",
)
_BEGINS = phrases("""
what letter does {w} start with | which letter does {w} begin with | with which letter does {w} start
""")
_ENDS = ("what letter does {w} end with", "which letter does {w} end in", "with which letter does {w} end")
_ORDINALS = phrases("""
first | second | third | fourth | fifth | sixth
""")
_ASK_OCCURRENCES = phrases("""
how many {l} are in {w} | how many {l} are there in {w} | how many {l} does {w} have | how many {l} in {w}
how many {l} does {w} contain | how many {l} can you find in {w} | what is the number of {l} in {w}
""")
_ASK_OFTEN = phrases("""
how often does {l} occur in {w} | how often is {l} in {w} | how many times does {l} appear in {w}
how many times does {l} occur in {w} | how many times is {l} in {w} | how often does {l} appear in {w}
how many times does the letter {l} appear in {w} | how often does the letter {l} occur in {w}
""")
_OCCURRENCES = ("count the {l} in {w}", "count how many {l} are in {w}", "count the number of {l} in {w}")
_ASK_PALINDROME = phrases("""
2* is {w} a palindrome | is the word {w} a palindrome | does {w} read the same backwards
is {w} the same forwards and backwards | is {w} the same when reversed | would you call {w} a palindrome
""")
_SORT = phrases("""
sort {} | sort {} alphabetically | put {} in alphabetical order | sort these words: {} | order {} alphabetically
arrange {} in alphabetical order | alphabetize {} | sort these words alphabetically: {} | sort the words {}
put these words in alphabetical order: {} | list {} in alphabetical order | sort alphabetically: {} | sort: {}
""")
_ASK_FIRST = (
    *("which comes first in the alphabet, {} or {}", "which word comes first in the dictionary, {} or {}"),
    *("which comes first alphabetically, {} or {}", "which is first in alphabetical order, {} or {}"),
)
_ASK_LONGER = ("which word is longer, {} or {}", "which is longer, {} or {}", "which is the longer word, {} or {}")
# Of questions for how often a letter occurs: those for the most frequent one, and for one that may be absent.
_SHARE_MOST_FREQUENT, _SHARE_ABSENT = 0.45, 0.1


def _word(rng: random.Random) -> str:
    which = rng.random()
    if which < 0.4:
        return pick(rng, WORDS)
    if which < 0.9:
        return made_up_word(rng)[:_LONGEST_MADE_UP]
    return (
        pick(rng, ACCENTED) if which < 0.95 else "".join(pick(rng, "abcdefghijklmnopqrstuvwxyz") for _ in range(5))
    )


def _plain_word(rng: random.Random) -> str:
    return pick(rng, WORDS) if rng.random() < 0.5 else made_up_word(rng)[:_LONGEST_MADE_UP]


def _name(rng: random.Random) -> str:
    return pick(rng, pick(rng, (FIRST_NAMES, FIRST_NAMES, LAST_NAMES, PLACES)))


def _any_word(source: Source) -> str:
    """Return a word or a name as it is written."""
    return source.draw(_name if source.chance(0.12) else _word, str.lower)


def _any_phrase(source: Source) -> str:
    """Return some words; none of them is held out in training, except words as short as "the"."""
    while True:
        phrase = source.draw(_phrase)
        if source.held_out or all(
            source.owns(word)
            for part in phrase.lower().split()
            if len(word := part.strip(".,;!?")) > _LONGEST_FREE
        ):
            return phrase


def _phrase(rng: random.Random) -> str:
    which = rng.random()
    if which < 0.45:
        return " ".join(_word(rng) for _ in range(2 + int(rng.random() * 3)))
    if which < 0.6:
        return f"{pick(rng, ('hello', 'hi', 'good morning', 'dear', 'hey'))} {pick(rng, (_name, _word))(rng)}"
    text = sentence(rng)
    return text if which < 0.8 else text.rstrip(".!?")


def _marked(source: Source, word: str) -> str:
    if " " in word:
        return source.wording(_MARKS_OF_PHRASE).replace("{}", word)
    marked = source.wording(_MARKS).replace("{}", word)
    return source.wording(_CALLED).replace("{}", marked)


def _asked(source: Source, core: str, word: str, **fields: str) -> str:
    """Return the core of a question with a word; a colon before the word stands for what the word is called."""
    if ": {w}" in core and " " not in word:
        return core.format(w=source.wording(("{}", "{}", '"{}"')).replace("{}", word), **fields)
    return core.format(w=_marked(source, word), **fields)


def _numbered(word: str) -> str:
    return "\n".join(f"{number} {letter}" for number, letter in enumerate(word, 1))


def _to_case(source: Source, text: str, cases: tuple[str, ...], verbs: tuple[str, ...]) -> str:
    which = source.rng.random()
    if which < 0.2:
        core = _asked(source, source.wording(_ASK_CASE), text, c=source.wording(cases))
        return frames.question(source, core)
    core = source.wording(verbs if which < 0.4 else _TO_CASE)
    return frames.command(source, _asked(source, core, text, c=source.wording(cases)))


def _upper(source: Source) -> Exercise:
    text = _any_word(source) if source.chance(0.65) else _any_phrase(source)
    return Exercise(ask(_to_case(source, text, _UPPER, _UPPER_ONLY)), text.upper(), thought=_thought_of_case(text))


def _lower(source: Source) -> Exercise:
    # Drawn in small letters, so that a word is on one side of the split in whatever letters.
    text = _any_word(source) if source.chance(0.65) else _any_phrase(source)
    which = source.rng.random()
    if which < 0.65:
        text = text.upper()
    elif which < 0.8:
        text = " ".join(word.capitalize() for word in text.split())
    elif which < 0.9:
        text = "".join(letter.upper() if source.rng.random() < 0.5 else letter for letter in text)
    return Exercise(ask(_to_case(source, text, _LOWER, _LOWER_ONLY)), text.lower(), thought=_thought_of_case(text))


def _thought_of_case(text: str) -> str | None:
    return None if " " in text else "-".join(text)


def _reversed(source: Source) -> Exercise:
    word = _any_word(source)
    if source.chance(0.65):
        text = frames.command(source, _asked(source, source.wording(_REVERSE), word))
    else:
        text = frames.question(source, _asked(source, source.wording(_ASK_REVERSE), word))
    answer = word[::-1]
    thought = "-".join(word) + "\n" + "-".join(answer)
    return Exercise(ask(frames.noted(source, text)), answer, thought=thought, spelled=True)


def _length(source: Source) -> Exercise:
    word = _any_word(source)
    if source.chance(0.7):
        text = frames.question(source, _asked(source, source.wording(_ASK_LENGTH), word))
    else:
        text = frames.command(source, _asked(source, source.wording(_LENGTH), word))
    text = frames.noted(source, text, frames.NUMBER_ONLY)
    return Exercise(ask(text), str(len(word)), thought=_numbered(word))


def _spelling(source: Source) -> Exercise:
    word = _any_word(source)
    if source.chance(0.7):
        text = frames.command(source, _asked(source, source.wording(_SPELL), word))
    else:
        text = frames.question(source, _asked(source, source.wording(_ASK_SPELL), word))
    return Exercise(ask(text), "-".join(word))


def _letter(source: Source) -> Exercise:
    word, which = _any_word(source), source.rng.random()
    if which < 0.2:
        core, at = source.wording(_BEGINS), 0
    elif which < 0.4:
        core, at = source.wording(_ENDS), -1
    else:
        core = source.wording(_ASK_LETTER if which < 0.8 else _LETTER)
        at = source.wording((0, 0, -1, -1, 1, 2, 3, 4, 5))
        at = at if at < len(word) else 0
        core = core.replace("{n}", "last" if at < 0 else _ORDINALS[at])
    core = _asked(source, core, word)
    text = frames.command(source, core) if which > 0.8 else frames.question(source, core)
    return Exercise(ask(text), word[at], thought=_numbered(word))


def _occurrences(source: Source) -> Exercise:
    word = source.draw(_word)
    which = source.rng.random()
    if which < _SHARE_MOST_FREQUENT:
        letter = max(word, key=word.count)
    elif which < _SHARE_MOST_FREQUENT + _SHARE_ABSENT:
        letter = source.wording("abcdefghilmnoprstuy")
    else:
        letter = source.wording(word)
    asked = letter.upper() if letter.isascii() and source.chance(0.15) else letter
    which = source.rng.random()
    if which < 0.3:
        marked = source.wording(("{}", '"{}"', "'{}'")).format(asked)
        text = frames.question(source, _asked(source, source.wording(_ASK_OFTEN), word, l=marked))
    else:
        several = source.wording(("{}'s", "{}'s", "'{}'s", '"{}"s', "letters {}", "letters '{}'")).format(asked)
        core = source.wording(_ASK_OCCURRENCES if which < 0.8 else _OCCURRENCES)
        put = frames.question if which < 0.8 else frames.command
        text = put(source, _asked(source, core, word, l=several))
    found, lines = 0, []
    for one in word:
        found += one == letter
        lines.append(f"{one} {found}" if one == letter else one)
    text = frames.noted(source, text, frames.NUMBER_ONLY)
    return Exercise(ask(text), str(found), thought="\n".join(lines))


def _palindrome(source: Source) -> Exercise:
    def make(rng: random.Random) -> str:
        which = rng.random()
        if which < 0.15:
            return pick(rng, PALINDROMES)
        half = made_up_word(rng, 1)[:4]
        return half + half[-1 - (rng.random() < 0.5) :: -1] if which < 0.5 else _plain_word(rng)

    word = source.draw(make)
    text = frames.question(source, source.wording(_ASK_PALINDROME).format(w=source.wording(_MARKS).format(word)))
    return Exercise(
        ask(text), "yes" if word == word[::-1] else "no", thought="-".join(word) + "\n" + "-".join(word[::-1])
    )


def _several(source: Source, count: int) -> list[str]:
    """Return different words, some of which begin alike."""
    words: list[str] = []
    while len(words) < count:
        if (word := source.draw(_plain_word)) not in words:
            words.append(word)
    return words


def _order(source: Source) -> Exercise:
    which = source.rng.random()
    if which < 0.2:
        one, other = _several(source, 2)
        text = frames.question(source, source.wording(_ASK_FIRST).format(one, other))
        return Exercise(ask(text), min(one, other))
    if which < 0.35:
        one, other = _several(source, 2)
        while len(one) == len(other):
            one, other = _several(source, 2)
        text = frames.question(source, source.wording(_ASK_LONGER).format(one, other))
        return Exercise(ask(text), max(one, other, key=len), thought=f"{one} {len(one)}\n{other} {len(other)}")
    words = _several(source, source.wording((2, 3, 3, 3, 4)))
    listed = ", ".join(words) if source.chance(0.6) else ", ".join(words[:-1]) + " and " + words[-1]
    text = frames.command(source, source.wording(_SORT).format(listed))
    return Exercise(ask(text), ", ".join(sorted(words)))


ABILITIES: tuple[Ability, ...] = (
    Ability("Upper case", _upper, share=1, goal=0.9),
    Ability("Lower case", _lower, share=0.7, goal=0.9),
    Ability("Reversing a word", _reversed, share=1.5, goal=0.9),
    Ability("Number of letters", _length, share=1.2, goal=0.9),
    Ability("Spelling", _spelling, share=0.7),
    Ability("Letters at a place", _letter, share=0.5),
    Ability("Letters that occur", _occurrences, share=0.6),
    Ability("Palindromes", _palindrome, share=0.2),
    Ability("Order of words", _order, share=0.4),
)
