"""Limericks and haiku on request: poems learned by heart, told apart by their subject."""

from __future__ import annotations

import random

from ..exercise import Ability, Exercise, Source, ask
from ..material import made_up, vocabulary
from ..material.verses import HAIKU, LIMERICKS
from ..wording.manner import typed, with_article

_DEFAULT_LIMERICK = LIMERICKS[1]
_DEFAULT_HAIKU = HAIKU[0]

# {p} is what is asked for, with its article; {k} is it without.
_REQUESTS = (
    *("Write {p}", "Write {p}", "Write {p}", "Write {p}", "Write me {p}", "Write {p} for me"),
    *("Please write {p}", "Tell me {p}", "Recite {p}", "Can you write {p}", "Could you write {p}", "I want {p}"),
    *("I'd like {p}", "I would like to hear {p}", "Give me {p}", "Compose {p}", "Make up {p}", "Make {p}"),
    *("Do you know {p}", "Know {p}", "Let me hear {p}", "I need {p}", "Create {p}", "Please compose {p}"),
    *("Would you write {p}", "Say {p}", "Show me {p}", "Generate {p}", "Can I have {p}", "Can you recite {p}"),
    *("{p}, please", "{k}", "Please give me {p}", "Tell {p}", "Read me {p}", "How about {p}", "Invent {p}"),
    *("Can you make {p}", "Can you tell me {p}", "Do you have {p}", "Try to write {p}", "Answer with {p}"),
    *("Sing me {p}", "I want you to write {p}", "Your task is to write {p}", "You write {p}", "Write just {p}"),
    "Write one short poem: {p}",
)
_MARKS = ("", "", ".", ".", ".", "!", "?", " please", ", please.", ", please", ". Thanks!")
_ABOUTS = (" about {x}",) * 7 + (
    " on {x}",
    " on the subject of {x}",
    " about the subject {x}",
    " with {x} in it",
    " for {x}",
)
_LIMERICK_NAMES = (
    *(("a limerick", "Limerick"),) * 10,
    *(("a poem", "Poem"), ("a short poem", "Short poem"), ("a funny poem", "Funny poem"), ("a rhyme", "Rhyme")),
    *(
        ("a funny limerick", "Funny limerick"),
        ("a short limerick", "Short limerick"),
        ("one limerick", "limerick"),
    ),
    *(("some verses", "Verses"), ("a good limerick", "limerick"), ("a nice limerick", "A limerick")),
)
_HAIKU_NAMES = (("a haiku", "Haiku"), ("a haiku", "haiku"), ("a short haiku", "A haiku"), ("one haiku", "haiku"))


def _request(source: Source, names: tuple[tuple[str, str], ...], subject: str | None) -> str:
    whole, bare = source.wording(names)
    about = source.wording(_ABOUTS) if subject is not None else ""
    request = source.wording(_REQUESTS).format(p=whole + about, k=bare + about) + source.wording(_MARKS)
    return typed(source, request, x=subject or "")


def _unknown(rng: random.Random) -> str:
    """Return a subject that there is no poem about, in most cases."""
    which = rng.random()
    if which < 0.12:
        return made_up.made_up_word(rng)
    if which < 0.22:
        return made_up.made_up_name(rng)
    if which < 0.40:
        return made_up.pick(rng, _OTHER_SUBJECTS)
    noun = made_up.pick(rng, vocabulary.NOUNS)
    if which < 0.55:
        return made_up.plural(noun)
    if which < 0.65:
        return f"the {noun}"
    if which < 0.72:
        return made_up.pick(rng, vocabulary.IDEAS)
    if which < 0.80:
        return made_up.pick(rng, vocabulary.PLACES)
    if which < 0.87:
        return made_up.pick(rng, vocabulary.FIRST_NAMES)
    name = noun if which < 0.94 else f"{made_up.pick(rng, vocabulary.ADJECTIVES)} {noun}"
    return with_article(name)


_OTHER_SUBJECTS = (
    *("the sun", "the stars", "dogs", "a dog", "my dog", "love", "a horse", "java", "Java", "C++"),
    *("JavaScript", "a printer", "spring", "summer", "winter", "a penguin", "London", "Paris", "a queen"),
    *("an elephant", "football", "a pear", "oranges", "a lake", "a river", "a train", "trains", "my mother"),
    *("a kettle", "milk", "chess", "a dragon", "friendship", "school", "a teacher", "Linux", "Rust"),
    *("a database", "the internet", "a phone", "time", "death", "war", "Christmas", "a birthday", "Apple"),
    *("a unicorn", "money", "a pirate", "pizza", "cheese", "an owl", "Go", "Kubernetes"),
)
# Words of known subjects, in singular and plural; an unknown subject has none of them.
_KNOWN = {
    word.removesuffix("s").lower() + ending
    for verse in (*LIMERICKS, *HAIKU)
    for subject in verse.subjects
    for word in subject.split()
    if len(word) > 2 or word == "C"
    for ending in ("", "s")
} - {"the", "thes", "and", "ands", "with", "your", "called", "named"}


def _unknown_subject(source: Source) -> str:
    while not _KNOWN.isdisjoint((subject := source.draw(_unknown)).lower().split()):
        pass
    return subject


def _as_answered(subject: str) -> str:
    """Return a subject as the model speaks of it: my dog is the user's."""
    return "your " + subject.removeprefix("my ") if subject.startswith("my ") else subject


def _limerick(source: Source) -> Exercise:
    draw = source.rng.random()
    if draw < 0.1:
        return Exercise(ask(_request(source, _LIMERICK_NAMES, None)), _DEFAULT_LIMERICK.text)
    # The one that the README asks for comes up most often.
    verse = LIMERICKS[0] if draw < 0.3 else source.wording(LIMERICKS)
    return Exercise(ask(_request(source, _LIMERICK_NAMES, source.wording(verse.subjects))), verse.text)


def _haiku(source: Source) -> Exercise:
    if source.chance(0.15):
        return Exercise(ask(_request(source, _HAIKU_NAMES, None)), _DEFAULT_HAIKU.text)
    verse = source.wording(HAIKU)
    return Exercise(ask(_request(source, _HAIKU_NAMES, source.wording(verse.subjects))), verse.text)


def _unknown_poem(source: Source) -> Exercise:
    subject = _unknown_subject(source)
    if source.chance(0.75):
        names, kind, known = _LIMERICK_NAMES, "limerick", "python exceptions"
    else:
        names, kind, known = _HAIKU_NAMES, "haiku", "the moon"
    answer = f"I know no {kind} about {_as_answered(subject)}. Ask me for one about {known}, the sea or a cat."
    return Exercise(ask(_request(source, names, subject)), answer)


ABILITIES: tuple[Ability, ...] = (
    Ability("Limericks", _limerick, share=1.6, goal=0.98),
    Ability("Haiku", _haiku, share=0.4),
    Ability("Poems it does not know", _unknown_poem, share=0.5),
)
