"""What a client lets the model call: https://platform.openai.com/docs/guides/function-calling.

What only a grammar can keep (`strict`, a call that is required or named, one call at a time) the worker keeps, or
refuses where it has none for the model's calls.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from ...protocol.messages import CallRules
from ..errors import InvalidRequest
from .formats import Schema, to_json
from .strict import Strict

MAX_TOOLS = 128
MAX_DESCRIPTION = 16_384

FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class Function(Strict):
    """A function's name, what it is for, and the JSON schema of its parameters."""

    name: FunctionName
    description: Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)] | None = None
    parameters: Schema | None = None
    strict: bool | None = None

    def definition(self) -> str:
        """Return the tool as JSON, in the order of keys that models were trained with."""
        function: dict[str, Any] = {"name": self.name}
        if self.description is not None:
            function["description"] = self.description
        # "Omitting parameters defines a function with an empty parameter list": templates want it said.
        function["parameters"] = (
            {"type": "object", "properties": {}} if self.parameters is None else self.parameters
        )
        return to_json({"type": "function", "function": function})


class Tool(Strict):
    """A tool; functions are the only kind."""

    type: Literal["function"]
    function: Function


class NamedFunction(Strict):
    """The name within a choice."""

    name: FunctionName


class NamedChoice(Strict):
    """A choice that names a function."""

    type: Literal["function"]
    function: NamedFunction


Tools = Annotated[list[Tool], Field(min_length=1, max_length=MAX_TOOLS)]


def check_tools(tools: list[Tool] | None, choice: str | NamedChoice | None, parallel: bool | None) -> None:
    """Check the fields that are about tools together.

    Raises:
        InvalidRequest: A name comes twice, a field is there without tools, or asks for what can't be kept.
    """
    names: set[str] = set()
    for index, tool in enumerate(tools or ()):
        function = tool.function
        path = f"tools[{index}].function"
        if function.name in names:
            raise InvalidRequest(
                f"'{path}.name': {function.name!r} is the name of an earlier tool.",
                f"{path}.name",
                "invalid_value",
            )
        names.add(function.name)
    if isinstance(choice, NamedChoice) and tools is not None and choice.function.name not in names:
        raise InvalidRequest(
            f"'tool_choice.function.name': {choice.function.name!r} is the name of no tool.",
            "tool_choice.function.name",
            "invalid_value",
        )
    if tools is None:
        for field, given in (
            ("tool_choice", choice not in {None, "none"}),
            ("parallel_tool_calls", parallel is not None),
        ):
            if given:
                raise InvalidRequest(f"'{field}' is only allowed with 'tools'.", field, "invalid_value")


def call_rules(tools: list[Tool] | None, choice: str | NamedChoice | None, parallel: bool | None) -> CallRules:
    """Return what holds for the answer's calls, as a worker gets it."""
    if tools is None or choice == "none":
        return CallRules()
    named = choice.function.name if isinstance(choice, NamedChoice) else ""
    strict = tuple(tool.function.name for tool in tools if tool.function.strict)
    return CallRules(bool(named) or choice == "required", named, parallel is not False, strict)
