"""The bundled demo model, served because no other was named."""

from __future__ import annotations

import json
from typing import Any, Literal

import openai
import pytest
from mlx_llm_server.demo import DEMO_MODEL
from pydantic import BaseModel

from .servers import House, Server

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather for a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
SAID = "No --model given: serving the bundled demo model mlx-llm-server-demo."


@pytest.fixture(scope="module")
def demo(shared_house: House) -> Server:
    return shared_house.llm_server(None)


def test_it_answers_a_question(demo: Server) -> None:
    completion = demo.openai().chat.completions.create(
        model="mlx-llm-server-demo",
        messages=[{"role": "user", "content": "What is 17 + 25?"}],
        temperature=0,
    )
    assert completion.model == "mlx-llm-server-demo"
    assert completion.choices[0].message.content == "42"
    assert completion.choices[0].finish_reason == "stop"


def test_it_streams_the_numbers_to_100(demo: Server) -> None:
    stream = demo.openai().chat.completions.create(
        model="mlx-llm-server-demo",
        messages=[{"role": "user", "content": "Count from 1 to 100."}],
        temperature=0,
        max_tokens=1000,
        stream=True,
    )
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    assert [int(number) for number in "".join(pieces).replace(",", " ").split()] == list(range(1, 101))
    assert len(pieces) > 10


def test_it_calls_a_tool_and_tells_its_result(demo: Server) -> None:
    client = demo.openai()
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    asked = client.chat.completions.create(model="any", messages=messages, tools=[WEATHER], temperature=0)
    message = asked.choices[0].message
    assert asked.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls is not None
    (call,) = message.tool_calls
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}

    result = {"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 18, "sky": "cloudy"}'}
    messages += [message.model_dump(exclude_none=True), result]
    told = client.chat.completions.create(model="any", messages=messages, tools=[WEATHER], temperature=0)
    assert told.choices[0].message.content == "The temperature is 18 and the sky is cloudy."
    assert told.choices[0].finish_reason == "stop"


class Pet(BaseModel):
    name: str
    kind: Literal["cat", "dog"]
    legs: int


def test_it_answers_by_a_pydantic_model(demo: Server) -> None:
    completion = demo.openai().chat.completions.parse(
        model="any",
        messages=[{"role": "user", "content": "Rex is a dog with four legs. Write that as JSON."}],
        response_format=Pet,
        temperature=0,
        seed=1,
    )

    assert completion.choices[0].finish_reason == "stop"
    assert isinstance(completion.choices[0].message.parsed, Pet)


def test_it_thinks_before_it_answers_by_a_choice(demo: Server) -> None:
    completion = demo.openai().chat.completions.create(
        model="any",
        messages=[{"role": "user", "content": "What is 17 + 25?"}],
        temperature=0,
        extra_body={
            "chat_template_kwargs": {"enable_thinking": True},
            "structured_outputs": {"choice": ["It is 41.", "It is 42."]},
        },
    )

    message: Any = completion.choices[0].message
    assert message.reasoning_content.startswith("17 + 25")
    assert message.content in {"It is 41.", "It is 42."}


def test_it_keeps_to_a_strict_tool(demo: Server) -> None:
    completion = demo.openai().chat.completions.create(
        model="any",
        messages=[{"role": "user", "content": "What is 17 + 25?"}],
        tools=[openai.pydantic_function_tool(Pet)],
        tool_choice="required",
        parallel_tool_calls=False,
        temperature=0,
        extra_body={"chat_template_kwargs": {"enable_thinking": False}},
    )

    choice = completion.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls is not None
    (call,) = choice.message.tool_calls
    assert call.type == "function"
    assert isinstance(Pet.model_validate_json(call.function.arguments), Pet)


def test_it_leaves_tools_alone_where_none_is_needed(demo: Server) -> None:
    completion = demo.openai().chat.completions.create(
        model="any", messages=[{"role": "user", "content": "What is 17 + 25?"}], tools=[WEATHER], temperature=0
    )
    assert completion.choices[0].message.content == "42"
    assert completion.choices[0].message.tool_calls is None


def test_it_thinks_when_asked_to(demo: Server) -> None:
    completion = demo.openai().chat.completions.create(
        model="any",
        messages=[{"role": "user", "content": "What is 17 + 25?"}],
        temperature=0,
        extra_body={"chat_template_kwargs": {"enable_thinking": True}},
    )
    message: Any = completion.choices[0].message
    assert message.reasoning_content.startswith("17 + 25\n7+5=12")
    assert message.content == "42"


def test_it_is_the_model_that_is_listed(demo: Server) -> None:
    assert [model.id for model in demo.openai().models.list()] == ["mlx-llm-server-demo"]


def test_one_line_says_that_it_is_served_however_many_workers_there_are(house: House) -> None:
    server = house.up(None, workers=2)
    assert server.log.count(SAID) == 1


def test_a_worker_alone_says_it_too(house: House) -> None:
    server = house.frontend()
    worker = house.worker(None, PORT=str(server.port))
    server.wait_for_workers(1)
    assert worker.log.count(SAID) == 1


def test_a_model_named_by_the_environment_is_served_instead(house: House) -> None:
    server = house.llm_server(None, MLX_SERVE_MODEL=str(DEMO_MODEL))
    assert SAID not in server.log


@pytest.mark.parametrize(
    "command", [["mlx-serve", "up"], ["mlx-serve", "worker"], ["mlx-llm-server"]], ids=" ".join
)
def test_the_help_says_what_is_served_by_default(house: House, command: list[str]) -> None:
    shown = house.start([*command, "--help"])
    assert shown.wait() == 0
    assert "[default: the small demo model that comes with the package]" in " ".join(shown.log.split())
