"""Facts that somebody tells: whose they are, how they are told, asked for and said back.

A fact is a kind (my cat's name, the door code, where somebody lives) with a party (the user, the user's sister,
Anna) and a value. One kind has one form in which it is said back: "your cat is called Mimi".
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..exercise import Source
from ..material import made_up
from ..material.kinds import FAMILIES, Kind
from ..material.people import FIRST_NAMES
from .manner import upper_first


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
class Fact:
    """A kind of fact about a party, with its value."""

    kind: Kind
    party: Party
    value: str

    @property
    def key(self) -> str:
        """What the question asks for; two facts of one key would contradict each other."""
        # "The door code" may be the user's.
        return f"{self.party.said[0] if self.kind.owned else 'you'} {self.kind.key}"

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
    kind = source.wording(source.wording(FAMILIES))
    return Fact(kind, party or draw_party(source), source.draw(kind.value))


def _somebody(rng: random.Random) -> str:
    return made_up.pick(rng, FIRST_NAMES) if rng.random() < 0.6 else made_up.made_up_name(rng)


_RELATIVES = (
    *("sister", "brother", "mother", "father", "aunt", "uncle", "boss", "neighbour", "teacher", "best friend"),
    *("wife", "husband", "daughter", "son", "grandmother", "grandfather", "cousin", "colleague", "landlord"),
    "friend",
)
