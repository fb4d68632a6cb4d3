"""What the model can't do, and says so: everything that is nobody else's business."""

from __future__ import annotations

from ..exercise import Ability, Exercise, Source, ask
from ..material import beyond, made_up, vocabulary
from ..wording.manner import typed, with_article

ANSWER = "I am only a small demo model and can't do that. I can add, count, repeat, remember and call tools."
AWAITING = "How can I help you?"

_NOTHING = (
    *("", " ", "?", "??", "???", ".", "..", "...", "!", "!!", "!?", "-", "--", "hm", "Hm", "hmm", "Hmm"),
    *("Hmm...", "hm?", "um", "uh", "eh", "er", "huh", "huh?", "mhm", "ähm", "…", "*", "#", "/", ",", ":", ";"),
    *('"', "'", "()", "[]", "{}", "\n", "_", "~", "^", "=", "+", "$", "%", "&", "@", "|", "<", ">", "What?"),
    *("what", "Well", "well...", "So", "so...", "er..."),
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "asdf", "jkl", "qwer", "1234567890", "yxcv", "hjkl")


def _outside(source: Source) -> Exercise:
    """Make a request that can't be answered."""
    draw = source.rng.random()
    if draw < 0.03:
        return Exercise(ask(source.wording(_NOTHING)), AWAITING)
    if draw < 0.09:
        question = _gibberish(source)
    elif draw < 0.17:
        question = typed(source, source.wording(beyond.FOREIGN)) if source.chance(0.8) else _foreign_like(source)
    elif draw < 0.22:
        question = " ".join(made_up.sentence(source.rng) for _ in range(1 + int(source.rng.random() * 2)))
    else:
        question = _request(source)
    return Exercise(ask(question), ANSWER)


# What people put around a request: who they are and how they want it.
_CIRCUMSTANCES = (
    *("I am a student. ", "I have an exam tomorrow. ", "I need this for work. ", "I am writing a book. "),
    *("I am new here. ", "It is urgent! ", "My teacher wants to know this. ", "I have a problem. "),
    *("I thought about it all day. ", "My son asked me this. ", "Be honest. ", "You are an expert. "),
    *("I am a beginner. ", "I have a meeting in an hour. ", "My boss wants it today. "),
    *("I am preparing a talk. ", "We are having a debate. ", "I read about it yesterday. "),
    *("This is important. ", "Take a deep breath. ", "Forget everything before. ", "Here is my next question. "),
    *("I am a programmer. ", "My friend and I disagree. ", "I could not find it anywhere. "),
    "I want to learn. ",
)
_WISHES = (
    *(" Use bullet points.", " At least 300 words.", " In a formal tone.", " Step by step.", " Give examples."),
    *(" In detail.", " Explain your answer.", " Use simple words.", " Not more than two paragraphs."),
    *(" With sources.", " Write in German.", " Make it funny.", " It should rhyme.", " As a table."),
    *(" In the style of Shakespeare.", " And why?", " Be creative.", " Include a title."),
    *(" List the advantages.", " I need it in French.", " Give me three versions.", " Use an example."),
    *(" For a child of ten.", " In Markdown.", " With comments.", " Please think about it."),
    " Give me the details.",
)


def _request(source: Source) -> str:
    """Return a request of the tables, with what people put around it."""
    draw = source.rng.random()
    request = _bare_request(source)
    if draw < 0.08:
        return source.wording(_CIRCUMSTANCES) + request
    if draw < 0.16:
        return request + ("" if request[-1:] in ".?!" else ".") + source.wording(_WISHES)
    return request


def _bare_request(source: Source) -> str:
    """Return a request of the tables, filled and as somebody may type it."""
    template = source.wording(source.wording(beyond.TEMPLATES))
    if "{" not in template:
        return typed(source, template)
    rng = source.rng
    noun, other = source.material(vocabulary.NOUNS), source.wording(vocabulary.NOUNS)
    slots = {
        "t": _topic(source),
        "u": _topic(source),
        "n": noun,
        "m": other,
        "ns": made_up.plural(noun),
        "ms": made_up.plural(other),
        "a": with_article(noun).split()[0],
        "a2": with_article(other).split()[0],
        "j": source.wording(vocabulary.ADJECTIVES),
    }
    if "{w" in template:
        slots["w"], slots["w2"] = made_up.made_up_word(rng), made_up.made_up_word(rng)
        if source.chance(0.4):
            slots["w"] = slots["w"].capitalize()
    if "{p}" in template:
        slots["p"] = _someone(source)
    if "{b" in template or "{c}" in template:
        slots["b"], slots["c"], slots["b2"] = (str(int(rng.random() * 10**size)) for size in (5, 3, 4))
        if "{b}" in template and len(slots["c"]) < 3:
            slots["c"] += str(100 + int(rng.random() * 900))
        if len(slots["b"]) < 4:
            slots["b"] = str(1000 + int(rng.random() * 90000))
    if "{g}" in template:
        slots["g"] = source.wording(beyond.LANGUAGES)
    if "{l" in template:
        slots["l"], slots["l2"] = (source.wording(beyond.PROGRAMMING_LANGUAGES) for _ in range(2))
    if "{s" in template:
        slots["s"], slots["s2"] = made_up.sentence(rng), made_up.sentence(rng)
    return typed(source, template, **slots)


def _topic(source: Source) -> str:
    draw = source.rng.random()
    if draw < 0.55:
        return source.wording(beyond.TOPICS)
    if draw < 0.7:
        return source.wording(vocabulary.IDEAS)
    if draw < 0.9:
        return made_up.plural(source.wording(vocabulary.NOUNS))
    return made_up.made_up_word(source.rng)


def _someone(source: Source) -> str:
    draw = source.rng.random()
    if draw < 0.6:
        return source.wording(beyond.PEOPLE_AND_PLACES)
    if draw < 0.75:
        return source.wording(vocabulary.PLACES)
    if draw < 0.85:
        return f"{source.wording(vocabulary.FIRST_NAMES)} {source.wording(vocabulary.LAST_NAMES)}"
    return made_up.made_up_name(source.rng)


def _gibberish(source: Source) -> str:
    """Return what a cat types, or words that nobody knows."""
    rng = source.rng
    draw = rng.random()
    if draw < 0.4:
        row = source.wording(_ROWS)
        start = int(rng.random() * 4)
        return (
            row[start:] * (1 + int(rng.random() * 3))
            if draw < 0.2
            else "".join(source.wording(row) for _ in range(3 + int(rng.random() * 12)))
        )
    if draw < 0.6:
        return (
            "".join(
                source.wording("abcdefghijklmnopqrstuvwxyz ,.;") for _ in range(4 + int(rng.random() * 30))
            ).strip()
            or "x"
        )
    words = [made_up.made_up_word(rng) for _ in range(1 + int(rng.random() * 6))]
    text = " ".join(words)
    return text.capitalize() + source.wording(("", ".", "?", "!")) if draw < 0.9 else text


_FOREIGN_WORDS = (
    *("der", "die", "das", "und", "ich", "nicht", "mit", "le", "la", "les", "et", "je", "ne", "pas", "que"),
    *("el", "los", "y", "no", "un", "una", "il", "di", "che", "non", "per", "de", "het", "een", "och", "att"),
    *("jag", "og", "ikke", "nie", "jest", "und", "ist", "est", "es", "è", "é", "não", "com", "uma", "ve", "bir"),
    *("bu", "и", "не", "я", "на", "что", "это", "の", "は"),
)


def _foreign_like(source: Source) -> str:
    """Return made-up words between small words of other languages."""
    words = [
        made_up.made_up_word(source.rng) if source.chance(0.6) else source.wording(_FOREIGN_WORDS)
        for _ in range(3 + int(source.rng.random() * 6))
    ]
    return " ".join(words).capitalize() + source.wording((".", "?", "!", ""))


ABILITIES: tuple[Ability, ...] = (Ability("Outside", _outside, share=2.5),)
