"""Facts that somebody tells: whose they are, how they are told, asked for and said back.

A fact is a kind (my cat's name, the door code, where somebody lives) with a party (the user, the user's sister,
Anna) and a value. One kind has one form in which it is said back: "your cat is called Mimi".
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from ..exercise import Source
from . import material, values
from .manner import upper_first
from .people import FIRST_NAMES
from .vocabulary import words

Make = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Party:
    """Whose fact it is, as a subject and a possessive: in the telling, in the question, and said back."""

    told: tuple[str, str]
    asked: tuple[str, str]
    said: tuple[str, str]


SELF = Party(("I", "my"), ("I", "my"), ("you", "your"))
US = Party(("we", "our"), ("we", "our"), ("you", "your"))
# The user, as a system message speaks of them.
USER = Party(("the user", "the user's"), ("I", "my"), ("you", "your"))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact. In its templates {s} is a subject, {o} a possessive, and {v} the value.

    Attributes:
        key: Tells kinds apart.
        value: Draws a value.
        tells: Sentences without capital and stop, the plainest one first; for the first person, then the third.
        asks: Questions, for the first person, then the third.
        said: How it is said back, for the second person, then the third.
        owned: Whether it is somebody's; the door code is nobody's.
    """

    key: str
    value: Make
    tells: tuple[tuple[str, ...], tuple[str, ...]]
    asks: tuple[tuple[str, ...], tuple[str, ...]]
    said: tuple[str, str]
    owned: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    """A kind of fact about a party, with its value."""

    kind: Kind
    party: Party
    value: str

    @property
    def key(self) -> str:
        """What the question asks for; two facts of one key would contradict each other."""
        return self.party.said[0] + self.kind.key if self.kind.owned else self.kind.key

    def tell(self, source: Source) -> str:
        """Return a sentence that tells it, without capital and stop."""
        tells = self.kind.tells[self.party.told[0] not in {"I", "we"}]
        return self._filled(source.wording(tells), self.party.told)

    def plain(self) -> str:
        """Return the plainest such sentence, with capital and stop."""
        text = self._filled(self.kind.tells[self.party.told[0] not in {"I", "we"}][0], self.party.told)
        return upper_first(text) + "."

    def ask(self, source: Source) -> str:
        """Return a question for it."""
        asks = self.kind.asks[self.party.asked[0] not in {"I", "we"}]
        return upper_first(self._filled(source.wording(asks), self.party.asked))

    def said(self) -> str:
        """Return how the model says it, as a part of a sentence."""
        subject, possessive = self.party.said
        return self.kind.said[subject != "you"].format(s=subject, o=possessive, v=self.value)

    def with_value(self, value: str) -> Fact:
        """Return the fact with another value."""
        return Fact(self.kind, self.party, value)

    def opened(self, text: str) -> str:
        """Return a telling with a capital, unless the value itself stands first."""
        return text if text.startswith(self.value) else upper_first(text)

    def _filled(self, template: str, party: tuple[str, str]) -> str:
        return template.format(s=party[0], o=party[1], v=self.value)


def draw_party(source: Source) -> Party:
    """Return somebody: the user in most cases."""
    draw = source.rng.random()
    if draw < 0.55:
        return SELF
    if draw < 0.60:
        return US
    if draw < 0.75:
        relative = source.wording(_RELATIVES)
        my, your = f"my {relative}", f"your {relative}"
        return Party((my, my + "'s"), (my, my + "'s"), (your, your + "'s"))
    name = source.draw(_somebody)
    both = (name, name + "'s")
    return Party(both, both, both)


def draw_fact(source: Source, party: Party | None = None) -> Fact:
    """Return a fact about somebody, or about a party that is given."""
    kind = source.wording(source.wording(_FAMILIES))
    return Fact(kind, party or draw_party(source), source.draw(kind.value))


def _somebody(rng: random.Random) -> str:
    return material.pick(rng, FIRST_NAMES) if rng.random() < 0.6 else material.made_up_name(rng)


_RELATIVES = (
    *("sister", "brother", "mother", "father", "aunt", "uncle", "boss", "neighbour", "teacher", "best friend"),
    *("wife", "husband", "daughter", "son", "grandmother", "grandfather", "cousin", "colleague", "landlord"),
    "friend",
)


def _called(being: str, value: Make) -> Kind:
    """Return the kind of fact that somebody's cat has a name."""
    tells = (
        *(f"{{o}} {being} is called {{v}}", f"{{o}} {being}'s name is {{v}}"),
        *(f"the name of {{o}} {being} is {{v}}", f"{{v}} is {{o}} {being}"),
        *(f"{{v}} is the name of {{o}} {being}", f"{{o}} {being} is named {{v}}"),
        f"{{o}} {being} has the name {{v}}",
    )
    article = "an" if being[0] in "aeiou" else "a"
    asks = (
        *(f"What is {{o}} {being} called?", f"What is {{o}} {being}'s name?"),
        *(f"What is the name of {{o}} {being}?", f"What's {{o}} {being}'s name?"),
        *(f"What's {{o}} {being} called?", f"How is {{o}} {being} called?"),
        *(f"Do you remember {{o}} {being}'s name?", f"Tell me the name of {{o}} {being}."),
        *(f"Which name has {{o}} {being}?", f"Do you remember the name of {{o}} {being}?"),
        *(f"What was the name of {{o}} {being}?", f"{{o}} {being}'s name?"),
        *(f"What was {{o}} {being} called again?", f"Do you know {{o}} {being}'s name?"),
        *(f"What is {{o}} {being} named?", f"Can you tell me {{o}} {being}'s name?", f"Name {{o}} {being}."),
        *(f"What did I say {{o}} {being} is called?", f"I forgot {{o}} {being}'s name."),
        *(f"Remind me: what is {{o}} {being} called?", f"Who is {{o}} {being}?"),
    )
    own = (f"I have {article} {being} called {{v}}", f"I have {article} {being} named {{v}}")
    others = (f"{{s}} has {article} {being} called {{v}}", f"{{s}} has {article} {being} named {{v}}")
    said = f"{{o}} {being} is called {{v}}"
    return Kind(being, value, (tells + own, tells + others), (asks, asks), (said, said))


def _is(noun: str, value: Make) -> Kind:
    """Return the kind of fact that somebody's favourite colour, or the door code, is something."""
    whole = noun if noun.startswith("the ") else "{o} " + noun
    tells = (f"{whole} is {{v}}", f"{whole} is {{v}}", f"{{v}} is {whole}", f"{whole}: {{v}}", f"{whole} = {{v}}")
    asks = (
        *(f"What is {whole}?", f"What's {whole}?", f"What is {whole}?", f"Tell me {whole}."),
        *(f"What was {whole}?", f"Do you remember {whole}?", f"Can you tell me {whole}?", f"I forgot {whole}."),
        *(f"{whole}?", f"Do you know {whole}?", f"What did I say {whole} was?", f"Remind me of {whole}."),
        *(f"Say {whole}.", f"What was {whole} again?", f"Give me {whole}.", f"I need {whole}."),
        *(f"Which one is {whole}?", f"Repeat {whole}.", f"I need to know {whole}."),
        *(f"Could you tell me {whole}?", f"Which is {whole}?", f"Please tell me what {whole} is."),
        f"And {whole}?",
    )
    said = f"{whole} is {{v}}"
    return Kind(noun, value, (tells, tells), (asks, asks), (said, said), owned=whole != noun)


def _does(verbs: str, value: Make, asks: str) -> Kind:
    """Return the kind of fact that somebody does something.

    Args:
        verbs: Like "live/lives in {v}".
        value: Draws the value.
        asks: Questions, between bars, like "Where do/does {s} live?".
    """

    def form(text: str, third: int) -> str:
        return " ".join(word.split("/")[third] if "/" in word else word for word in text.split(" "))

    questions = asks.split("|")
    first, third = (tuple(form(question, person) for question in questions) for person in (0, 1))
    told, told_third = ("{s} " + form(verbs, person) for person in (0, 1))
    return Kind(verbs, value, ((told,), (told_third,)), (first, third), (told, told_third))


def _names() -> Kind:
    """Return the kind of fact that somebody has a name, which the user alone tells."""
    tells = (
        "my name is {v}",
        "my name is {v}",
        "I am {v}",
        "I'm {v}",
        "I am called {v}",
        "people call me {v}",
        "call me {v}",
    )
    asks = (
        *("What is my name?", "What's my name?", "Who am I?", "Do you remember my name?", "What am I called?"),
        *("Tell me my name.", "Do you know my name?", "Do you know who I am?", "My name?", "What was my name?"),
        *("What did I say my name was?", "Can you tell me my name?", "Say my name.", "How am I called?"),
    )
    third = ("the user is called {v}", "the user's name is {v}", "you talk to {v}", "the name of the user is {v}")
    return Kind("name", values.person, (tells, third), (asks, asks), ("your name is {v}", "your name is {v}"))


OWN_NAME = _names()

_PETS = tuple(
    _called(being, values.person)
    for being in words(
        "cat dog hamster parrot rabbit horse goldfish turtle snake pony mouse canary donkey goat cow"
    )
)
_PEOPLE = tuple(
    _called(being, values.person)
    for being in (
        *("sister", "brother", "mother", "father", "aunt", "uncle", "cousin", "neighbour", "boss", "teacher"),
        *("doctor", "best friend", "friend", "wife", "husband", "daughter", "son", "grandmother", "grandfather"),
        *("colleague", "landlord", "dentist", "roommate", "assistant", "hairdresser", "gardener", "tutor"),
        *("lawyer", "coach", "twin", "younger brother", "older sister", "oldest son", "niece", "nephew"),
        *("guide", "trainer", "piano teacher"),
    )
)
_THINGS = tuple(
    _called(being, values.title)
    for being in (
        *("boat", "company", "band", "school", "hotel", "favourite restaurant", "street", "village", "project"),
        *("team", "ship", "robot", "favourite book", "favourite song", "blog", "shop", "club"),
        *("dentist's street", "new game"),
    )
)
_CODES = tuple(
    _is(noun, value)
    for value, nouns in (
        (
            values.number,
            "the door code|the PIN|the gate code|the safe's combination|the alarm code|the code|the PIN code",
        ),
        (
            values.code,
            "the order number|the booking code|the licence plate|the voucher code|the tracking number|the ticket",
        ),
        (
            values.code,
            "the meeting room|the flight number|the seat|the serial number|the case number|the access code",
        ),
        (
            values.word,
            "the code word|the secret word|the magic word|the safe word|the answer to the riddle|the daily word",
        ),
        (
            values.password,
            "the wifi password|the password|the network's name|the admin password|the guest password",
        ),
        (
            values.small_number,
            "the room number|the number of guests|the platform|the secret number|the house number",
        ),
        (
            values.small_number,
            "the number of chairs|the temperature|the score|the floor|the bus line|the table number",
        ),
        (
            values.time,
            "the time of the meeting|the train's departure time|the opening time|the show's time|the deadline",
        ),
        (
            values.date,
            "the date of the party|the date of the exam|the delivery date|the date of the wedding|the due date",
        ),
        (
            values.price,
            "the price|the rent|the price of the bike|the budget|the entrance fee|the price of the ticket",
        ),
        (values.place, "the meeting point|the destination|the next stop|the venue|the birthplace of the king"),
        (
            values.person,
            "the winner|the captain's name|the name of the project|the name of the ship|the host|the speaker",
        ),
        (values.phone, "the phone number|the emergency number|the office number|the hotel's number"),
        (values.spot, "the hiding place|the place of the key|the place of the treasure"),
        (values.email, "the contact address|the support email"),
    )
    for noun in nouns.split("|")
)
_OWNED = tuple(
    _is(noun, value)
    for value, nouns in (
        (values.colour, "favourite colour|favorite color|least favourite colour|eye colour|lucky colour"),
        (
            values.food,
            "favourite food|favorite dish|favourite fruit|favourite drink|favourite ice cream|usual breakfast",
        ),
        (
            values.small_number,
            "favourite number|lucky number|favorite number|shoe size|age|house number|hotel room number",
        ),
        (
            values.small_number,
            "room number|locker number|platform|seat number|weight|height|number of sheep|score",
        ),
        (
            values.code,
            "parking spot|flight number|customer number|user ID|order number|licence plate|passport number|seat",
        ),
        (values.place, "home town|favourite city|birthplace|favourite country|next holiday destination|hometown"),
        (values.date, "birthday|wedding day|date of birth|last day at work|next appointment"),
        (values.job, "job|dream job|profession|first job"),
        (
            values.thing,
            "favourite toy|best invention|hobby horse|birthday present|luckiest find|most important tool",
        ),
        (values.word, "favourite word|code word|user name|nickname|safe word|secret"),
        (values.password, "password|wifi password|secret phrase"),
        (values.number, "PIN|bank account|phone extension|zip code|postcode|membership number"),
        (values.phone, "phone number|mobile number|fax number"),
        (values.email, "email address|email|e-mail address"),
        (values.animal, "favourite animal|favorite animal|spirit animal"),
        (values.person, "favourite author|favourite singer|middle name|last name|hero|favourite teacher"),
        (values.time, "bedtime|alarm time|lunch break"),
    )
    for noun in nouns.split("|")
)
_DEEDS = (
    _does(
        "live/lives in {v}",
        values.place,
        "Where do/does {s} live?|In which city do/does {s} live?|In what place do/does {s} live?",
    ),
    _does("come/comes from {v}", values.place, "Where do/does {s} come from?|From which place do/does {s} come?"),
    _does(
        "work/works as {v}",
        values.job,
        "What do/does {s} do for a living?|What do/does {s} work as?|As what do/does {s} work?",
    ),
    _does("work/works in {v}", values.place, "Where do/does {s} work?|In which place do/does {s} work?"),
    _does(
        "drive/drives {v}",
        values.car,
        "What car do/does {s} drive?|Which car do/does {s} drive?|What do/does {s} drive?",
    ),
    _does(
        "play/plays the {v}",
        values.instrument,
        "Which instrument do/does {s} play?|What instrument do/does {s} play?|What do/does {s} play?",
    ),
    _does("study/studies {v}", values.subject, "What do/does {s} study?|Which subject do/does {s} study?"),
    _does("collect/collects {v}", values.things, "What do/does {s} collect?|What things do/does {s} collect?"),
    _does(
        "want/wants {v} for the birthday",
        values.thing,
        "What do/does {s} want for the birthday?|Which present do/does {s} want?",
    ),
    _does("own/owns {v}", values.counted, "What do/does {s} own?|How many things do/does {s} own, and which?"),
    _does("hate/hates {v}", values.food, "What do/does {s} hate?|Which food do/does {s} hate?"),
    _does("love/loves {v}", values.food, "What do/does {s} love?|Which food do/does {s} love?"),
    _does(
        "get/gets up at {v}",
        values.time,
        "When do/does {s} get up?|At what time do/does {s} get up?|What time do/does {s} get up?",
    ),
    _does(
        "leave/leaves on {v}",
        values.date,
        "When do/does {s} leave?|On which day do/does {s} leave?|On what date do/does {s} leave?",
    ),
    _does(
        "arrive/arrives at {v}",
        values.time,
        "When do/does {s} arrive?|At what time do/does {s} arrive?|What time do/does {s} arrive?",
    ),
    _does("keep/keeps the key {v}", values.spot, "Where do/does {s} keep the key?|Where is the key of {s} kept?"),
    _does("parked/parked the car {v}", values.spot, "Where did {s} park the car?|Where did {s} leave the car?"),
    _does(
        "put/put the glasses {v}", values.spot, "Where did {s} put the glasses?|Where did {s} leave the glasses?"
    ),
    _does(
        "read/reads a book called {v}", values.title, "Which book do/does {s} read?|What book do/does {s} read?"
    ),
    _does("paid/paid {v}", values.price, "How much did {s} pay?|What did {s} pay?"),
    _does(
        "speak/speaks {v}", values.language, "Which language do/does {s} speak?|What language do/does {s} speak?"
    ),
    _does("support/supports {v}", values.title, "Which team do/does {s} support?|Whom do/does {s} support?"),
)
# Families are drawn alike, however many kinds they have.
_FAMILIES = (_PETS, _PEOPLE, _THINGS, _CODES, _CODES, _OWNED, _OWNED, _OWNED, _DEEDS, _DEEDS)
