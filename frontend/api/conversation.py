"""The messages of a request: https://platform.openai.com/docs/api-reference/chat/create.

An answer's message can be sent back as it came: what is null in it is as good as not there.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag
from pydantic_core import PydanticCustomError, from_json

from ...protocol import messages as protocol
from ..errors import InvalidRequest
from .strict import Strict
from .tools import MAX_TOOLS, FunctionName

CallId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
ParticipantName = Annotated[str, StringConstraints(min_length=1, max_length=256)]


# What OpenAI's messages may hold besides, in words.
_NO_TEXT = {"image_url": "images", "input_audio": "audio", "file": "files", "refusal": "refusals"}


def _check_kind(kind: Any) -> Any:
    if isinstance(kind, str) and kind in _NO_TEXT:
        raise PydanticCustomError(
            "no_text", "is '{kind}', and this server serves no model that takes {what}; only 'text' can be given",
            {"kind": kind, "what": _NO_TEXT[kind]},
        )  # fmt: skip
    return kind


class TextPart(Strict):
    """A part of a message's content."""

    type: Annotated[Literal["text"], BeforeValidator(_check_kind)]
    text: str


class CalledFunction(Strict):
    """What was called, with a JSON object as arguments."""

    name: FunctionName
    arguments: str


class MessageCall(Strict):
    """A call that an assistant's message asked for."""

    id: CallId
    type: Literal["function"]
    function: CalledFunction


def _content_tag(value: Any) -> str:
    return "as parts" if isinstance(value, list) else "as text"


class Message(Strict):
    """A message of the conversation."""

    # A developer's message is what newer clients call a system's.
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: (
        Annotated[
            Annotated[str, Tag("as text")] | Annotated[list[TextPart], Field(min_length=1), Tag("as parts")],
            Discriminator(_content_tag),
        ]
        | None
    ) = None
    # Two names of one thing: answers have both.
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: Annotated[list[MessageCall], Field(min_length=1, max_length=MAX_TOOLS)] | None = None
    tool_call_id: CallId | None = None
    name: ParticipantName | None = None
    # OpenAI's answers have them; here they are always null.
    refusal: None = None
    audio: None = None
    function_call: None = None
    annotations: None = None
    # Where LiteLLM keeps what of an answer it has no place for; it sends that back with the message.
    provider_specific_fields: dict[str, Any] | None = None

    def text(self) -> str:
        """Return the content, its parts joined."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content or ())

    def to_protocol(self) -> protocol.ChatMessage:
        """Return the message as a worker gets it."""
        calls = (
            protocol.ToolCall(call.function.name, call.function.arguments, call.id)
            for call in self.tool_calls or ()
        )
        role = "system" if self.role == "developer" else self.role
        thought = self.reasoning_content or self.reasoning or ""
        return protocol.ChatMessage(
            role, self.text(), thought, tuple(calls), self.tool_call_id or "", self.name or ""
        )


def check_messages(messages: list[Message]) -> None:
    """Check what a message may have by its role and by the messages before it.

    Raises:
        InvalidRequest: A field is missing, belongs to another role, or refers to no earlier call.
    """
    known: set[str] = set()
    for index, message in enumerate(messages):
        path = f"messages[{index}]"
        _check_role(message, path)
        if message.tool_call_id is not None and message.tool_call_id not in known:
            raise _invalid(f"{path}.tool_call_id", "refers to no tool call of an earlier message")
        here: set[str] = set()
        for number, call in enumerate(message.tool_calls or ()):
            place = f"{path}.tool_calls[{number}]"
            if call.id in here:
                raise _invalid(f"{place}.id", "is the id of another call of this message")
            if not _is_object(call.function.arguments):
                raise _invalid(f"{place}.function.arguments", "should be a JSON object in a string")
            here.add(call.id)
        known |= here


def _check_role(message: Message, path: str) -> None:
    given = message.model_fields_set
    if message.content is None and not message.tool_calls:
        if "content" in given:
            raise _invalid(f"{path}.content", "should be a string or a list of text parts")
        raise _missing(f"{path}.content")
    if message.role == "tool" and message.tool_call_id is None:
        raise _missing(f"{path}.tool_call_id")
    owners = {
        "tool_calls": "assistant",
        "reasoning_content": "assistant",
        "reasoning": "assistant",
        "tool_call_id": "tool",
        "provider_specific_fields": "assistant",
    }
    for field, owner in owners.items():
        if getattr(message, field) is not None and message.role != owner:
            raise _invalid(f"{path}.{field}", f"belongs to messages of the role {owner}")


def _is_object(text: str) -> bool:
    try:
        value = from_json(text, allow_inf_nan=False)
        json.dumps(value, allow_nan=False)  # 1e999 is JSON and infinite
    except ValueError:
        return False
    return isinstance(value, dict)


def _invalid(param: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"'{param}' {what}.", param, "invalid_value")


def _missing(param: str) -> InvalidRequest:
    return InvalidRequest(f"'{param}' is required.", param, "missing_required_parameter")
