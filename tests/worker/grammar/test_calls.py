"""Calls that are held to the tools' schemas, by a model that would say anything."""

import json
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from llguidance import LLMatcher
from mlx_llm_server.protocol.messages import CallRules, Generate
from mlx_llm_server.worker.grammar.compiler import GrammarFault
from mlx_llm_server.worker.grammar.forms import call_form
from mlx_llm_server.worker.grammar.lark import Calls, Mark, Thought, answer_grammar
from mlx_llm_server.worker.loading import LoadedModel
from mlx_lm.tool_parsers import pythonic

from .conftest import Answer, House, asked, by_schema, tool

CITY = {
    "type": "object",
    "properties": {
        "city": {"enum": ["Zürich", "</tool_call>"]},
        "days": {"type": "integer", "maximum": 9, "minimum": 0},
    },
    "required": ["city", "days"],
    "additionalProperties": False,
}
NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
SCHEMAS = {"weather": CITY, "now": NOTHING}
TOOLS = tuple(tool(name, schema) for name, schema in SCHEMAS.items())
# What llguidance has not.
UNKNOWN = {"type": "object", "not": {"required": ["a"]}}


@pytest.fixture
def free(thinking_model: LoadedModel) -> Iterator[House]:
    """Of the same model, if mlx-lm's parser for it were of a kind that no form is known for."""
    tokenizer = copy(thinking_model.tokenizer)
    tokenizer._tool_parser = pythonic.parse_tool_call
    house = House(replace(thinking_model, tokenizer=tokenizer))
    yield house
    house.close()


def calling(seed: int = 1, begun: str = "", house: House | None = None, **fields: Any) -> Generate:
    resume = tuple(house.model.tokenizer.encode(begun, add_special_tokens=False)) if house is not None else ()
    return asked(seed=seed, **{"tools": TOOLS, "enable_thinking": False, "resume": resume, **fields})


def check(answer: Answer) -> None:
    for call in answer.calls:
        Draft202012Validator(SCHEMAS[call.name]).validate(json.loads(call.arguments))


def test_a_required_call_is_all_that_is_said(house: House) -> None:
    requests = [calling(seed, calls=CallRules(required=True, parallel=False)) for seed in range(6)]

    for answer in house.ask(*requests):
        assert (answer.text, len(answer.calls), answer.finish) == ("", 1, "tool_calls")
        check(answer)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_named_tool_is_called(house: House, name: str) -> None:
    (answer,) = house.ask(calling(calls=CallRules(required=True, tool=name, parallel=False)))

    assert [call.name for call in answer.calls] == [name]


def test_there_may_be_several_calls(house: House) -> None:
    begun = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>\n<tool_call>'

    (answer,) = house.ask(calling(begun=begun, house=house, calls=CallRules(required=True)))

    assert answer.calls
    check(answer)


def test_there_may_be_one_call_alone(house: House) -> None:
    begun = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>'

    (answer,) = house.ask(calling(begun=begun, house=house, calls=CallRules(parallel=False)))

    assert set(answer.tokens) <= house.model.tokenizer.eos_token_ids


@pytest.mark.parametrize("spelled", [False, True], ids=["token", "letters"])
@pytest.mark.parametrize("seed", range(3))
def test_a_call_once_begun_is_held_to_its_schema(house: House, seed: int, spelled: bool) -> None:
    pieces = ["Look: ", *"<tool_call>"] if spelled else ["Look: <tool_call>"]
    begun = tuple(token for piece in pieces for token in _ids(house, piece))

    (answer,) = house.ask(calling(seed, resume=begun))

    assert answer.calls
    check(answer)


def test_where_no_call_begins_the_text_is_free(house: House, free: House) -> None:
    requests = [calling(seed, max_tokens=40) for seed in range(3)]

    assert house.ask(*requests) == free.ask(*requests)


def test_a_closing_mark_within_arguments_closes_nothing(house: House) -> None:
    begun = '<tool_call>{"name": "weather", "arguments": {"city": "</tool_call'
    begun_tokens = [t for piece in begun.split("</tool_call") for t in _ids(house, piece)]
    spelled = [token for letter in "</tool_call" for token in _ids(house, letter)]

    (answer,) = house.ask(
        calling(resume=tuple(begun_tokens + spelled), calls=CallRules(required=True, parallel=False))
    )

    ((call,),) = (answer.calls,)
    assert json.loads(call.arguments)["city"] == "</tool_call>"
    assert answer.text == ""


def _ids(house: House, text: str) -> list[int]:
    return house.model.tokenizer.encode(text, add_special_tokens=False)


def test_an_answer_is_text_by_its_schema_or_calls(house: House) -> None:
    requests = [calling(seed, grammar=by_schema({"enum": [1, 2]})) for seed in range(4)]
    requests.append(calling(begun="<tool_call>", house=house, grammar=by_schema({"enum": [1, 2]}), max_tokens=120))

    answers = house.ask(*requests)

    assert {answer.text for answer in answers[:4]} <= {"1", "2", ""}
    assert answers[4].calls
    for answer in answers:
        check(answer)


def test_a_schema_that_can_t_be_kept_is_refused_where_it_must_be(house: House) -> None:
    tools = (*TOOLS, tool("odd", UNKNOWN))

    for rules in (CallRules(required=True), CallRules(strict=("odd",))):
        with pytest.raises(GrammarFault, match="not") as raised:
            house.prepare(calling(tools=tools, calls=rules))
        assert raised.value.param == "tools[2].function.parameters.not"

    assert house.prepare(calling(tools=tools, calls=CallRules(required=True, tool="now"))).grammar is not None


def test_elsewhere_its_arguments_are_any_object(house: House) -> None:
    begun = '<tool_call>{"name": "odd", "arguments": '
    (answer,) = house.ask(
        calling(
            begun=begun + "{",
            house=house,
            tools=(tool("odd", UNKNOWN),),
            calls=CallRules(parallel=False),
            max_tokens=200,
        )
    )

    assert answer.calls or answer.finish == "length"


# --- models whose calls no grammar is known for ----------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "param"),
    [
        (CallRules(required=True), "tool_choice"),
        (CallRules(parallel=False), "parallel_tool_calls"),
        (CallRules(strict=("now",)), "tools[1].function.strict"),
    ],
    ids=str,
)
def test_what_a_model_can_t_be_held_to_is_refused_by_its_field(free: House, rules: CallRules, param: str) -> None:
    with pytest.raises(GrammarFault, match="can't be held") as raised:
        free.prepare(calling(calls=rules))

    assert raised.value.param == param


def test_without_that_such_a_model_calls_as_it_likes(free: House) -> None:
    assert free.prepare(calling()).grammar is None
    with pytest.raises(GrammarFault, match="exclude each other"):
        free.prepare(calling(grammar=by_schema({})))


@pytest.mark.parametrize("kind", ["json_tools", "mistral"])
@pytest.mark.parametrize("token", [False, True])
@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("parallel", [False, True])
def test_every_form_is_a_grammar(house: House, kind: str, token: bool, required: bool, parallel: bool) -> None:
    def mark(text: str) -> Mark:
        return Mark(text, 5 if token else None)

    form = call_form(kind, "[ARGS]", mark, {"now": "/x/", "a.b-c": "/y/"})
    calls = Calls(form.start, form.rest, required, parallel, form.text_follows)

    text = answer_grammar(Thought(mark("<think>"), mark("</think>")), None, calls)

    assert not LLMatcher(house.compiler._known_tokenizer(), text, log_level=0).get_error()
