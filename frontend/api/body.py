"""A request's body: JSON, checked strictly against a schema, with an error that names the field at fault."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import PrivateAttr, ValidationError
from pydantic_core import ErrorDetails, from_json

from ..errors import InvalidRequest
from .strict import Strict

# Fields of OpenAI's requests that this server refuses: it can't honour them.
NOT_SERVED = frozenset({
    "audio", "function_call", "functions", "moderation", "web_search_options",
})  # fmt: skip

TAGS = (
    "as text", "as parts", "as one", "as many", "as word", "as function", "as texts", "as tokens",
    "as token lists", "as json_object", "as json_schema",
)  # fmt: skip
# A client's own field name is given back no longer than this.
_LONGEST_PATH = 200


class Body(Strict):
    """A request's whole body."""

    _ignored: tuple[str, ...] = PrivateAttr(())

    @property
    def ignored(self) -> tuple[str, ...]:
        """The paths of the fields that neither OpenAI nor this server knows, and that had no effect."""
        return self._ignored


B = TypeVar("B", bound=Body)


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises:
        InvalidRequest: Not JSON (NaN, lone surrogates and nesting beyond 200 levels are not), or not an object.
    """
    try:
        # pydantic's own parser: bounded in depth, and strict about UTF-8 and surrogates.
        data = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.", code="invalid_json") from None
    if not isinstance(data, dict):
        raise InvalidRequest("The body is not a JSON object.", code="invalid_json")
    return data


def validate(cls: type[B], data: dict[str, Any], *, ignore_unknown: bool = False) -> B:
    """Return the request that a JSON object is.

    Args:
        cls: Its schema.
        data: The object; what is ignored is taken out of it.
        ignore_unknown: Leave out fields that nobody knows, and name them in `ignored`.

    Raises:
        InvalidRequest: A field is wrong; the message and `param` name it.
    """
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
    unknown = [each["loc"] for each in errors if _is_unknown(each)]
    if not (ignore_unknown and unknown):
        raise _of_validation(errors)
    for location in unknown:
        _leave_out(data, location)
    try:
        request = cls.model_validate(data)
    except ValidationError as error:
        raise _of_validation(error.errors(include_url=False, include_input=False)) from None
    request._ignored = tuple(_path_of_field(location) for location in unknown)  # noqa: SLF001 - ours alone to set
    return request


def _is_unknown(error: ErrorDetails) -> bool:
    return error["type"] == "extra_forbidden" and error["loc"][-1] not in NOT_SERVED


def _leave_out(data: Any, location: tuple[int | str, ...]) -> None:
    """Remove what is at a location, whose steps into the alternatives of a union are none of the data."""
    *way, field = location
    for step in way:
        if not (isinstance(step, str) and step in TAGS and not (isinstance(data, dict) and step in data)):
            data = data[step]
    del data[field]


def _of_validation(errors: list[ErrorDetails]) -> InvalidRequest:
    """Return the error for the first field that is wrong; an unknown one is named before a missing one."""
    first = min(errors, key=lambda error: error["type"] == "missing")
    param = _path(first["loc"])
    field = first["loc"][-1] if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        param = _path_of_field(first["loc"])
        if field in NOT_SERVED:
            return _unsupported(param)
        return InvalidRequest(f"Unknown field '{param}'.", param, "unknown_parameter")
    if first["type"] == "none_required":
        return _unsupported(param)
    if first["type"] == "missing":
        return InvalidRequest(f"'{param}' is required.", param, "missing_required_parameter")
    return InvalidRequest(f"'{param}': {first['msg']}.", param, "invalid_value")


def _unsupported(param: str) -> InvalidRequest:
    return InvalidRequest(f"'{param}' is not supported by this server.", param, "unsupported_parameter")


def _path_of_field(location: tuple[int | str, ...]) -> str:
    """Return the path of an unknown field, which may be called as our own steps are."""
    *way, field = location
    path = _path(tuple(way))
    return (f"{path}.{field}" if path else str(field))[:_LONGEST_PATH]


def _path(location: tuple[int | str, ...]) -> str:
    """Return a field's path as OpenAI writes it: `messages[0].content`."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step not in TAGS and step != "[key]":
            path += f".{step}" if path else step
    return path[:_LONGEST_PATH]
