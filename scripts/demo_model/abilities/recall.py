"""Recall: a fact that was told earlier is asked for, up to about 2,000 tokens later.

The exercises in between come from the caller, who knows all abilities; long pasted texts are made here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..exercise import Ability, Exercise, Message, Source
from ..material import made_up
from ..material.kinds import OWN_NAME
from ..wording import systems, telling
from ..wording.manner import Mentions, typed, upper_first
from ..wording.telling import Fact
from . import small_talk

Filler = Callable[[Source], Exercise]

NOT_TOLD = "You have not told me that."
READ = "Thank you, I have read it."
CHARACTERS_A_TOKEN = 3

_LONGEST = 6000  # characters
_BEFORE = (
    *("", "", "", "", "", "", "", "Remember: ", "Please remember: ", "Remember this: ", "Note: ", "FYI: "),
    *("For later: ", "Keep in mind: ", "Don't forget: ", "Remember that ", "Please remember that "),
    *("Note that ", "Keep in mind that ", "Just so you know, ", "By the way, ", "You should know that "),
    *("I want you to remember that ", "OK, ", "Listen: ", "Please note that ", "I tell you a secret: "),
    *("Information: ", "For your information: ", "Save this: ", "So, ", "Let me tell you something. ", "Hi! "),
    *("Hello. ", "Hey, ", "Memorize this: ", "Do not forget that ", "Fact: "),
)
_AFTER = (
    ".",
    ".",
    ".",
    ".",
    "",
    "!",
    ". Please remember it.",
    ". Remember that.",
    ". Keep that in mind.",
    ". OK?",
)
_CORRECTIONS = (
    *("No, sorry, ", "I was wrong: ", "Correction: ", "Actually, ", "Sorry, that was wrong. ", "Update: "),
    *("Wait, no: ", "I changed my mind: ", "That has changed: ", "I have to correct myself: "),
    *("Things have changed. ", "Oh, in fact ", "I made a mistake. ", "Forget what I said: ", "It changed: "),
    *("No longer: ", "From now on ", "Since today "),
)
_PASTES = (
    *("Here is a text: {}", "Here is a text:\n\n{}", "Read this:\n{}", "Please read this text: {}"),
    *("Read this: {}", "Text:\n{}", "Here are my notes:\n{}", "Here's a passage:\n\n{}", "I found this: {}"),
    *("Have a look at this: {}", "Here is what I wrote today:\n\n{}", "Read the following text.\n\n{}"),
    *("{}\n\nPlease read it.", "Document:\n{}", "Here comes a story: {}"),
    *("This is an article:\n\n{}", "My diary:\n{}", "<text>\n{}\n</text>"),
)
# Leads that a whole sentence may follow.
_BEFORE_SENTENCE = (
    "",
    "",
    "",
    "",
    "Hi! ",
    "Hello. ",
    "Note: ",
    "Remember: ",
    "Context: ",
    "Facts:\n",
    "Let me tell you: ",
)
_QUESTIONS_AFTER = ("\n\n", "\n\n", "\n", "\n\nQuestion: ", "\n---\n", "\n\nNow tell me: ", " ")
# With these a user tells a name; a filler that has them would be one more telling.
_NAME_TELLINGS = (
    "I'm ",
    "I am ",
    "y name is",
    "y name's",
    "it's ",
    "it is",
    "this is ",
    " here",
    "call me ",
    "hello to ",
)


@dataclass(frozen=True, slots=True)
class Recalled:
    """A check that also knows how far back the fact stands.

    Attributes:
        value: What the text has to hold.
        distance: From the fact's last mention to the question's end, in characters of the messages.
    """

    value: str
    distance: int

    def __call__(self, text: str) -> bool:
        """Return whether the text holds the value."""
        return Mentions(self.value)(text)


def distance(exercise: Exercise) -> int | None:
    """Return how far back the fact stands that is asked for, in characters; None if no fact was told."""
    return exercise.check.distance if isinstance(exercise.check, Recalled) else None


def ability(filler: Filler) -> Ability:
    """Return the ability to recall, with the exercises that stand between telling and asking."""
    return Ability("Recall", lambda source: _recall(source, filler), share=4.5, goal=0.95, whole=True)


class _Conversation:
    """A conversation as it grows, with its length in characters."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.length = 0

    def add(self, role: str, text: str) -> None:
        self.messages.append({"role": role, "content": text})
        self.length += len(text)

    def tell(self, source: Source, *told: Fact, before: tuple[str, ...] = _BEFORE) -> None:
        """Add the user's telling of one or several facts, and the answer."""
        lead = source.wording(before)
        joint = source.wording((". ", ". ", ", and ", " and ", "\n", "; "))
        capital = not lead or lead[-2] in ".!" or (lead[-2] == ":" and source.chance(0.5))
        text = lead
        for index, fact in enumerate(told):
            text += (joint if index else "") + (fact.opened(fact.tell(source)) if capital else fact.tell(source))
            capital = joint in {". ", "\n"}
        self.add("user", text + source.wording(_AFTER))
        self.add("assistant", noted(told))

    def fill(self, source: Source, filler: Filler, length: int) -> None:
        """Add exercises and pasted texts of about that length in all."""
        until = self.length + length
        while self.length < until:
            left = until - self.length
            if left > 500 and source.chance(0.5):
                wanted = min(left, 300 + int(source.rng.random() * 3500))
                self.add("user", source.wording(_PASTES).format(passage(source, wanted)))
                self.add("assistant", READ)
                continue
            exercise = filler(source)
            if exercise.tools or any(_contradicts(message) for message in exercise.messages):
                continue
            size = sum(len(message["content"]) for message in exercise.messages) + len(exercise.answer)
            if size > left + 200:
                return
            self.messages.extend(exercise.messages)
            self.add("assistant", exercise.answer)
            self.length += size - len(exercise.answer)


def _contradicts(message: Message) -> bool:
    """Return whether a message of a filler can't stand between: it is no talk, or somebody tells a name in it."""
    if message["role"] not in {"user", "assistant"}:
        return True
    return message["role"] == "user" and any(telling in message["content"] for telling in _NAME_TELLINGS)


def noted(told: Sequence[Fact]) -> str:
    """Return the answer to a telling."""
    *parts, last = (fact.said() for fact in told)
    return f"Noted: {', '.join(parts)} and {last}." if parts else f"Noted: {last}."


def passage(source: Source, length: int, *inside: str) -> str:
    """Return a text of about that length, with the sentences somewhere inside."""
    sentences: list[str] = []
    while length > 0:
        sentences.append(made_up.sentence(source.rng))
        length -= len(sentences[-1]) + 1
    for sentence in inside:
        sentences.insert(int(source.rng.random() * (len(sentences) + 1)), sentence)
    if len(sentences) > 12 and source.chance(0.4):
        for start in range(5, len(sentences), 6):
            sentences[start] = "\n\n" + sentences[start]
    return " ".join(sentences)


def _wanted_distance(source: Source) -> int:
    """Return how far back the fact shall be: a third below 200 tokens, a fifth above 1,000."""
    draw = source.rng.random()
    if draw < 0.36:
        return int(source.rng.random() * 600)
    if draw < 0.78:
        return 600 + int(source.rng.random() * 2400)
    return 3000 + int(source.rng.random() * (_LONGEST - 3000))


def _draw_facts(source: Source) -> list[Fact]:
    """Return one to six facts that do not contradict each other; some are of one kind, some of one party."""
    count = source.wording((1, 1, 1, 2, 2, 3, 3, 4, 5, 6))
    told: dict[str, Fact] = {}
    while len(told) < count:
        draw = source.rng.random()
        if told and draw < 0.25:
            other = source.wording(tuple(told.values()))
            fact = Fact(other.kind, telling.draw_party(source), source.draw(other.kind.value))
        elif told and draw < 0.5:
            fact = telling.draw_fact(source, source.wording(tuple(told.values())).party)
        else:
            fact = telling.draw_fact(source)
        if draw > 0.93:
            fact = Fact(OWN_NAME, telling.SELF, source.draw(OWN_NAME.value))
        if fact.kind is OWN_NAME and fact.party is not telling.SELF:
            continue
        if all(fact.value not in other.value and other.value not in fact.value for other in told.values()):
            told.setdefault(fact.key, fact)
    return list(told.values())


def _recall(source: Source, filler: Filler) -> Exercise:
    """Make a conversation in which facts are told, other things are spoken of, and one fact is asked for."""
    told = _draw_facts(source)
    wanted = _wanted_distance(source)
    draw = source.rng.random()
    if draw < 0.02:
        talk = _Conversation()
        talk.fill(source, filler, int(source.rng.random() * 500))
        talk.add("user", typed(source, _untold(source, []).ask(source)))
        return Exercise(tuple(talk.messages), NOT_TOLD, thought="I was not told that.")
    if draw < 0.04:
        return _from_greeting(source, wanted, filler)
    if draw < 0.18:
        return _from_system(source, told, wanted, filler)
    if draw < 0.32:
        return _from_paste(source, told, wanted, filler)
    if draw < 0.38:
        return _from_question(source, told)
    return _from_telling(source, told, wanted, filler)


def _from_greeting(source: Source, wanted: int, filler: Filler) -> Exercise:
    """Let the user tell the name in a greeting."""
    talk = _Conversation()
    name = Fact(OWN_NAME, telling.SELF, source.draw(OWN_NAME.value))
    greeting = small_talk.greeting_of(source, name.value)
    talk.messages.extend(greeting.messages)
    talk.add("assistant", greeting.answer)
    told_at = talk.length
    talk.fill(source, filler, wanted)
    return _asked(source, talk, [name], name, told_at)


def _from_system(source: Source, told: list[Fact], wanted: int, filler: Filler) -> Exercise:
    """Tell the facts in the system message."""
    talk = _Conversation()
    told = [
        Fact(fact.kind, telling.USER, fact.value) if fact.party in {telling.SELF, telling.US} else fact
        for fact in told
    ]
    sentences = [fact.opened(fact.tell(source)) + "." for fact in told]
    if source.chance(0.7):
        sentences.insert(0, systems.system_message(source))
    talk.add("system", source.wording((" ", " ", "\n", "\n- ")).join(sentences))
    talk.fill(source, filler, wanted)
    return _asked(source, talk, told, source.wording(told), 0)


def _from_paste(source: Source, told: list[Fact], wanted: int, filler: Filler) -> Exercise:
    """Tell the facts inside of a text; the question comes at once or later."""
    talk = _Conversation()
    if source.chance(0.3):
        talk.add("system", systems.system_message(source))
    at_once = source.chance(0.4)
    length = wanted if at_once else int(wanted * source.rng.random())
    plain = [fact.plain() for fact in told]
    text = source.wording(_PASTES).format(passage(source, length, *plain))
    if at_once:
        text += source.wording(_QUESTIONS_AFTER)
    asked_for = source.wording(told)
    told_at = talk.length + text.index(asked_for.plain())
    talk.add("user", text)
    if not at_once:
        talk.add("assistant", READ)
        talk.fill(source, filler, wanted - length)
    return _asked(source, talk, told, asked_for, told_at, in_last=at_once)


def _from_question(source: Source, told: list[Fact]) -> Exercise:
    """Tell the facts right before the question, in the same message."""
    talk = _Conversation()
    asked_for = source.wording(told)
    text = " ".join(fact.opened(fact.tell(source)) + "." for fact in told) + source.wording(
        (" ", " ", "\n", "\n\n")
    )
    talk.add("user", source.wording(_BEFORE_SENTENCE) + text)
    return _asked(source, talk, told, asked_for, 0, in_last=True)


def _from_telling(source: Source, told: list[Fact], wanted: int, filler: Filler) -> Exercise:
    """Let the user tell the facts in one or several messages; a fact may be corrected."""
    talk = _Conversation()
    if source.chance(0.3):
        talk.add("system", systems.system_message(source))
    position = int(source.rng.random() * len(told))
    asked_for = told[position]
    later = told[position + 1 :]
    if source.chance(0.4):
        talk.tell(source, *told)
        later = []
    else:
        for fact in told[: position + 1]:
            talk.tell(source, fact)
            if source.chance(0.2) and fact is not asked_for:
                talk.fill(source, filler, 150)
    if source.chance(0.15):
        talk.fill(source, filler, int(source.rng.random() * 300))
        asked_for = _corrected(source, told, position)
        talk.tell(source, asked_for, before=_CORRECTIONS)
    told_at = talk.length
    for fact in later:
        share = wanted * source.rng.random() * 0.5
        talk.fill(source, filler, int(share))
        wanted -= int(share)
        talk.tell(source, fact)
    talk.fill(source, filler, wanted - (talk.length - told_at) if later else wanted)
    return _asked(source, talk, told, asked_for, told_at)


def _corrected(source: Source, told: list[Fact], position: int) -> Fact:
    """Give a fact another value, in the list too, and return it."""
    values = [fact.value for fact in told]
    while True:
        value = source.draw(told[position].kind.value)
        if all(value not in other and other not in value for other in values):
            told[position] = told[position].with_value(value)
            return told[position]


def _untold(source: Source, told: list[Fact]) -> Fact:
    """Return a fact that was not told, in half of all cases about somebody who was spoken of."""
    keys = {fact.key for fact in told}
    if source.chance(0.2) and all(fact.kind is not OWN_NAME for fact in told):
        return Fact(OWN_NAME, telling.SELF, "")
    while True:
        fact = telling.draw_fact(source, source.wording(told).party if told and source.chance(0.5) else None)
        if fact.key not in keys:
            return fact


def _asked(
    source: Source, talk: _Conversation, told: list[Fact], asked_for: Fact, told_at: int, *, in_last: bool = False
) -> Exercise:
    """End the conversation with a question for the fact, or seldom for one that was not told.

    The question is put behind the last message if `in_last`.
    """
    untold = source.chance(0.07)
    question = typed(source, (_untold(source, told) if untold else asked_for).ask(source))
    if in_last:
        last = talk.messages.pop()["content"]
        talk.length -= len(last)
        question = last + question
    talk.add("user", question)
    if untold:
        return Exercise(tuple(talk.messages), NOT_TOLD, thought="I was not told that.")
    said = asked_for.said()
    return Exercise(
        tuple(talk.messages),
        upper_first(said) + ".",
        thought=f"I was told: {said}.",
        check=Recalled(asked_for.value, talk.length - told_at),
    )
