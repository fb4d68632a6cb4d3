"""Answers that are held to a grammar, by a model that would say anything."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mlx_llm_server.protocol.messages import Grammar, Sampling, TokenBias

from .conftest import House, asked, by_lark, by_regex, by_schema

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "maxItems": 4},
    },
    "required": ["name", "age", "tags"],
    "additionalProperties": False,
}
RARE = Sampling(
    6, 1.2, 0.95, 1.1, 10, top_k=100, min_p=0.001, xtc_probability=0.5, xtc_threshold=0.02,
    presence_penalty=0.5, frequency_penalty=0.5, logit_bias=(TokenBias(34, -100), TokenBias(50, 100)),
    logprobs=True, top_logprobs=3,
)  # fmt: skip


# --- JSON ------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["a", "b", "é x", 'q"'])
_LEAVES = st.one_of(
    st.just({"type": "null"}),
    st.just({"type": "boolean"}),
    st.builds(
        lambda least, more: {"type": "integer", "minimum": least, "maximum": least + more},
        st.integers(-50, 50),
        st.integers(0, 200),
    ),
    st.builds(
        lambda least, more: {"type": "string", "minLength": least, "maxLength": least + more},
        st.integers(0, 4),
        st.integers(0, 6),
    ),
    st.sampled_from([{"type": "string", "pattern": "^[a-c]{2,5}$"}, {"type": "string", "format": "date"}]),
    st.builds(
        lambda values: {"enum": values},
        st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53), st.text(max_size=5)), min_size=1, max_size=3),
    ),
)
_SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda items, least, more: {
                "type": "array", "items": items, "minItems": least, "maxItems": least + more,
            },
            inner, st.integers(0, 2), st.integers(0, 2),
        ),
        st.builds(
            lambda properties, optional: {
                "type": "object",
                "properties": properties,
                "required": [name for name in properties if name != optional],
                "additionalProperties": False,
            },
            st.dictionaries(_NAMES, inner, max_size=3), _NAMES,
        ),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schemas=st.lists(_SCHEMAS, min_size=4, max_size=8), seed=st.integers(0, 2**64 - 1))
def test_json_validates_against_its_schema(plain: House, schemas: list[Any], seed: int) -> None:
    requests = [
        asked(grammar=by_schema(schema), seed=seed ^ number, max_tokens=1000)
        for number, schema in enumerate(schemas)
    ]

    for schema, answer in zip(schemas, plain.ask(*requests), strict=True):
        assert answer.finish == "stop"
        Draft202012Validator(schema).validate(json.loads(answer.text))


def test_json_may_be_spread_over_lines(plain: House) -> None:
    text = '{\n  "a": [\n    1,\n    2\n  ]\n}'
    ids = plain.model.tokenizer.encode(text, add_special_tokens=False)
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}

    assert plain.prepare(asked(grammar=by_schema(schema), resume=tuple(ids))).grammar is not None


# --- expressions and grammars ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_a_text_matches_its_expression(plain: House, seed: int) -> None:
    (answer,) = plain.ask(asked(grammar=by_regex(r"(yes|no), \d{2,4}/[^x]{3}"), seed=seed))

    assert re.fullmatch(r"(yes|no), \d{2,4}/[^x]{3}", answer.text)
    assert answer.finish == "stop"


def test_a_text_is_of_its_grammar(plain: House) -> None:
    (answer,) = plain.ask(asked(grammar=by_lark('start: item ("," item){2}\nitem: "a" | "(" item ")"')))

    assert re.fullmatch(r"\(*a\)*(,\(*a\)*){2}", answer.text)


# --- with everything else --------------------------------------------------------------------------------


def test_rows_with_and_without_a_grammar_say_together_what_each_says_alone(plain: House) -> None:
    requests = [
        asked("a", grammar=by_schema(PERSON), seed=1),
        asked("b", max_tokens=40, seed=2),
        asked("c", grammar=by_regex("[a-z ]{20,60}"), sampling=RARE),
        asked("d", max_tokens=60, sampling=Sampling(0, temperature=0, frequency_penalty=1)),
        asked("e", grammar=by_schema(PERSON), sampling=Sampling(0, temperature=0)),
        asked("f", max_tokens=30, sampling=RARE),
    ]

    together = plain.ask(*requests)

    alone = [plain.ask(request)[0] for request in requests]
    assert [replace(answer, logprobs=[]) for answer in together] == [replace(each, logprobs=[]) for each in alone]
    for answer, each in zip(together, alone, strict=True):
        assert [entry.token for entry in answer.logprobs] == [entry.token for entry in each.logprobs]
        # A row alone is computed by another path, whose sums differ in the last bits.
        told = [[entry.logprob for entry in entries.logprobs] for entries in (answer, each)]
        assert told[0] == pytest.approx(told[1], abs=1e-4)
    Draft202012Validator(PERSON).validate(json.loads(together[0].text))


@pytest.mark.parametrize("sampling", [Sampling(5), replace(RARE, logprobs=False)], ids=["plain", "rare"])
def test_an_answer_goes_on_behind_any_of_its_tokens(plain: House, sampling: Sampling) -> None:
    request = asked(grammar=by_regex("([a-z]{1,3}, ){4}[é-ü]{4}"), sampling=sampling)
    (whole,) = plain.ask(request)

    cuts = range(len(whole.tokens))
    resumed = plain.ask(*(replace(request, resume=tuple(whole.tokens[:cut])) for cut in cuts))

    for cut, rest in zip(cuts, resumed, strict=True):
        assert rest.tokens == whole.tokens[cut:]
        assert whole.text.endswith(rest.text)


def test_what_is_resumed_must_be_of_the_grammar(plain: House) -> None:
    with pytest.raises(ValueError, match="not of the request's grammar"):
        plain.prepare(asked(grammar=by_regex("a+"), resume=(40, 41)))


@pytest.mark.parametrize(
    ("grammar", "text"),
    [(by_regex("(abc|de)"), r"abc|de"), (by_regex("x{3}y*"), r"x{3}y*"), (by_schema({"const": "x"}), '"x"')],
    ids=["finite", "open", "json"],
)
@pytest.mark.parametrize(
    "more",
    [
        {"min_tokens": 60},
        {"ignore_eos": True},
        {"ignore_eos": True, "min_tokens": 60, "temperature": 0},
        {"stop_token_ids": tuple(range(34)), "min_tokens": 60},
        {"logit_bias": tuple(TokenBias(token, -100) for token in range(300))},
        {"logit_bias": (TokenBias(40, 100),), "repetition_penalty": 10.0, "min_p": 1.0},
    ],
    ids=str,
)
def test_no_setting_breaks_a_grammar(plain: House, grammar: Grammar, text: str, more: dict[str, Any]) -> None:
    (answer,) = plain.ask(asked(grammar=grammar, max_tokens=50, sampling=Sampling(**{"seed": 3, **more})))

    assert re.fullmatch(text, answer.text)
    assert answer.finish == ("stop" if "y*" not in text or "logit_bias" in more else answer.finish)


def test_an_end_that_may_not_come_yet_comes_where_nothing_else_may(plain: House) -> None:
    open_end, closed = by_regex("x{3}y*"), by_regex("x{3}")
    patient = {"sampling": Sampling(3, min_tokens=30), "max_tokens": 40}

    first, second = plain.ask(asked(grammar=open_end, **patient), asked(grammar=closed, **patient))

    assert len(first.tokens) >= 30
    assert (second.text, second.finish) == ("xxx", "stop")


def test_the_greatest_length_cuts(plain: House) -> None:
    (answer,) = plain.ask(asked(grammar=by_regex("[a-z]{400}"), max_tokens=5))

    assert (len(answer.tokens), answer.finish) == (5, "length")


# --- with thoughts ---------------------------------------------------------------------------------------


def test_what_begins_as_json_is_json_to_its_end_whatever_it_holds(house: House) -> None:
    held = {"const": "<think>no</think> <tool_call>{}</tool_call>"}

    answers = house.ask(*(asked(grammar=by_schema(held), seed=seed, enable_thinking=False) for seed in range(3)))

    assert [json.loads(answer.text) for answer in answers] == [held["const"]] * 3


def test_the_grammar_begins_behind_a_thought(house: House) -> None:
    tokenizer = house.model.tokenizer
    thought = tokenizer.encode("<think>of {many} things</think>\n\n", add_special_tokens=False)

    (answer,) = house.ask(asked(grammar=by_schema(PERSON), resume=tuple(thought)))

    Draft202012Validator(PERSON).validate(json.loads(answer.text))


def test_a_thought_is_free_and_ends_in_no_turn(house: House) -> None:
    begun = house.model.tokenizer.encode("<think>of", add_special_tokens=False)
    free = Sampling(
        2, min_tokens=50, logit_bias=tuple(TokenBias(token, 100) for token in house.model.tokenizer.eos_token_ids)
    )

    (answer,) = house.ask(asked(grammar=by_schema(PERSON), resume=tuple(begun), sampling=free, max_tokens=60))

    assert answer.finish == "length"
    assert (answer.text, len(answer.tokens)) == ("", 60 - len(begun))
