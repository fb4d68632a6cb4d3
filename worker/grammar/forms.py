r"""How the calls of a kind of model are written, as rules of llguidance's Lark.

Only kinds whose arguments are JSON are here: what a call is made of is then what its schema says. The kinds are
mlx-lm's, by the names of its parsers (`mlx_lm/tool_parsers`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .lark import Mark, literal

FindMark = Callable[[str], Mark]
"""Returns a mark of the model by its text."""


class NotEnforceable(Exception):
    """This model's calls can't be held to a grammar; the sentence says why."""


class CallForm(NamedTuple):
    """How a call is written.

    Attributes:
        start: How it begins.
        rest: What it is behind that, as a rule; `WS` is space.
        text_follows: Whether text may come behind a call: the call has a closing mark.
    """

    start: Mark
    rest: str
    text_follows: bool


def call_form(kind: str, template: str, mark: FindMark, arguments: Mapping[str, str]) -> CallForm:
    """Return how a model calls.

    Args:
        kind: The name of mlx-lm's parser.
        template: The model's chat template.
        mark: Of the model.
        arguments: Of each tool, by its name, the rule of its arguments.

    Raises:
        NotEnforceable: Not by any of these forms.
    """
    if kind == "json_tools":
        return _hermes(mark, arguments)
    if kind == "mistral" and "[ARGS]" in template:
        return _mistral(mark, arguments)
    raise NotEnforceable("they are written in a form that no grammar is known for here")


def _hermes(mark: FindMark, arguments: Mapping[str, str]) -> CallForm:
    heads = {name: literal(f'{{"name": "{name}", "arguments": ') for name in arguments}
    bodies = [f'{heads[name]} {rule} "}}"' for name, rule in arguments.items()]
    rest = f"WS? ({' | '.join(bodies)}) WS? {mark('</tool_call>').rule}"
    return CallForm(mark("<tool_call>"), rest, text_follows=True)


def _mistral(mark: FindMark, arguments: Mapping[str, str]) -> CallForm:
    # `[TOOL_CALLS]add[ARGS]{"a": 1}`, and again for the next.
    bodies = [f"{literal(name)} {mark('[ARGS]').rule} {rule}" for name, rule in arguments.items()]
    return CallForm(mark("[TOOL_CALLS]"), f"({' | '.join(bodies)})", text_follows=False)
