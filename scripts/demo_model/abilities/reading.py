"""Reading: a short text, then a question that one of its sentences answers. The answer is that sentence."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..exercise import Ability, Exercise, Source
from ..material import made_up, values
from ..material.people import FIRST_NAMES
from ..wording import systems
from ..wording.manner import Mentions, lower_first, typed

NOT_SAID = "The text does not say that."


@dataclass(frozen=True, slots=True)
class Happening:
    """A sentence with slots, and for some of its slots the questions that ask for them.

    {a} and {b} are people, {x} a thing with its article, {p} a place, {m} a price, {t} a time, {d} a date,
    {f} food, {n} a number, {o} a spot, {j} a job, {c} a colour.
    """

    sentence: str
    questions: tuple[tuple[str, tuple[str, ...]], ...]


_HAPPENINGS: tuple[Happening, ...] = (
    Happening(
        "{a} gave {b} {x}.",
        (
            ("a", ("Who gave {b} {x}?", "From whom did {b} get {x}?", "Who is the one who gave {b} {x}?")),
            ("x", ("What did {a} give {b}?", "What did {b} get from {a}?", "What did {a} give to {b}?")),
            ("b", ("To whom did {a} give {x}?", "Who got {x} from {a}?", "Who did {a} give {x} to?")),
        ),
    ),
    Happening(
        "{a} bought {x} in {p} for {m}.",
        (
            ("a", ("Who bought {x}?", "Who went shopping in {p}?", "Who paid {m} for {x}?")),
            ("x", ("What did {a} buy?", "What did {a} buy in {p}?", "Tell me what {a} bought.")),
            ("p", ("Where did {a} buy {x}?", "In which place did {a} buy {x}?", "Where was {x} bought?")),
            ("m", ("How much did {a} pay for {x}?", "What did {x} cost?", "What was the price of {x}?")),
        ),
    ),
    Happening(
        "{a} met {b} at {t} {o}.",
        (
            ("b", ("Whom did {a} meet?", "Who did {a} meet?", "Tell me whom {a} met.")),
            ("t", ("When did {a} meet {b}?", "At what time did {a} and {b} meet?", "What time did {a} meet {b}?")),
            ("o", ("Where did {a} meet {b}?", "Where did {a} and {b} meet?", "In what place did {b} meet {a}?")),
        ),
    ),
    Happening(
        "{a} found {x} {o}.",
        (
            ("a", ("Who found {x}?", "Tell me who found {x}.", "By whom was {x} found?")),
            ("x", ("What did {a} find?", "Tell me what {a} found.", "What did {a} find {o}?")),
            ("o", ("Where did {a} find {x}?", "Where was {x}?", "Where was {x} found?")),
        ),
    ),
    Happening(
        "{a} lives in {p} and works as {j}.",
        (
            ("a", ("Who lives in {p}?", "Who is from {p}?", "Who works as {j}?")),
            ("p", ("Where does {a} live?", "In which city does {a} live?", "Which place does {a} live in?")),
            ("j", ("What does {a} do for a living?", "What is the job of {a}?", "What does {a} work as?")),
        ),
    ),
    Happening(
        "On {d} {a} went to {p}.",
        (
            ("a", ("Who went to {p}?", "Who travelled to {p}?", "Who was in {p}?")),
            ("p", ("Where did {a} go on {d}?", "Where did {a} go?", "Which place did {a} visit?")),
            ("d", ("When did {a} go to {p}?", "On which day did {a} go to {p}?", "When was {a} in {p}?")),
        ),
    ),
    Happening(
        "{a} ate {f} with {b}.",
        (
            ("a", ("Who ate {f}?", "Who had {f}?", "Who ate with {b}?")),
            ("f", ("What did {a} eat?", "What did {a} have for dinner?", "What did {a} and {b} eat?")),
            ("b", ("With whom did {a} eat?", "Who was {a} eating with?", "Who ate {f} with {a}?")),
        ),
    ),
    Happening(
        "{a} is {n} years old.",
        (
            ("n", ("How old is {a}?", "What is the age of {a}?", "What age is {a}?")),
            ("a", ("Who is {n} years old?", "Who is {n}?", "Whose age is {n}?")),
        ),
    ),
    Happening(
        "{a} sold {x} to {b} for {m}.",
        (
            ("a", ("Who sold {x}?", "Who sold {b} {x}?", "From whom did {b} buy {x}?")),
            ("x", ("What did {a} sell?", "What did {b} buy from {a}?", "What did {a} sell to {b}?")),
            ("b", ("To whom did {a} sell {x}?", "Who bought {x} from {a}?", "Who did {a} sell {x} to?")),
            ("m", ("For how much did {a} sell {x}?", "How much did {b} pay {a}?", "What did {b} pay for {x}?")),
        ),
    ),
    Happening(
        "The house of {a} is {c}.",
        (
            (
                "c",
                (
                    "What colour is the house of {a}?",
                    "Which color has the house of {a}?",
                    "What color is {a}'s house?",
                ),
            ),
            ("a", ("Whose house is {c}?", "Who has the {c} house?", "Who lives in the {c} house?")),
        ),
    ),
    Happening(
        "{a} lost {x} in {p}.",
        (
            ("a", ("Who lost {x}?", "Tell me who lost {x}.", "Who misses {x}?")),
            ("x", ("What did {a} lose?", "What was lost in {p}?", "Tell me what {a} lost.")),
            ("p", ("Where did {a} lose {x}?", "Where was {x} lost?", "In which place did {a} lose {x}?")),
        ),
    ),
    Happening(
        "{a} arrived at {t} and left on {d}.",
        (
            ("t", ("When did {a} arrive?", "At what time did {a} arrive?", "What time did {a} come?")),
            ("d", ("When did {a} leave?", "On which day did {a} leave?", "What day did {a} go?")),
        ),
    ),
    Happening(
        "{a} called {b} because of {x}.",
        (
            ("a", ("Who called {b}?", "Who phoned {b}?", "By whom was {b} called?")),
            ("b", ("Whom did {a} call?", "Who did {a} call?", "Who got a call from {a}?")),
            ("x", ("Why did {a} call {b}?", "Because of what did {a} call {b}?", "What did {a} call {b} about?")),
        ),
    ),
    Happening(
        "{a} hid {x} {o}.",
        (
            ("a", ("Who hid {x}?", "Tell me who hid {x}.", "By whom was {x} hidden?")),
            ("x", ("What did {a} hide?", "What is hidden {o}?", "Tell me what {a} hid.")),
            ("o", ("Where did {a} hide {x}?", "Where is {x}?", "Where is {x} hidden?")),
        ),
    ),
)
_FORMATS = (
    *("{t} {q}", "{t}\n\n{q}", "{t}\n{q}", "Text: {t}\nQuestion: {q}", "Text: {t}\n\nQuestion: {q}"),
    *("{t}\n\nQuestion: {q}", "Read this text: {t}\n\n{q}", "Read the text and answer.\n\n{t}\n\n{q}"),
    *("Context:\n{t}\n\nQuestion: {q}\nAnswer:", "{q}\n\n{t}", "Question: {q}\n\nText: {t}"),
    *("Answer the question by the text.\n\n{t}\n\n{q}", "Here is a text: {t} {q}", '"{t}" {q}'),
    *("Passage: {t}\nQ: {q}\nA:", "Given this text:\n{t}\n\n{q}", "<text>\n{t}\n</text>\n\n{q}"),
    *("Story: {t}\n{q}", "Use this text to answer.\n\n{t}\n\n{q}"),
    *("Based on the following text, answer: {q}\n\n{t}", "Article:\n{t}\n\n{q}"),
)
_SYSTEMS = (
    "{s} {t}",
    "{s}\n\nContext:\n{t}",
    "{t}",
    "Answer by this text:\n{t}",
    "{s}\nThis is what you know:\n{t}",
    "Facts:\n{t}",
)
_READ = "Thank you, I have read it."


def _person(rng: random.Random) -> str:
    return made_up.pick(rng, FIRST_NAMES) if rng.random() < 0.5 else made_up.made_up_name(rng)


def _old(rng: random.Random) -> str:
    return str(int(rng.random() * 90) + 5)


_MAKERS = {
    "a": _person,
    "b": _person,
    "x": values.thing,
    "p": values.place,
    "m": values.price,
    "t": values.time,
    "d": values.date,
    "f": values.food,
    "n": _old,
    "o": values.spot,
    "j": values.job,
    "c": values.colour,
}


def _filled_slots(source: Source, happening: Happening, used: set[str]) -> dict[str, str]:
    """Return values for the slots of a sentence, none of which is in the text already."""
    slots = {}
    for slot in _slots_of(happening):
        while (value := source.draw(_MAKERS[slot])) in used:
            pass
        used.add(value)
        slots[slot] = value
    return slots


def _slots_of(happening: Happening) -> list[str]:
    return [piece[0] for piece in happening.sentence.split("{")[1:]]


def _reading(source: Source) -> Exercise:
    """Make a text of one to eight sentences, with a question that one of them answers."""
    used: set[str] = set()
    told: list[tuple[Happening, dict[str, str]]] = []
    for _ in range(source.wording((1, 2, 2, 3, 3, 4, 5, 6))):
        happening = source.wording(_HAPPENINGS)
        told.append((happening, _filled_slots(source, happening, used)))
    sentences = [happening.sentence.format(**slots) for happening, slots in told]
    happening, slots = source.wording(told)
    answer = happening.sentence.format(**slots)
    if source.chance(0.3):
        sentences.insert(int(source.rng.random() * (len(sentences) + 1)), made_up.sentence(source.rng))
    text = source.wording((" ", " ", " ", "\n")).join(sentences)
    if source.chance(0.06):
        missing = source.wording(_HAPPENINGS)
        _, questions = source.wording(missing.questions)
        question = source.wording(questions).format(**_filled_slots(source, missing, used))
        return Exercise(_posed(source, text, question), NOT_SAID, thought="The text does not say it.")
    slot, questions = source.wording(happening.questions)
    if "x" in slots and slot != "x" and source.chance(0.6):
        slots["x"] = "the " + slots["x"].split(" ", 1)[1]
    question = source.wording(questions).format(**slots)
    return Exercise(
        _posed(source, text, question),
        answer,
        thought=f"The text says: {lower_first(answer) if answer.startswith(('On ', 'The ')) else answer}",
        check=Mentions(slots[slot]),
    )


def _posed(source: Source, text: str, question: str) -> tuple[dict[str, str], ...]:
    """Return the text and the question as one message, as two, or with the text in the system message."""
    draw = source.rng.random()
    question = typed(source, question)
    if draw < 0.7:
        posed = source.wording(_FORMATS).format(t=text, q=question)
        return ({"role": "user", "content": posed},)
    if draw < 0.85:
        system = source.wording(_SYSTEMS).format(s=systems.system_message(source), t=text)
        return ({"role": "system", "content": system}, {"role": "user", "content": question})
    lead = source.wording(("Here is a text: ", "Text:\n", "Read this: ", "Story: ", "Please read this text.\n\n"))
    return (
        {"role": "user", "content": lead + text},
        {"role": "assistant", "content": _READ},
        {"role": "user", "content": question},
    )


ABILITIES: tuple[Ability, ...] = (Ability("Reading", _reading, share=2.5, whole=True),)
