r"""How the calls of a kind of model are written, as rules of llguidance's Lark.

Only kinds whose arguments are JSON, and whose marks are tokens of their own, are here: what a call is made of is
then what its schema says, and no text can be taken for its beginning. The kinds are mlx-lm's, by the names of its
parsers (`mlx_lm/tool_parsers`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .lark import literal

Mark = Callable[[str], str]
"""Returns a mark as Lark has it; raises `NotEnforceable` where it is no token of its own."""


class NotEnforceable(Exception):
    """This model's calls can't be held to a grammar; the sentence says why."""


@dataclass(frozen=True)
class CallForm:
    """One call.

    Attributes:
        rule: What a call is; `WS` is space.
        text_follows: Whether text may come behind a call: the call has a closing mark.
    """

    rule: str
    text_follows: bool


def call_form(kind: str, template: str, mark: Mark, arguments: Mapping[str, str]) -> CallForm:
    """Return how a model calls.

    Args:
        kind: The name of mlx-lm's parser.
        template: The model's chat template.
        mark: Of tokens.
        arguments: Of each tool, by its name, the rule of its arguments.

    Raises:
        NotEnforceable: Not by any of these forms.
    """
    if kind == "json_tools":
        return _hermes(mark, arguments)
    if kind == "mistral" and "[ARGS]" in template:
        return _mistral(mark, arguments)
    raise NotEnforceable("its calls are written in a form that no grammar is known for here")


def _hermes(mark: Mark, arguments: Mapping[str, str]) -> CallForm:
    heads = {name: literal(f'{{"name": "{name}", "arguments": ') for name in arguments}
    bodies = [f'{heads[name]} {rule} "}}"' for name, rule in arguments.items()]
    return CallForm(
        f"{mark('<tool_call>')} WS? ({' | '.join(bodies)}) WS? {mark('</tool_call>')}", text_follows=True
    )


def _mistral(mark: Mark, arguments: Mapping[str, str]) -> CallForm:
    # `[TOOL_CALLS]add[ARGS]{"a": 1}`, and again for the next.
    bodies = [f"{literal(name)} {mark('[ARGS]')} {rule}" for name, rule in arguments.items()]
    return CallForm(f"{mark('[TOOL_CALLS]')} ({' | '.join(bodies)})", text_follows=False)
