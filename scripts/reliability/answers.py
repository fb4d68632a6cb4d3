"""What an answer was, and how it differs from what it should be. Knows nothing of servers and clients."""

from __future__ import annotations

from dataclasses import dataclass

_AROUND = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client received.

    Attributes:
        text: The content.
        reasoning: The thought, where the model was asked to think.
        calls: Names and arguments of the tool calls. Their ids are drawn anew each time and not kept.
        finish: The finish reason; None if the answer broke off.
        tokens: Completion tokens as the server counts them; None if it did not say.
    """

    text: str = ""
    reasoning: str = ""
    calls: tuple[str, ...] = ()
    finish: str | None = None
    tokens: int | None = None


def difference(expected: Answer | None, got: Answer) -> str | None:
    """Return how an answer differs from the expected one, None if it does not.

    An answer that broke off is to be the beginning of the expected one: an error may end it, not falsify it.
    Where none is expected (None), none differs.
    """
    if expected is None:
        return None
    whole = got.finish is not None
    for name, wanted, had in (
        ("reasoning", expected.reasoning, got.reasoning),
        ("text", expected.text, got.text),
    ):
        if not (had == wanted if whole else wanted.startswith(had)):
            return f"{name} {_first_difference(wanted, had)}"
    if got.calls != (expected.calls if whole else expected.calls[: len(got.calls)]):
        return f"calls {expected.calls} became {got.calls}"
    if whole and got.finish != expected.finish:
        return f"finish reason {expected.finish!r} became {got.finish!r}"
    if whole and got.tokens != expected.tokens:
        return f"{expected.tokens} completion tokens became {got.tokens}"
    return None


def _first_difference(wanted: str, had: str) -> str:
    both = zip(wanted, had, strict=False)
    place = next((number for number, (a, b) in enumerate(both) if a != b), min(len(wanted), len(had)))
    around = slice(max(0, place - _AROUND), place + _AROUND)
    return f"at character {place}: {wanted[around]!r} became {had[around]!r}"
