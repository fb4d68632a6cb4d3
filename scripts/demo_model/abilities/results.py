"""Answers from tools' results: what came back is told in one regular sentence."""

from __future__ import annotations

from ..exercise import Ability, Exercise, Source
from ..toolbox.result_values import as_content, restated, result
from ..toolbox.talk import call_messages, said
from .tools import fitting, mixed, opening, read_calls, several_calls


def from_result(source: Source) -> Exercise:
    """Return a conversation that ends in a tool's result."""
    asked, others = fitting(source, source.wording((0, 0, 0, 1, 1, 2)))
    value = result(source)
    messages = [
        *opening(source, before=0.06),
        said("user", asked.sentence),
        *call_messages(source, [(asked.name, asked.arguments)], [as_content(source.rng, value)]),
    ]
    # Clients may leave the tools out once they have been called.
    tools = mixed(source, asked.tool, others) if source.chance(0.9) else ()
    return Exercise(tuple(messages), restated(value), tools, "The tool has answered. I tell the result.")


def from_results(source: Source) -> Exercise:
    """Return a conversation that ends in two or more results, which are told one after the other."""
    asked = several_calls(source)
    calls = read_calls(asked.answer) or []
    values = [result(source) for _ in calls]
    messages = [
        *asked.messages,
        *call_messages(source, calls, [as_content(source.rng, value) for value in values]),
    ]
    answer = "\n".join(restated(value) for value in values)
    return Exercise(tuple(messages), answer, asked.tools, "The tools have answered. I tell the results.")


ABILITIES: tuple[Ability, ...] = (
    Ability("Answer from a tool's result", from_result, 2.0, 0.95, whole=True),
    Ability("Answer from several results", from_results, 0.4, whole=True),
)
