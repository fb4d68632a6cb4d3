"""Tools that nobody has thought of: a verb and a noun put together, known or made up, with arguments of any kind.

They teach to choose by the words of a request rather than by what one knows of tools.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from ..exercise import Source
from ..material.made_up import pick
from ..material.vocabulary import words
from .requests import Form, Request, describe, read_form
from .schemas import Parameter, Tool, camel_case, definition, nonsense_name, tool_name
from .sentences import COMMAND, NOUN_PHRASE, QUESTION, speak
from .values import FREE_TEXT, made_up_word

# Verbs of one group mean the same and are never told apart.
_VERBS = tuple(
    tuple(group.split("/"))
    for group in words("""
lock unlock open close/shut start/launch/begin stop/halt pause resume/continue restart/reboot delete/remove
archive restore/recover rename copy/duplicate move print scan sign encrypt decrypt compress/zip extract/unzip
validate/verify approve/accept reject/decline cancel schedule postpone/delay publish hide share upload
download install uninstall update/upgrade repair/fix clean wash dry paint polish fold iron cut slice bake cook
fry boil grill serve feed water plant harvest trim pack unpack ship order rent sell buy/purchase
return/bring_back refund inspect test measure weigh count sort filter merge/combine split/divide rotate flip
resize crop sharpen blur/smear record play mute unmute dim brighten warm/heat cool charge/load discharge
connect disconnect pair reset calibrate tune export import sync/synchronize back_up assign unassign promote
demote invite ban/block unblock follow unfollow rate/score review translate summarize tag/label pin unpin flag
report escalate transfer withdraw deposit freeze unfreeze activate/enable deactivate/disable deploy roll_back
scale monitor ping park tow fuel launder stack store fetch/bring deliver collect/gather mix shake stir fill
empty inflate deflate raise lower lift drop/release tilt swap/exchange bury hang frame sand weld drill
""")
)
_NOUNS = words("""
door window gate garage curtain lamp lantern heater fan oven fridge kettle toaster printer scanner router
modem server database laptop phone tablet camera speaker radio television projector drone robot engine pump
valve boiler tank battery car bike truck bus train boat ship plane rocket satellite elevator escalator crane
tractor invoice receipt contract report letter envelope package parcel order ticket coupon voucher passport
visa license certificate diploma document folder file photo video song playlist album podcast channel post
comment message draft newsletter survey poll form page website blog article chapter book magazine dictionary
map chart table spreadsheet slide presentation whiteboard notebook calendar task project milestone issue
branch commit release container cluster pipeline queue job script plugin module theme font icon account
profile password token key certificate group team channel_list member customer supplier employee applicant
student teacher patient doctor nurse pilot driver chef guest tenant landlord cat dog horse cow sheep goat hen
duck rabbit hamster parrot goldfish turtle snake bee hive fern rose tulip cactus lawn hedge garden greenhouse
field orchard tree bush soil compost pool fountain pond fence roof wall floor carpet sofa chair desk bed
pillow blanket mattress shelf cupboard drawer mirror clock watch ring necklace shirt jacket dress skirt shoe
boot hat scarf glove suitcase backpack umbrella tent bread cake pizza soup salad sandwich pancake cookie steak
fish egg potato carrot onion apple banana lemon coffee tea juice wine guitar piano violin drum flute trumpet
game puzzle level quest avatar sword shield potion spell dragon castle spaceship warehouse shelf_row pallet
conveyor machine sensor meter antenna cable switch fuse alarm siren doorbell intercom badge bridge tunnel road
lane sign crossing harbour dock runway hangar stage curtain_rail costume ticket_office
""")
_QUALITIES = words("""
old new red blue green yellow white black big small main front back left right upper lower first second last
north south wooden metal electric broken spare garden kitchen office guest night summer winter secret shared
private public
""")
# What may be asked of a thing.
_ATTRIBUTES = words("""
status price size weight height width length age color owner name address version capacity temperature speed
balance location position level score rating deadline description author title language duration volume
pressure humidity length_limit power voltage model brand manufacturer serial_number warranty expiry_date
start_date end_date priority category type format resolution password_hint history capital_value value cost
fee tax discount total quality rank depth distance angle frequency mileage condition state mode phone_number
manager
""")
_GETTERS = words("get fetch lookup find read show check query")


def _forms(text: str) -> tuple[Form, ...]:
    return tuple(read_form(part) for part in text.split(";"))


# What can be said of the thing itself, right behind it. {0} in an argument's name is the noun.
_MARKED = tuple(
    (_forms(forms), tuple(said.split("|")))
    for forms, said in (
        ("id {0}_id {0} {0}_number number:id", " {v}| {v}| number {v}| with the id {v}| no. {v}|, id {v},"),
        ("name {0}_name {0} title:username", ' {v}| named {v}| called {v}| called "{v}"| "{v}"'),
        ("owner user person of {0}_owner:person", " of {v}| of {v}| that belongs to {v}"),
        ("room where location place {0}_location:room", " in the {v}| in the {v}"),
        ("city location place town:city", " in {v}"),
        ("number {0}_number index position:int:1-999", " {v}| number {v}| #{v}"),
        ("color colour {0}_color:color", " with the color {v}"),
    )
)
# What can be said of the action, at the end.
_ADDED = tuple(
    (_forms(forms), tuple(said.split("|")))
    for forms, said in (
        ("time at when start_time:time", "at {v}|at {v}"),
        ("date day when on:date", "on {v}|on {v}"),
        ("count times repeat repetitions n:int:2-20", "{v} times"),
        ("user person name for_user customer:person", "for {v}"),
        ("level value target setting to:int:0-100", "to {v}|to {v} percent|with the level {v}"),
        ("minutes duration_minutes mins:int:2-90", "for {v} minutes|in {v} minutes"),
        ("duration length time:duration", "for {v}"),
        ("mode speed profile how:enum:fast,slow,silent,careful", "in {v} mode|using {v} mode"),
        ("priority importance urgency:enum:low,medium,high", "with {v} priority|, {v} priority"),
        ("color colour:color", "in {v}"),
        ("email notify contact_email recipient:email", "and notify {v}|and send a mail to {v}|for {v}"),
        ("note comment reason message remark:message", 'with the note "{v}"|with the comment "{v}"|because "{v}"'),
        ("city destination place location:city", "in {v}"),
        ("file path output filename:file", "using the file {v}|with {v}"),
        ("price amount cost budget:money", "for {v} dollars|for {v} euros|at a price of {v}"),
        ("format kind type:enum:pdf,html,text,json", "as {v}|in {v} format"),
        ("room where place:room", "in the {v}"),
        ("server host target_host:server", "on {v}|via {v}"),
        ("percent percentage ratio:int:1-100", "by {v} percent|by {v}%"),
        ("language lang locale:language", "in {v}"),
    )
)


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a tool is made of: a verb to do, or an attribute to get, and a noun."""

    verb: tuple[str, ...] | None
    attribute: str
    noun: str


def _thing(rng: random.Random, like: _Thing | None = None) -> _Thing:
    """Return a new combination, or one that shares its verb or its noun with another."""
    noun = pick(rng, _NOUNS)
    chance = rng.random()
    if chance < 0.2:
        noun = made_up_word(rng)
    elif chance < 0.35:
        noun = f"{pick(rng, _QUALITIES)}_{noun}"
    verb: tuple[str, ...] | None = None
    attribute = ""
    if rng.random() < 0.3 and (like is None or like.verb is None or rng.random() < 0.3):
        attribute = pick(rng, _ATTRIBUTES)
    else:
        verb = (made_up_word(rng),) if rng.random() < 0.1 else pick(rng, _VERBS)
    if like is not None:
        if rng.random() < 0.5:
            noun = like.noun
        elif (like.verb is None) is (verb is None):
            verb, attribute = like.verb, like.attribute
    return _Thing(verb, attribute, noun)


def _differs(one: _Thing, other: _Thing) -> bool:
    """Return whether a request for the one can't mean the other."""
    if one.noun == other.noun:
        return one.verb != other.verb or one.attribute != other.attribute
    return one.noun not in other.noun.split("_") and other.noun not in one.noun.split("_")


def _third_person(verb: str) -> str:
    first, _, rest = verb.partition(" ")
    if first.endswith(("s", "sh", "ch", "x", "z", "o")):
        first += "es"
    elif first.endswith("y") and first[-2:-1] not in "aeiou":
        first = first[:-1] + "ies"
    else:
        first += "s"
    return f"{first} {rest}" if rest else first


def _words(name: str) -> str:
    return name.replace("_", " ")


def _verb_words(source: Source, thing: _Thing) -> tuple[str, str]:
    """Return the verb as the tool's name has it, and as the sentence does."""
    assert thing.verb is not None  # noqa: S101 -- only called for what has one
    named = source.wording(thing.verb)
    said = named if source.chance(0.75) else source.wording(thing.verb)
    return named, _words(said)


def _does(source: Source, thing: _Thing, verb: str) -> tuple[str, ...]:
    noun = _words(thing.noun)
    a = "an" if noun[0] in "aeiou" else "a"
    if thing.verb is None:
        what = _words(thing.attribute)
        return (
            f"Get the {what} of {a} {noun}",
            f"Returns the {what} of the {noun}",
            f"The {what} of {a} {noun}",
            f"Looks up the {noun}'s {what}",
            f"{noun.capitalize()} {what}",
            f"Gets the {noun}'s {what}",
        )
    verb = _words(verb)
    third = _third_person(verb)
    source_forms = (
        f"{verb} the {noun}",
        f"{verb} {a} {noun}",
        f"{third} the {noun}",
        f"{third} {a} {noun}",
        f"{third} the given {noun}",
        f"use this to {verb} {a} {noun}",
        f"tool to {verb} the {noun}",
        f"function that {third} {a} {noun}",
        f"lets the user {verb} {a} {noun}",
        f"{verb} {a} {noun} for the user",
    )
    said = source.wording(source_forms)
    return (said[0].upper() + said[1:],)


def _name(source: Source, thing: _Thing, verb: str, *, nonsense: bool) -> str:
    if nonsense:
        return source.draw(nonsense_name)
    if thing.verb is None:
        noun = f"{thing.noun}_{thing.attribute}"
        return source.draw(lambda rng: tool_name(rng, pick(rng, _GETTERS), noun))

    def make(rng: random.Random) -> str:
        name = tool_name(rng, verb, thing.noun)
        # A bare noun would not tell what is done to it.
        return name if name != thing.noun else f"{verb}_{thing.noun}"

    return source.draw(make)


def _labels(source: Source, noun: str, parts: list[tuple[Form, Any]], *, camel: bool) -> list[str]:
    labels: list[str] = []
    for form, _value in parts:
        label = source.wording(form.names).replace("{0}", noun)
        while label in labels:
            label = f"{label}_{source.wording(('2', 'b', 'value', 'name'))}"
        labels.append(camel_case(label) if camel else label)
    return labels


def _tool(
    source: Source, thing: _Thing, verb: str, parts: list[tuple[Form, Any]], extra: Form | None
) -> tuple[str, Tool, dict[str, Any]]:
    """Return a tool's name, its definition, and the arguments of the call."""
    nonsense = source.chance(0.15)
    name = _name(source, thing, verb, nonsense=nonsense)
    camel = "_" not in name and name.lower() != name
    everything = [*parts, (extra, None)] if extra is not None else parts
    labels = _labels(source, thing.noun, everything, camel=camel)
    parameters, arguments = [], {}
    for label, (form, value) in zip(labels, everything, strict=True):
        json_type = form.type
        if value is not None:
            arguments[label] = value
            json_type = {str: "string", int: json_type, float: "number"}[type(value)]
        enum = () if source.chance(0.1) else form.enum
        parameters.append(Parameter(label, json_type, form.kind, value is not None and source.chance(0.85), enum))
    if len(parameters) > 1 and source.chance(0.2):
        source.rng.shuffle(parameters)
        arguments = {p.name: arguments[p.name] for p in parameters if p.name in arguments}
    description = describe(source, _does(source, thing, verb), needed=nonsense)
    return name, definition(source, name, description, parameters), arguments


def _distractor(source: Source, thing: _Thing) -> Tool:
    parts = [(source.wording(source.wording(table)[0]), None) for table in (_MARKED, _ADDED) if source.chance(0.4)]
    verb = source.wording(thing.verb) if thing.verb is not None else "get"
    return _tool(source, thing, verb, parts, None)[1]


def _request(source: Source, thing: _Thing) -> Request:
    noun = _words(thing.noun)
    parts: list[tuple[Form, Any]] = []
    open_ended = False
    article = source.wording(("the ", "the ", "the ", "the ", "my ", "this ", "our ", ""))
    said_noun = f"{article}{noun}"
    if source.chance(0.45):
        forms, phrases = source.wording(_MARKED)
        form = source.wording(forms)
        text, value = form.draw(source)
        parts.append((form, value))
        said_noun += source.wording(phrases).replace("{v}", text)
    named = "get"
    if thing.verb is None:
        what = _words(thing.attribute)
        shape, core = source.wording(
            (
                (NOUN_PHRASE, f"the {what} of {said_noun}"),
                (NOUN_PHRASE, f"the {what} of {said_noun}"),
                (NOUN_PHRASE, f"{said_noun}'s {what}" if not parts else f"{what} of {said_noun}"),
                (QUESTION, f"what is the {what} of {said_noun}"),
                (QUESTION, f"what's the {what} of {said_noun}"),
                (QUESTION, f"which {what} does {said_noun} have"),
                (COMMAND, f"look up the {what} of {said_noun}"),
            )
        )
        goal = f"the {what} of the {noun}"
    else:
        named, verb = _verb_words(source, thing)
        shape, core = COMMAND, f"{verb} {said_noun}"
        goal = f"to {_words(named)} the {noun}"
    core = core.rstrip(",")
    if thing.verb is not None and source.chance(0.4):
        forms, phrases = source.wording(_ADDED)
        form = source.wording(forms)
        if all(form.kind != other.kind for other, _value in parts):
            text, value = form.draw(source)
            parts.append((form, value))
            core += (" " + source.wording(phrases).replace("{v}", text)).replace(" , ", ", ")
            open_ended = form.kind in FREE_TEXT
    extra = source.wording(source.wording(_ADDED)[0]) if source.chance(0.2) else None
    name, tool, arguments = _tool(source, thing, named, parts, extra)
    sentence = speak(source, shape, core, open_ended=open_ended)
    return Request(goal, name, tool, arguments, shape, core, sentence, open_ended)


def case(source: Source, count: int) -> tuple[Request, list[Tool]]:
    """Return a request for a new tool, and other tools that do not fit it."""
    thing = _thing(source.rng)
    things = [thing]
    while len(things) <= count:
        other = _thing(source.rng, thing if source.chance(0.6) else None)
        if all(_differs(other, one) for one in things):
            things.append(other)
    return _request(source, thing), [_distractor(source, other) for other in things[1:]]
