"""What the model learns, an ability or a family of them a module; the data tables they share beside them."""

from __future__ import annotations

import itertools

from ..exercise import Ability, Exercise, Source
from . import (
    about_itself,
    arithmetic,
    copying,
    counting,
    limericks,
    names,
    outside,
    recall,
    results,
    small_talk,
    tables,
    tools,
    words,
)
from .systems import system_message

__all__ = ["ABILITIES", "system_message"]

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


ABILITIES: tuple[Ability, ...] = (
    *_ALONE,
    recall.ability(_filler),
    *(ability for ability in tools.ABILITIES if ability.name != "No fitting tool"),
    tools.no_tool_ability(_filler),
    *results.ABILITIES,
)
