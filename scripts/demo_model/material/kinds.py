"""Kinds of facts that somebody tells: how each is told, asked for and said back.

It knows nothing of whose a fact is; see `telling`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from ..wording.manner import with_article
from . import values, vocabulary
from .vocabulary import words

Make = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact. In its templates {s} is a subject, {o} a possessive, and {v} the value.

    Attributes:
        key: Tells kinds apart; kinds that a question could mix up have one key.
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


def _called(being: str, value: Make) -> Kind:
    """Return the kind of fact that somebody's cat has a name."""
    tells = (
        *(f"{{o}} {being} is called {{v}}", f"{{o}} {being}'s name is {{v}}"),
        *(f"the name of {{o}} {being} is {{v}}", f"{{v}} is {{o}} {being}"),
        *(f"{{v}} is the name of {{o}} {being}", f"{{o}} {being} is named {{v}}"),
        *(
            f"{{o}} {being} has the name {{v}}",
            f"{{o}} {being}, {{v}}, says hello",
            f"{{v}}, {{o}} {being}, is here",
        ),
    )
    one = with_article(being)
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
        *(f"Do you remember what {{o}} {being} is called?", f"What is the name of {{o}} {being} again?"),
        *(f"Do you know what {{o}} {being} is called?", f"What did I tell you about {{o}} {being}?"),
        *(f"What name does {{o}} {being} have?", f"How did I call {{o}} {being}?"),
    )
    own = (f"I have {one} called {{v}}", f"I have {one} named {{v}}")
    others = (f"{{s}} has {one} called {{v}}", f"{{s}} has {one} named {{v}}")
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
        *(f"What was {whole} again?", f"Give me {whole}.", f"I need {whole}."),
        *(f"Which one is {whole}?", f"I need to know {whole}."),
        *(f"Could you tell me {whole}?", f"Which is {whole}?", f"Please tell me what {whole} is."),
        *(f"And {whole}?", f"Do you remember what {whole} is?", f"What did I tell you about {whole}?"),
        *(
            f"Do you know what {whole} is?",
            f"What is {whole} again?",
            f"Do you still know {whole}?",
        ),
    )
    said = f"{whole} is {{v}}"
    key = noun.removeprefix("the ").replace("favorite", "favourite").replace("color", "colour")
    return Kind(key, value, (tells, tells), (asks, asks), (said, said), owned=whole != noun)


def _does(verbs: str, value: Make, asks: str) -> Kind:
    """Return the kind of fact that somebody does something.

    Args:
        verbs: Like "live/lives in {v}|am/is living in {v}"; the form before the first bar is said back.
        value: Draws the value.
        asks: Questions, between bars, like "Where do/does {s} live?".
    """

    def form(text: str, third: int) -> str:
        return " ".join(word.split("/")[third] if "/" in word else word for word in text.split(" "))

    first, third = (tuple(form(question, person) for question in asks.split("|")) for person in (0, 1))
    tells, tells_third = (tuple("{s} " + form(verb, person) for verb in verbs.split("|")) for person in (0, 1))
    return Kind(verbs, value, (tells, tells_third), (first, third), (tells[0], tells_third[0]))


def _lies(noun: str) -> Kind:
    """Return the kind of fact that a thing is somewhere: somebody's thing, or the one thing of that sort."""
    whole = noun if noun.startswith("the ") else "{o} " + noun
    tells = (f"{whole} is {{v}}", f"{whole} is {{v}}", f"{whole} lies {{v}}", f"you find {whole} {{v}}")
    asks = (
        *(f"Where is {whole}?", f"Where's {whole}?", f"Where is {whole}?", f"Where can I find {whole}?"),
        *(f"Where was {whole}?", f"Do you remember where {whole} is?", f"Tell me where {whole} is."),
        *(f"Where do I find {whole}?", f"I can't find {whole}.", f"Where did I say {whole} is?"),
        *(f"Do you know where {whole} is?", f"I am looking for {whole}.", f"In what place is {whole}?"),
    )
    own = (f"I put {whole} {{v}}", f"I left {whole} {{v}}", f"I have put {whole} {{v}}")
    said = f"{whole} is {{v}}"
    key = noun.removeprefix("the ") + " lies"
    return Kind(key, values.spot, (tells + own, tells), (asks, asks), (said, said), owned=whole != noun)


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
        "live/lives in {v}|am/is living in {v}|moved/moved to {v}|have/has a flat in {v}",
        values.place,
        "Where do/does {s} live?|In which city do/does {s} live?|In what place do/does {s} live?",
    ),
    _does(
        "come/comes from {v}|am/is from {v}|grew/grew up in {v}",
        values.place,
        "Where do/does {s} come from?|From which place do/does {s} come?",
    ),
    _does(
        "work/works as {v}|am/is {v}|became/became {v}|earn/earns money as {v}",
        values.job,
        "What do/does {s} do for a living?|What do/does {s} work as?|As what do/does {s} work?",
    ),
    _does("work/works in {v}", values.place, "Where do/does {s} work?|In which place do/does {s} work?"),
    _does(
        "drive/drives {v}|am/is driving {v}|travel/travels in {v}",
        values.car,
        "What car do/does {s} drive?|Which car do/does {s} drive?|What do/does {s} drive?",
    ),
    _does(
        "play/plays the {v}|practise/practises the {v}|am/is learning the {v}",
        values.instrument,
        "Which instrument do/does {s} play?|What instrument do/does {s} play?|What do/does {s} play?",
    ),
    _does(
        "study/studies {v}|am/is studying {v}|am/is a student of {v}",
        values.subject,
        "What do/does {s} study?|Which subject do/does {s} study?",
    ),
    _does("collect/collects {v}", values.things, "What do/does {s} collect?|What things do/does {s} collect?"),
    _does(
        "want/wants {v} for the birthday",
        values.thing,
        "What do/does {s} want for the birthday?|Which present do/does {s} want?",
    ),
    _does("own/owns {v}", values.counted, "What do/does {s} own?|How many things do/does {s} own, and which?"),
    _does(
        "hate/hates {v}|cannot stand {v}|do/does not like {v}",
        values.food,
        "What do/does {s} hate?|Which food do/does {s} hate?|What do/does {s} not like?",
    ),
    _does(
        "love/loves {v}|like/likes {v} a lot|am/is very fond of {v}",
        values.food,
        "What do/does {s} love?|Which food do/does {s} love?|What do/does {s} like a lot?",
    ),
    _does(
        "get/gets up at {v}|wake/wakes up at {v}|always get/gets up at {v}",
        values.time,
        "When do/does {s} get up?|At what time do/does {s} get up?|What time do/does {s} get up?",
    ),
    _does(
        "leave/leaves on {v}|will leave on {v}|am/is leaving on {v}",
        values.date,
        "When do/does {s} leave?|On which day do/does {s} leave?|On what date do/does {s} leave?",
    ),
    _does(
        "arrive/arrives at {v}|will arrive at {v}|am/is arriving at {v}",
        values.time,
        "When do/does {s} arrive?|At what time do/does {s} arrive?|What time do/does {s} arrive?",
    ),
    _does("keep/keeps the key {v}", values.spot, "Where do/does {s} keep the key?"),
    _does("parked/parked the car {v}", values.spot, "Where did {s} park the car?|Where did {s} leave the car?"),
    _does(
        "put/put the glasses {v}", values.spot, "Where did {s} put the glasses?|Where did {s} leave the glasses?"
    ),
    _does(
        "read/reads a book called {v}|am/is reading a book called {v}|am/is reading {v}",
        values.title,
        "Which book do/does {s} read?|What book do/does {s} read?",
    ),
    _does("paid/paid {v}", values.price, "How much did {s} pay?|What did {s} pay?"),
    _does(
        "speak/speaks {v}|can speak {v}|am/is learning {v}",
        values.language,
        "Which language do/does {s} speak?|What language do/does {s} speak?",
    ),
    _does("support/supports {v}", values.title, "Which team do/does {s} support?|Whom do/does {s} support?"),
)
# Kinds of any noun, so that the model learns to take whatever somebody has or names.
_ANY_CALLED = tuple(_called(noun, values.title) for noun in vocabulary.NOUNS)
_ANY_LIES = tuple(_lies(article + noun) for noun in vocabulary.NOUNS for article in ("", "the "))
_ANY_IS = tuple(
    _is(pattern.format(noun), value)
    for noun in vocabulary.NOUNS
    for pattern, value in (
        ("favourite {}", values.title),
        ("the {} code", values.number),
        ("the price of the {}", values.price),
        ("the colour of the {}", values.colour),
        ("the number of the {}", values.small_number),
        ("{}'s colour", values.colour),
    )
)
# Families are drawn alike, however many kinds they have.
FAMILIES = (
    *(_PETS, _PETS, _PEOPLE, _PEOPLE, _THINGS, _CODES, _CODES, _CODES, _OWNED, _OWNED, _OWNED, _OWNED),
    *(_DEEDS, _DEEDS, _DEEDS, _ANY_CALLED, _ANY_LIES, _ANY_LIES, _ANY_IS, _ANY_IS),
)
