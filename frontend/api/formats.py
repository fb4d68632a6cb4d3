"""What the text of an answer is held to.

`response_format` is OpenAI's (https://platform.openai.com/docs/guides/structured-outputs), `structured_outputs` is
vLLM's (https://docs.vllm.ai/en/latest/features/structured_outputs.html). The worker keeps them, and refuses what
it can't keep by the field's path.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag
from pydantic_core import PydanticCustomError

from ...protocol.messages import Grammar
from ..errors import InvalidRequest
from .strict import Strict

MAX_GRAMMAR = 65_536
MAX_CHOICES = 1024


def check_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Check what can be sent on of a JSON schema; its keywords are for the worker to check."""
    try:
        size = len(to_json(schema))
    except ValueError:  # 1e999 is JSON and infinite
        raise PydanticCustomError("schema", "should have finite numbers") from None
    if size > MAX_GRAMMAR:
        raise PydanticCustomError("schema", "should have at most {most} characters as JSON", {"most": MAX_GRAMMAR})
    return schema


def to_json(value: Any) -> str:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


Schema = Annotated[dict[str, Any], AfterValidator(check_schema)]
GrammarText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_GRAMMAR)]


class TextFormat(Strict):
    """Any text."""

    type: Literal["text"]


class JsonObjectFormat(Strict):
    """A JSON object."""

    type: Literal["json_object"]


class NamedSchema(Strict):
    """A JSON schema; with or without `strict`, the answer is held to it."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    description: Annotated[str, StringConstraints(max_length=MAX_GRAMMAR)] | None = None
    schema_: Annotated[Schema | None, Field(alias="schema")] = None
    strict: bool | None = None


class JsonSchemaFormat(Strict):
    """JSON by a schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


def _format_tag(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    return f"as {kind}" if isinstance(kind, str) else None


ResponseFormat = Annotated[
    Annotated[TextFormat, Tag("as text")]
    | Annotated[JsonObjectFormat, Tag("as json_object")]
    | Annotated[JsonSchemaFormat, Tag("as json_schema")],
    Discriminator(
        _format_tag,
        custom_error_type="format",
        custom_error_message="should be an object of the type text, json_object or json_schema",
    ),
]


class StructuredOutputs(Strict):
    """An expression, one of several texts, or a grammar: exactly one of them."""

    regex: GrammarText | None = None
    choice: (
        Annotated[
            list[Annotated[str, StringConstraints(min_length=1)]], Field(min_length=1, max_length=MAX_CHOICES)
        ]
        | None
    ) = None
    grammar: GrammarText | None = None


def grammar_of(
    format_: TextFormat | JsonObjectFormat | JsonSchemaFormat | None, outputs: StructuredOutputs | None
) -> Grammar | None:
    """Return what the text is held to, as a worker gets it, or None if that is nothing.

    Raises:
        InvalidRequest: Both fields ask for something, or `structured_outputs` for other than one thing.
    """
    made: Grammar | None = None
    match format_:
        case JsonObjectFormat():
            made = Grammar("json_schema", '{"type": "object"}', "response_format")
        case JsonSchemaFormat(json_schema=named):
            schema = {} if named.schema_ is None else named.schema_
            made = Grammar("json_schema", to_json(schema), "response_format.json_schema.schema")
        case _:
            pass
    if outputs is None:
        return made
    if made is not None:
        raise InvalidRequest(
            "'structured_outputs' and a JSON 'response_format' exclude each other.",
            "structured_outputs",
            "invalid_value",
        )
    return _of_outputs(outputs)


def _of_outputs(outputs: StructuredOutputs) -> Grammar:
    given = [name for name in StructuredOutputs.model_fields if getattr(outputs, name) is not None]
    if len(given) != 1:
        raise InvalidRequest(
            "'structured_outputs' should have exactly one of 'regex', 'choice' and 'grammar'.",
            "structured_outputs",
            "invalid_value",
        )
    if outputs.regex is not None:
        return Grammar("regex", outputs.regex, "structured_outputs.regex")
    if outputs.grammar is not None:
        return Grammar("lark", outputs.grammar, "structured_outputs.grammar")
    choices = " | ".join(to_json(choice) for choice in outputs.choice or ())
    return Grammar("lark", f"start: {choices}", "structured_outputs.choice")
