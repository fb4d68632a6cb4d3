"""Facts learned by heart: see `material.facts`. Nothing is held out but the wording's endless combinations.

Capitals and colours are answered by a short sentence, everything else by the bare word, number or list.
"""

from __future__ import annotations

from ..exercise import Ability, Exercise, Source, ask
from ..material import facts
from ..material.facts import DAYS, MONTHS, ORDINALS, PLANETS, SEASONS
from ..wording import frames
from ..wording.frames import phrases

_ASK_CAPITAL = phrases("""
6* what is the capital of {} | 3* what's the capital of {} | which city is the capital of {}
what city is the capital of {} | what is the capital city of {} | what is {}'s capital | what's {}'s capital
what is {}'s capital city | what is the name of {}'s capital | what is the name of the capital of {}
what is the capital city in {} | which is the capital of {} | whats the capital of {} | the capital of {} is
the capital of {} is which city | what capital does {} have | which capital belongs to {}
where is the government of {} | which city is {}'s capital | capital of {} | {}'s capital | capital city of {}
what is the capital of the country {} | which capital does {} have
""")
_CAPITAL = phrases("""
2* name the capital of {} | give me the capital of {} | say the capital of {} | 2* tell me the capital of {}
write the capital of {} | state the capital of {} | tell me {}'s capital
tell me which city is the capital of {} | tell me what the capital of {} is | find the capital of {}
name {}'s capital | name {}'s capital city
""")
_INDIRECT_CAPITAL = phrases("""
what the capital of {} is | the capital of {} | which city is the capital of {} | {}'s capital
""")
_ASK_COUNTRY = phrases("""
which country has {} as its capital | what country has {} as its capital | {} is the capital of which country
{} is the capital of what country | what is {} the capital of | what country is {} the capital of
which country is {} the capital of | of which country is {} the capital | whose capital is {}
which country's capital is {} | what country's capital is {} | which country does the capital {} belong to
{} is the capital of | {} is which country's capital | which nation has the capital {}
in which country is {} the capital
""")
_COUNTRY = phrases("""
name the country whose capital is {} | tell me which country has {} as its capital
name the country with the capital {} | tell me which country {} is the capital of
say which country has {} as its capital
""")

_AFTER = phrases("""
what day comes after {} | which day comes after {} | what day follows {} | which day follows {}
what comes after {} | what day is after {} | what is the day after {} | what's the day after {}
which day is after {} | what's after {} | what is the next day after {} | if today is {}, what day is tomorrow
today is {}, what day is tomorrow | what day of the week comes after {} | which day of the week follows {}
what is one day after {} | the day after {} | if it's {} today, what day will it be tomorrow
today is {}. What is tomorrow | which weekday comes after {}
""")
_BEFORE = phrases("""
what day comes before {} | which day comes before {} | what day precedes {} | what comes before {}
what's before {} | what day is before {} | what is the day before {} | what's the day before {}
which day is right before {} | if today is {}, what day was yesterday | today is {}, what day was yesterday
the day before {} | what day of the week comes before {} | what is one day before {}
if it's {} today, what day was it yesterday | today is {}. What was yesterday | which weekday comes before {}
""")
_AFTER_MONTH = phrases("""
what month comes after {} | which month comes after {} | what month follows {} | which month follows {}
what is the month after {} | what's the month after {} | what month is after {} | what is the next month after {}
if it is {} now, what is next month | which month is next after {} | what comes after {} | the month after {}
""")
_BEFORE_MONTH = phrases("""
what month comes before {} | which month comes before {} | what month precedes {} | what is the month before {}
what's the month before {} | what month is before {} | if it is {} now, what was last month
what comes before {} | which month is right before {} | the month before {}
""")
_NUMBER_OF_MONTH = phrases("""
which number is the month {} | what number is the month of {} | what number month is {}
which month of the year is {} | what is the number of the month {} | what is the number of {}
{} is which month of the year, as a number
""")
_NTH = phrases("""
what is the {n} {k} | which is the {n} {k} | what's the {n} {k} | which {k} is the {n} | what {k} is the {n}
what is {k} number {i} | what is the name of the {n} {k} | what is the {n} {k} called
""")
_DAYS_OF_MONTH = phrases("""
how many days does {} have | how many days are in {} | how many days are there in {} | how many days has {}
how many days in {} | how long is {} in days | what is the number of days in {}
how many days does the month of {} have
""")
_LISTS = phrases("""
list {} | name {} | list {} in order | name {} in order | tell me {} | give me {} | write {} | name all {}
list all {} | write down {} | say {} | say {} in order | recite {} | enumerate {} | give me a list of {}
""")
_ASK_LISTS = (
    "what are {}",
    "what are {} in order",
    "what are the names of {}",
    "what are {} called",
    "which are {}",
)
_LISTED: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        (
            "the days of the week",
            "the weekdays from Monday to Sunday",
            "the seven days of the week",
            "the days in a week",
        ),
        DAYS,
    ),
    (
        (
            "the months",
            "the months of the year",
            "the twelve months",
            "the 12 months of the year",
            "the months in a year",
        ),
        MONTHS,
    ),
    (
        ("the planets", "the planets of the solar system", "the planets in our solar system", "the eight planets"),
        PLANETS,
    ),
    (("the seasons", "the seasons of the year", "the four seasons", "the 4 seasons"), SEASONS),
    (("the colors of the rainbow", "the colours of the rainbow", "the rainbow colors"), facts.RAINBOW),
    (("the vowels", "the vowels of the alphabet", "the five vowels"), tuple("aeiou")),
    (("the letters of the alphabet", "the alphabet", "the 26 letters"), tuple("abcdefghijklmnopqrstuvwxyz")),
    (("the cardinal directions", "the four cardinal directions"), ("north", "east", "south", "west")),
    (("the five senses", "the senses", "the human senses"), ("sight", "hearing", "smell", "taste", "touch")),
    (("the continents", "the seven continents", "the continents of the world"), facts.CONTINENTS),
)

_ASK_COLOUR = phrases("""
4* what color {b} {x} | 2* what colour {b} {x} | which color {b} {x} | what is the color of {x}
what's the color of {x} | what is the colour of {x} | what color does {x} have | {x} {b} what color
what is {x}'s color | which colour {b} {x} | color of {x} | {x} {b} which color
what color do you see when you look at {x} | what color {b} {x} usually
""")
_COLOUR = phrases("""
tell me the color of {x} | name the color of {x} | tell me what color {x} {b} | say what color {x} {b}
give me the color of {x} | tell me what colour {x} {b}
""")
_ASK_MIXTURE = phrases("""
what color do you get if you mix {} and {} | what do you get when you mix {} and {} | what do {} and {} make
what color do {} and {} make | what is {} mixed with {} | what color is {} plus {}
what happens when I mix {} and {} | which color do {} and {} make together | what colour comes from {} and {}
what colour is a mix of {} and {} | if I mix {} and {} paint, what color do I get
what is the mixture of {} and {} | what color is a mixture of {} and {}
""")
_ASK_OPPOSITE = phrases("""
4* what is the opposite of {} | 2* what's the opposite of {} | which word is the opposite of {}
{} is the opposite of what | what is the antonym of {} | what word means the opposite of {}
what is the contrary of {} | opposite of {} | what's an antonym for {} | what is the reverse meaning of {}
which word has the opposite meaning of {}
""")
_OPPOSITE = phrases("""
give me the opposite of {} | tell me the opposite of {} | name the opposite of {} | say the opposite of {}
write the opposite of {} | give me the antonym of {} | find the opposite of {} | give an antonym of {}
""")
_ASK_SOUND = phrases("""
what sound does a {} make | what does a {} say | what noise does a {} make | how does a {} sound
how does a {} go | what does the {} say | which sound does a {} make | what is the sound of a {}
what sound do you hear from a {}
""")
_ASK_YOUNG = phrases("""
what is a baby {} called | what do you call a baby {} | what is a young {} called | what's the name for a baby {}
what do you call a young {} | how do you call a baby {} | what is the baby of a {} called | what's a baby {}
""")
_ASK_AMOUNT = phrases("""
3* how many {} are {} | 2* how many {} are there {} | how many {} {} | what is the number of {} {}
what's the number of {} {} | how many {} do you find {}
""")
_ASK_POSSESSION = phrases("""
2* how many {} does {} have | how many {} has {} | how many {} does {} usually have
how many {} does {} normally have | what number of {} does {} have | how many {} does {} contain
""")


# Every word that is asked for its opposite, and that.
OPPOSITES = (
    *facts.OPPOSITES,
    *((other, one) for one, other in facts.OPPOSITES),
    *facts.ONE_WAY_OPPOSITES,
)


_ASK_NEXT_LETTER = phrases("""
what letter comes after {} | which letter comes after {} | what letter follows {} | which letter is after {}
what is the letter after {} | what comes after {} in the alphabet | which letter follows {} in the alphabet
what is the next letter after {} | what letter comes next after {} | what letter comes after {} in the alphabet
""")
_ASK_LETTER_BEFORE = phrases("""
what letter comes before {} | which letter comes before {} | what letter precedes {} | which letter is before {}
what is the letter before {} | what comes before {} in the alphabet | which letter is right before {}
""")


def _question(source: Source, core: str, answer: str) -> Exercise:
    return _exercise(source, frames.question(source, core), answer)


def _command(source: Source, core: str, answer: str) -> Exercise:
    return _exercise(source, frames.command(source, core), answer)


def _exercise(source: Source, text: str, answer: str) -> Exercise:
    return Exercise(ask(frames.noted(source, frames.loosely(source, text))), answer)


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]


def _asked_of(source: Source, country: str) -> str:
    others = facts.OTHER_NAMES.get(country)
    return source.wording(others) if others and source.chance(0.5) else country


def _capital(source: Source) -> Exercise:
    country, capital = source.wording(facts.CAPITALS)
    answer = f"{capital} is the capital of {country}."
    which = source.rng.random()
    if which < 0.25:
        put, cores = (_question, _ASK_COUNTRY) if which < 0.18 else (_command, _COUNTRY)
        return put(source, source.wording(cores).format(capital), answer)
    asked = _asked_of(source, country)
    if which < 0.8:
        return _question(source, source.wording(_ASK_CAPITAL).format(asked), answer)
    if which < 0.9:
        return _exercise(source, frames.indirect(source, source.wording(_INDIRECT_CAPITAL).format(asked)), answer)
    return _command(source, source.wording(_CAPITAL).format(asked), answer)


def _day(source: Source) -> Exercise:
    number, which = int(source.rng.random() * 7), source.rng.random()
    if which < 0.4:
        return _question(source, source.wording(_AFTER).format(DAYS[number]), DAYS[(number + 1) % 7])
    if which < 0.75:
        return _question(source, source.wording(_BEFORE).format(DAYS[number]), DAYS[(number - 1) % 7])
    core = source.wording(_NTH).format(n=ORDINALS[number], i=number + 1, k="day of the week")
    return _question(source, core, DAYS[number])


def _month(source: Source) -> Exercise:
    number, which = int(source.rng.random() * 12), source.rng.random()
    if which < 0.25:
        return _question(source, source.wording(_AFTER_MONTH).format(MONTHS[number]), MONTHS[(number + 1) % 12])
    if which < 0.5:
        return _question(source, source.wording(_BEFORE_MONTH).format(MONTHS[number]), MONTHS[(number - 1) % 12])
    if which < 0.7:
        kind = source.wording(("month", "month of the year"))
        return _question(
            source, source.wording(_NTH).format(n=ORDINALS[number], i=number + 1, k=kind), MONTHS[number]
        )
    if which < 0.8:
        return _question(source, source.wording(_NUMBER_OF_MONTH).format(MONTHS[number]), str(number + 1))
    return _question(
        source, source.wording(_DAYS_OF_MONTH).format(MONTHS[number]), str(facts.DAYS_OF_MONTH[number])
    )


def _list(source: Source) -> Exercise:
    names, listed = source.wording(_LISTED)
    answer = ", ".join(listed)
    if source.chance(0.6):
        return _command(source, source.wording(_LISTS).format(source.wording(names)), answer)
    return _question(source, source.wording(_ASK_LISTS).format(source.wording(names)), answer)


def _calendar(source: Source) -> Exercise:
    return source.wording((_day, _day, _month, _month))(source)


def _colour(source: Source) -> Exercise:
    if source.chance(0.15):
        one, other, mixed = source.wording(facts.MIXTURES)
        asked = (other, one) if source.chance(0.5) else (one, other)
        return _question(
            source, source.wording(_ASK_MIXTURE).format(*asked), f"{_capitalised(one)} and {other} make {mixed}."
        )
    thing, being, colour = source.wording(facts.COLOURS)
    answer = f"{_capitalised(thing)} {being} {colour}."
    if source.chance(0.8):
        core = source.wording(_ASK_COLOUR)
        if being == "are":
            core = core.replace("does {x}", "do {x}").replace("{x}'s color", "the color of {x}")
        return _question(source, core.format(x=thing, b=being), answer)
    return _command(source, source.wording(_COLOUR).format(x=thing, b=being), answer)


def _opposite(source: Source) -> Exercise:
    one, other = source.wording(OPPOSITES)
    marked = source.wording(("{}", "{}", "{}", '"{}"', "'{}'", "the word {}", 'the word "{}"')).format(one)
    if source.chance(0.7):
        return _question(source, source.wording(_ASK_OPPOSITE).format(marked), other)
    return _command(source, source.wording(_OPPOSITE).format(marked), other)


def _letter(source: Source) -> Exercise:
    letters = source.wording(("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"))
    number, which = int(source.rng.random() * 25), source.rng.random()
    letter, following = letters[number], letters[number + 1]
    marked = source.wording(("{}", "{}", "{}", '"{}"', "'{}'", "the letter {}"))
    # Capitals and small letters matter here, so the request is left as it is.
    if which < 0.6:
        core, answer = source.wording(_ASK_NEXT_LETTER).format(marked.format(letter)), following
    else:
        core, answer = source.wording(_ASK_LETTER_BEFORE).format(marked.format(following)), letter
    return Exercise(ask(frames.question(source, core)), answer)


def _planet(source: Source) -> Exercise:
    number, which = int(source.rng.random() * 8), source.rng.random()
    if which < 0.4:
        kind = source.wording(
            ("planet", "planet from the sun", "planet from the Sun", "planet of the solar system")
        )
        return _question(
            source, source.wording(_NTH).format(n=ORDINALS[number], i=number + 1, k=kind), PLANETS[number]
        )
    asked, answer = source.wording(facts.PLANET_QUESTIONS)
    return _question(source, asked, answer)


def _animal(source: Source) -> Exercise:
    if source.chance(0.5):
        animal, sound = source.wording(facts.SOUNDS)
        return _question(source, _with_article(source.wording(_ASK_SOUND), animal), sound)
    animal, young = source.wording(facts.YOUNG)
    return _question(source, _with_article(source.wording(_ASK_YOUNG), animal), young)


def _with_article(core: str, animal: str) -> str:
    return core.replace("a {}", "an {}" if animal[0] in "aeiou" else "a {}").format(animal)


def _amount(source: Source) -> Exercise:
    if source.chance(0.5):
        what, where, number = source.wording(facts.AMOUNTS)
        core = source.wording(_ASK_AMOUNT).format(what, where)
    else:
        what, who, number = source.wording(facts.POSSESSIONS)
        core = source.wording(_ASK_POSSESSION).format(what, who)
    return _question(source, core, number)


ABILITIES: tuple[Ability, ...] = (
    Ability("Capitals", _capital, share=1, goal=0.98),
    Ability("Days and months", _calendar, share=0.5, goal=0.98),
    Ability("Letters of the alphabet", _letter, share=0.2, goal=0.98),
    Ability("Lists by heart", _list, share=0.3, goal=0.98),
    Ability("Colours", _colour, share=0.4, goal=0.98),
    Ability("Opposites", _opposite, share=0.4, goal=0.98),
    Ability("Planets", _planet, share=0.15, goal=0.98),
    Ability("Animals", _animal, share=0.2, goal=0.98),
    Ability("How many there are", _amount, share=0.3, goal=0.98),
)
