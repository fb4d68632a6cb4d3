"""What can't be kept is refused, by where it stands in the request."""

from typing import Any

import pytest
from mlx_llm_server.protocol.messages import Grammar
from mlx_llm_server.worker.grammar.compiler import GrammarFault

from .conftest import House, asked, by_lark, by_regex, by_schema

ROOT = "response_format.json_schema.schema"


def fault(house: House, grammar: Grammar) -> GrammarFault:
    with pytest.raises(GrammarFault) as raised:
        house.prepare(asked(grammar=grammar))
    assert f"'{raised.value.param}'" in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"not": {}}, ".not"),
        ({"properties": {"x": {"type": "array", "uniqueItems": True}}}, ".properties.x.uniqueItems"),
        ({"items": {"anyOf": [{}, {"if": {}}]}}, ".items.anyOf[1].if"),
        ({"type": "array", "prefixItems": [{}, {"contains": {}}]}, ".prefixItems[1].contains"),
        ({"additionalProperties": {"propertyNames": {}}}, ".additionalProperties.propertyNames"),
        ({"allOf": [{"properties": {"x": {"if": {}, "then": {}}}}]}, ".allOf[0].properties.x"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"items": {"not": {}}}}}, ".$defs.a.items.not"),
        ({"properties": {"x": {"type": "strng"}}}, ".properties.x"),
        ({"properties": {"x": {"type": "string", "format": "blah"}}}, ".properties.x"),
        ({"properties": {"x": {"type": "string", "pattern": "(?=a)b"}}}, ".properties.x"),
        ({"properties": {"x": {"$ref": "https://example.com/x"}}}, ".properties.x"),
        ({"properties": {"x": {"oneOf": [{"type": "string"}, {"minLength": 1}]}}}, ".properties.x"),
        ({"type": "integer", "minimum": 2, "maximum": 1}, ""),
        ({"x-guidance": {"lenient": True}, "not": {}}, ".x-guidance"),
        ({"enum": [1, {"a": [-(2**64)]}]}, ".enum"),
        ({"items": {"maximum": 2**60}}, ".items.maximum"),
        ({"properties": {"x": {"minProperties": 2}}}, ".properties.x.minProperties"),
    ],
    ids=str,
)
def test_a_keyword_that_can_t_be_kept_is_named_by_its_path(plain: House, schema: Any, path: str) -> None:
    assert fault(plain, by_schema(schema)).param == ROOT + path


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"title": "x", "description": "d", "default": 1, "examples": [1], "$comment": "c", "unheard": 1},
        {"properties": {"not": {}, "x-guidance": {}}, "required": ["not", "x"], "minProperties": 2},
        {"$defs": {"unused": {"not": {}}}, "type": "null"},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"$defs": {"tree": {"properties": {"left": {"$ref": "#/$defs/tree"}}}}, "$ref": "#/$defs/tree"},
    ],
    ids=str,
)
def test_what_says_nothing_of_the_answer_is_no_fault(plain: House, schema: Any) -> None:
    assert plain.prepare(asked(grammar=by_schema(schema))).grammar is not None


@pytest.mark.parametrize(
    "grammar",
    [
        by_regex("(a"),
        by_regex("(?=a)b"),
        by_lark("start: nothing"),
        by_lark("start"),
        by_lark('start: %json {"enum": [-9223372036854775807]}'),
    ],
    ids=lambda grammar: grammar.text,
)
def test_a_grammar_that_can_t_be_kept_is_named(plain: House, grammar: Grammar) -> None:
    assert fault(plain, grammar).param == grammar.field
