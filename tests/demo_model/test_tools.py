"""Tools are chosen by unseen names and descriptions, called with what the sentence says, or left alone."""

import json
from collections.abc import Callable

import pytest
from mlx_llm_server.scripts.demo_model.abilities import arithmetic, json_objects, results, tools
from mlx_llm_server.scripts.demo_model.exercise import Ability, Exercise, Source
from mlx_llm_server.scripts.demo_model.template import call_text, prompt_text
from mlx_llm_server.scripts.demo_model.toolbox.requests import SKILLS, request
from mlx_llm_server.scripts.demo_model.toolbox.result_values import restated

ABILITIES = (*tools.ABILITIES, *results.ABILITIES, *json_objects.ABILITIES)
EVERY = pytest.mark.parametrize("ability", ABILITIES, ids=lambda ability: ability.name)
SIDES = pytest.mark.parametrize("held_out", [False, True], ids=["training", "held out"])
DRAWS = 300


def drawn(make: Callable[[Source], Exercise], *, held_out: bool = False, seed: int = 1) -> list[Exercise]:
    source = Source(seed, held_out=held_out)
    return [make(source) for _ in range(DRAWS)]


def last_said(exercise: Exercise) -> str:
    return exercise.messages[-1]["content"]


@EVERY
@SIDES
def test_answers_are_right_and_short_enough(ability: Ability, held_out: bool) -> None:
    for exercise in drawn(ability.make, held_out=held_out):
        assert exercise.is_right(exercise.answer)
        assert not exercise.is_right("")
        assert exercise.answer == exercise.answer.strip()
        assert len(exercise.answer) < 700
        assert len(prompt_text(exercise.messages, exercise.tools)) < 5000


@EVERY
def test_the_same_seed_draws_the_same_exercises(ability: Ability) -> None:
    first, second = drawn(ability.make, seed=7), drawn(ability.make, seed=7)
    assert [(one.messages, one.answer) for one in first] == [(one.messages, one.answer) for one in second]


@EVERY
def test_texts_have_no_blank_left(ability: Ability) -> None:
    for exercise in drawn(ability.make):
        if ability.name != "JSON from a sentence" and exercise.messages[-1]["role"] == "user":
            assert "{" not in last_said(exercise)
            assert "|" not in last_said(exercise)
            assert "  " not in last_said(exercise)


def test_every_action_makes_sentences_that_hold_their_values() -> None:
    source = Source(3, held_out=False)
    for skill in SKILLS:
        for _ in range(20):
            asked = request(source, skill)
            assert asked.tool["function"]["name"] == asked.name
            properties = asked.tool["function"].get("parameters", {}).get("properties", {})
            assert list(asked.arguments) == [name for name in properties if name in asked.arguments]
            for name, value in asked.arguments.items():
                kind = properties[name]["type"]
                assert type(value) in {"string": (str,), "integer": (int,), "number": (int, float)}[kind]
                assert value in properties[name].get("enum", [value])
                if isinstance(value, str) and "enum" not in properties[name]:
                    assert value.lower() in asked.sentence.lower()


@SIDES
def test_calls_are_of_tools_on_offer_with_all_that_is_required(held_out: bool) -> None:
    for exercise in drawn(tools.tool_choice, held_out=held_out):
        calls = tools.read_calls(exercise.answer)
        assert calls is not None
        assert len(calls) == 1
        [(name, arguments)] = calls
        [tool] = [tool for tool in exercise.tools if tool["function"]["name"] == name]
        parameters = tool["function"].get("parameters", {"properties": {}})
        assert set(parameters.get("required", [])) <= set(arguments) <= set(parameters["properties"])
        names = [tool["function"]["name"] for tool in exercise.tools]
        assert len(set(names)) == len(names)
        assert 1 <= len(names) <= 5


def test_held_out_tools_have_held_out_names() -> None:
    training, held_out = Source(0, held_out=False), Source(0, held_out=True)
    for exercise in drawn(tools.tool_choice, held_out=True):
        assert all(held_out.owns(tool["function"]["name"]) for tool in exercise.tools)
    for exercise in drawn(tools.tool_choice):
        assert all(training.owns(tool["function"]["name"]) for tool in exercise.tools)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "Sure!",
        call_text([("other", {"city": "Paris"})]),
        call_text([("get_weather", {"city": "paris"})]),
        call_text([("get_weather", {"city": "Paris", "days": 3})]),
        call_text([("get_weather", {"city": "Paris"})] * 2),
        "Sure. " + call_text([("get_weather", {"city": "Paris"})]),
        call_text([("get_weather", {"city": "Paris"})]) + " Done.",
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}\n</tool_call>',
    ],
)
def test_wrong_calls_are_refused(wrong: str) -> None:
    assert not tools.calls_check([("get_weather", {"city": "Paris"})])(wrong)


def test_the_order_of_arguments_is_free() -> None:
    check = tools.calls_check([("add", {"a": 1, "b": 2})])
    assert check('<tool_call>\n{"name": "add", "arguments": {"b": 2, "a": 1}}\n</tool_call>')


def test_leaving_tools_alone_is_all_that_counts_where_none_fits() -> None:
    ability = tools.no_tool_ability(arithmetic.ABILITIES[0].make, 1.0)
    for exercise in drawn(ability.make):
        assert exercise.tools
        assert exercise.is_right("I have no idea.")
        assert not exercise.is_right(call_text([("x", {})]))


def test_results_are_restated() -> None:
    assert restated({"temperature": 21, "sky": "cloudy"}) == "The temperature is 21 and the sky is cloudy."
    assert restated({"windSpeed": 3.5}) == "The wind speed is 3.5."
    assert restated({"names": ["Anna", "Bob", "Eve"], "paid": True}) == (
        "The names are Anna, Bob and Eve and the paid is yes."
    )
    assert restated({"error": "city not found"}) == "That did not work: city not found"
    assert restated({"found": [], "next_page": None}) == "The found are none and the next page is unknown."
    assert restated("Done.") == "Done."
    assert restated(7) == "7"


def test_results_in_the_prompt_are_what_is_told() -> None:
    for exercise in drawn(results.from_result):
        content = last_said(exercise)
        try:
            value = json.loads(content)
        except ValueError:
            value = content
        if isinstance(value, dict):
            assert exercise.answer == restated(value)


def test_objects_have_the_keys_in_the_order_asked() -> None:
    for exercise in drawn(json_objects.from_sentence):
        found = json.loads(exercise.answer)
        text = "\n".join(message["content"] for message in exercise.messages)
        assert found
        for key, value in found.items():
            assert key in text
            if isinstance(value, str):
                assert value.lower() in text.lower()
            elif isinstance(value, int | float) and not isinstance(value, bool) and not 2 <= value <= 12:
                assert str(value) in text


def test_wrong_objects_are_refused() -> None:
    check = json_objects.object_check({"name": "Anna", "age": 1, "married": True})
    assert check('{"age": 1, "name": "Anna", "married": true}')
    assert not check('{"name": "Anna", "age": 1, "married": 1}')
    assert not check('{"name": "Anna", "age": "1", "married": true}')
    assert not check('{"name": "Anna", "age": 1}')
    assert not check('Here: {"name": "Anna", "age": 1, "married": true}')
