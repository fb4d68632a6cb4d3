"""Values of facts: names, places, codes, times and the like, each by its function of a random generator.

Most of them are open sets; where a set is small (colours, jobs), made-up or composed ones are mixed in.
"""

from __future__ import annotations

import random

from ..wording.manner import with_article
from . import made_up, vocabulary
from .made_up import pick
from .people import FIRST_NAMES, SURNAMES

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_COLOURS = vocabulary.words(
    "red blue green yellow orange purple pink black white grey brown turquoise violet silver gold beige crimson "
    "scarlet navy teal maroon olive lilac lavender magenta cyan ivory indigo khaki mint peach ruby amber bronze "
    "copper coral"
)
_SHADES = (
    "dark ",
    "light ",
    "pale ",
    "bright ",
    "deep ",
    "soft ",
    "warm ",
    "dusty ",
    "neon ",
    "sea ",
    "sky ",
    "forest ",
)
_FOODS = vocabulary.words(
    "pizza spaghetti rice soup salad chocolate bread cheese curry sushi noodles pancakes lasagne goulash stew "
    "porridge apples pears cherries mangoes bananas grapes lentils beans potatoes carrots mushrooms spinach "
    "asparagus tomatoes honey jam yoghurt waffles dumplings falafel tacos burritos ramen tofu salmon tuna "
    "shrimps chips popcorn olives almonds walnuts cake pie ginger garlic onions cucumbers tea coffee cocoa "
    "lemonade milk juice cider vanilla lemon"
)
_JOBS = vocabulary.words(
    "baker teacher nurse pilot farmer cook plumber painter doctor lawyer judge gardener carpenter librarian "
    "mechanic engineer dentist tailor sailor waiter clerk driver butcher florist singer dancer writer editor "
    "guard welder roofer chemist biologist translator secretary accountant astronaut fisherman firefighter "
    "programmer electrician architect photographer beekeeper blacksmith locksmith surgeon barber jeweller "
    "optician"
)
_ANIMALS = vocabulary.words(
    "cat dog horse cow sheep goat pig duck goose hen swan owl eagle hawk crow raven robin sparrow stork crane "
    "parrot penguin ostrich lion tiger bear wolf fox deer moose hare rabbit squirrel badger otter beaver "
    "hedgehog mole bat mouse rat hamster elephant giraffe zebra hippo rhino camel llama monkey gorilla koala "
    "kangaroo whale dolphin shark seal walrus octopus squid crab lobster snail turtle frog toad newt lizard "
    "snake crocodile bee wasp ant beetle moth"
)
_INSTRUMENTS = vocabulary.words(
    "piano violin guitar flute trumpet cello harp drums clarinet oboe saxophone trombone tuba organ accordion "
    "banjo mandolin ukulele bassoon horn viola harmonica lute xylophone bagpipes recorder harpsichord triangle"
)
_SUBJECTS = vocabulary.words(
    "physics chemistry biology history law medicine geography music art philosophy mathematics economics geology "
    "astronomy engineering architecture psychology sociology linguistics Latin theology botany zoology "
    "statistics pharmacy archaeology logic journalism politics"
)
_LANGUAGES = vocabulary.words(
    "German French Spanish Italian Portuguese Dutch Danish Swedish Norwegian Finnish Icelandic Polish Czech "
    "Hungarian Greek Turkish Russian Arabic Hebrew Hindi Bengali Japanese Chinese Korean Thai Welsh Irish Latin "
    "Swahili Basque"
)
_MONTHS = vocabulary.words("January February March April May June July August September October November December")
_DAYS = vocabulary.words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_CURRENCIES = (" euros", " dollars", " pounds", " francs", " yen", " crowns")
_SPOTS = ("under", "behind", "in", "next to", "on", "near", "in front of", "beside", "inside", "above")


def person(rng: random.Random) -> str:
    """Return a name for a person or an animal."""
    which = rng.random()
    if which < 0.4:
        return pick(rng, FIRST_NAMES)
    if which < 0.9:
        return made_up.made_up_name(rng)
    return f"{pick(rng, FIRST_NAMES)} {pick(rng, SURNAMES) if which < 0.95 else made_up.made_up_name(rng)}"


def place(rng: random.Random) -> str:
    """Return the name of a place."""
    return pick(rng, vocabulary.PLACES) if rng.random() < 0.4 else made_up.made_up_name(rng)


def title(rng: random.Random) -> str:
    """Return the name of a thing: a boat, a book, a company."""
    which = rng.random()
    if which < 0.5:
        return made_up.made_up_name(rng)
    noun = pick(rng, vocabulary.NOUNS).capitalize()
    if which < 0.6:
        return f"{pick(rng, vocabulary.ADJECTIVES).capitalize()} {noun}"
    if which < 0.7:
        return f"The {pick(rng, vocabulary.ADJECTIVES).capitalize()} {noun}"
    return f"{made_up.made_up_name(rng)} {noun}" if which < 0.85 else noun


def word(rng: random.Random) -> str:
    """Return a word, made up or not."""
    return made_up.made_up_word(rng) if rng.random() < 0.5 else pick(rng, vocabulary.WORDS)


def small_number(rng: random.Random) -> str:
    """Return a number of one to four digits."""
    return str(int(rng.random() * 10 ** pick(rng, (1, 2, 2, 3, 3, 4))) + 1)


def number(rng: random.Random) -> str:
    """Return three to eight digits."""
    return "".join(pick(rng, "0123456789") for _ in range(pick(rng, (3, 4, 4, 4, 5, 6, 6, 8))))


def code(rng: random.Random) -> str:
    """Return letters and digits: B12, KX-4417, 7F."""
    letters = "".join(pick(rng, _LETTERS) for _ in range(pick(rng, (1, 1, 2, 2, 3))))
    digits = "".join(pick(rng, "0123456789") for _ in range(pick(rng, (1, 2, 3, 3, 4))))
    which = rng.random()
    if which < 0.4:
        return letters + digits
    return f"{letters}-{digits}" if which < 0.75 else digits + letters if which < 0.9 else f"{letters} {digits}"


def password(rng: random.Random) -> str:
    """Return words and digits in one."""
    joint = pick(rng, ("", "-", "-", "_", "."))
    parts = [word(rng) for _ in range(pick(rng, (1, 1, 2)))]
    if rng.random() < 0.8:
        parts.append(str(int(rng.random() * 10 ** pick(rng, (1, 2, 3, 4)))))
    return joint.join(parts if rng.random() < 0.7 else [part.capitalize() for part in parts])


def time(rng: random.Random) -> str:
    """Return a time of day."""
    hour, minute = int(rng.random() * 24), int(rng.random() * 60)
    which = rng.random()
    if which < 0.6:
        return f"{hour:02}:{minute:02}"
    half = "am" if hour < 12 else "pm"
    return f"{hour % 12 or 12} {half}" if which < 0.8 else f"{hour % 12 or 12}:{minute:02} {half}"


def date(rng: random.Random) -> str:
    """Return a day of the year or of the week."""
    which, month, day = rng.random(), pick(rng, _MONTHS), int(rng.random() * 28) + 1
    if which < 0.45:
        return f"{day} {month}"
    if which < 0.85:
        return f"{month} {day}"
    return pick(rng, _DAYS) + (f", {month} {day}" if which < 0.95 else "")


def price(rng: random.Random) -> str:
    """Return an amount of money."""
    amount = int(rng.random() * 10 ** pick(rng, (1, 2, 3, 4))) + 1
    if rng.random() < 0.3:
        return f"{pick(rng, '$€£')}{amount}"
    return f"{amount}{pick(rng, _CURRENCIES)}"


def colour(rng: random.Random) -> str:
    """Return a colour."""
    return (pick(rng, _SHADES) if rng.random() < 0.4 else "") + pick(rng, _COLOURS)


def food(rng: random.Random) -> str:
    """Return something to eat."""
    which = rng.random()
    if which < 0.55:
        return pick(rng, _FOODS)
    if which < 0.8:
        return f"{pick(rng, vocabulary.ADJECTIVES)} {pick(rng, _FOODS)}"
    return f"{pick(rng, _FOODS)} with {pick(rng, _FOODS)}"


def job(rng: random.Random) -> str:
    """Return a job, with its article."""
    which = rng.random()
    name = (
        pick(rng, _JOBS)
        if which < 0.75
        else f"{pick(rng, vocabulary.NOUNS)} {pick(rng, ('maker', 'seller', 'painter'))}"
    )
    return with_article(name)


def animal(rng: random.Random) -> str:
    """Return an animal, with its article."""
    name = pick(rng, _ANIMALS)
    if rng.random() < 0.3:
        name = f"{pick(rng, _COLOURS)} {name}"
    return "the " + name


def thing(rng: random.Random) -> str:
    """Return a thing, with its article."""
    name = pick(rng, vocabulary.NOUNS)
    if rng.random() < 0.5:
        name = f"{pick(rng, vocabulary.ADJECTIVES)} {name}"
    return with_article(name)


def things(rng: random.Random) -> str:
    """Return things that are not counted."""
    plural = made_up.plural(pick(rng, vocabulary.NOUNS))
    return f"{pick(rng, vocabulary.ADJECTIVES)} {plural}" if rng.random() < 0.5 else plural


def counted(rng: random.Random) -> str:
    """Return things with their number."""
    return f"{int(rng.random() * 98) + 2} {things(rng)}"


def car(rng: random.Random) -> str:
    """Return a car, with its article."""
    make = made_up.made_up_name(rng)
    return f"a {pick(rng, _COLOURS)} {make}" if rng.random() < 0.6 else f"a {make}"


def instrument(rng: random.Random) -> str:
    """Return an instrument."""
    return pick(rng, _INSTRUMENTS)


def subject(rng: random.Random) -> str:
    """Return what can be studied."""
    first = pick(rng, _SUBJECTS)
    return first if rng.random() < 0.6 else f"{first} and {pick(rng, _SUBJECTS)}"


def language(rng: random.Random) -> str:
    """Return a language, real or made up."""
    return pick(rng, _LANGUAGES) if rng.random() < 0.6 else made_up.made_up_name(rng)


def spot(rng: random.Random) -> str:
    """Return where something can be: under the old table."""
    adjective = pick(rng, vocabulary.ADJECTIVES) + " " if rng.random() < 0.4 else ""
    return f"{pick(rng, _SPOTS)} the {adjective}{pick(rng, vocabulary.NOUNS)}"


def phone(rng: random.Random) -> str:
    """Return a phone number."""
    first, second = int(rng.random() * 900) + 100, int(rng.random() * 9000) + 1000
    return f"{first}-{second}" if rng.random() < 0.5 else f"0{first} {second}"


def email(rng: random.Random) -> str:
    """Return an address for email."""
    name = pick(rng, FIRST_NAMES).lower() if rng.random() < 0.5 else made_up.made_up_word(rng)
    return f"{name}@{made_up.made_up_word(rng)}.{pick(rng, ('com', 'org', 'net', 'de', 'io'))}"
