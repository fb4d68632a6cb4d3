"""What a client lets the model call: https://platform.openai.com/docs/guides/function-calling.

Nothing constrains what the model writes yet; what only a grammar could keep (`strict`, a call that is required or
named, one call at a time) is refused.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ..errors import InvalidRequest
from .strict import Strict

MAX_TOOLS = 128
MAX_DESCRIPTION = 16_384
MAX_PARAMETERS = 65_536

FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


def _check_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(_to_json(parameters))
    except ValueError:  # 1e999 is JSON and infinite
        raise PydanticCustomError("parameters", "should have finite numbers") from None
    if size > MAX_PARAMETERS:
        raise PydanticCustomError(
            "parameters", "should have at most {most} characters as JSON", {"most": MAX_PARAMETERS}
        )
    return parameters


class Function(Strict):
    """A function's name, what it is for, and the JSON schema of its parameters."""

    name: FunctionName
    description: Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)] | None = None
    parameters: Annotated[dict[str, Any], AfterValidator(_check_parameters)] | None = None
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
        return _to_json({"type": "function", "function": function})


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
        if function.strict:
            raise InvalidRequest(
                f"'{path}.strict': true is not supported yet.", f"{path}.strict", "unsupported_value"
            )
        names.add(function.name)
    if isinstance(choice, NamedChoice) or choice == "required":
        raise InvalidRequest(
            '\'tool_choice\' can be "auto" or "none"; "required" and a named function are not supported yet.',
            "tool_choice",
            "unsupported_value",
        )
    if parallel is False:
        raise InvalidRequest(
            "'parallel_tool_calls': false is not supported yet.", "parallel_tool_calls", "unsupported_value"
        )
    if tools is None:
        for field, given in (("tool_choice", choice == "auto"), ("parallel_tool_calls", parallel)):
            if given:
                raise InvalidRequest(f"'{field}' is only allowed with 'tools'.", field, "invalid_value")


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
