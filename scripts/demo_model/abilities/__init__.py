"""What the model learns, an ability or a family of them a module; the data tables they share beside them."""

from __future__ import annotations

import itertools

from ..exercise import Ability, Exercise, Source
from ..wording.systems import system_message
from . import (
    about_itself,
    arithmetic,
    copying,
    counting,
    json_objects,
    limericks,
    names,
    outside,
    reading,
    recall,
    results,
    small_talk,
    tables,
    tools,
    words,
)

__all__ = ["ABILITIES", "OWN_NAME", "naming_message", "system_message"]

OWN_NAME = "Minnow"

_ALONE: tuple[Ability, ...] = (
    *arithmetic.ABILITIES,
    *counting.ABILITIES,
    *copying.ABILITIES,
    *words.ABILITIES,
    *tables.ABILITIES,
    *names.ABILITIES,
    *about_itself.ABILITIES,
    *small_talk.ABILITIES,
    *limericks.ABILITIES,
    *outside.ABILITIES,
    *reading.ABILITIES,
)
# What may stand anywhere in a conversation.
_FILLERS = tuple(ability for ability in _ALONE if not ability.whole)
_SHARES = list(itertools.accumulate(ability.share for ability in _FILLERS))


def _filler(source: Source) -> Exercise:
    while True:
        exercise = source.rng.choices(_FILLERS, cum_weights=_SHARES)[0].make(source)
        # What is learned letter by letter is learned as a last answer only.
        if not exercise.spelled:
            return exercise


def naming_message(source: Source) -> str:
    """Return a system message that gives the model another name."""
    return names.naming_message(source, source.draw(names.made_name))


ABILITIES: tuple[Ability, ...] = (
    *_ALONE,
    recall.ability(_filler),
    *tools.ABILITIES,
    tools.no_tool_ability(_filler, 3.0),
    *results.ABILITIES,
    *json_objects.ABILITIES,
)
