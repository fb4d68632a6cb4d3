from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import ChatMessage, Generate, Sampling, ToolCall
from mlx_llm_server.scripts.models import successor
from mlx_llm_server.worker.loading import LoadedModel
from mlx_llm_server.worker.prompts import (
    DEFAULT_ROLE_MAPPING,
    InvalidRequest,
    PromptBuilder,
    join_roles,
    template_messages,
)

from .conftest import loaded

Turns = list[tuple[str, str]]


def messages(*turns: tuple[str, str]) -> tuple[ChatMessage, ...]:
    return tuple(ChatMessage(role, content) for role, content in turns)


def request(*turns: tuple[str, str], role_mapping: dict[str, str] | None = None) -> Generate:
    return Generate(1, messages(*turns), Sampling(1), 10, role_mapping=role_mapping)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tokenizer without a chat template."""
    return loaded(successor(tmp_path_factory.mktemp("plain"), chat_template="none")).tokenizer


# --- role prefixes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turns", "mapping", "text"),
    [
        pytest.param([("user", "hi")], None, "USER: hi\nASSISTANT:", id="the defaults"),
        pytest.param(
            [("system", "be brief"), ("user", "hi"), ("assistant", "yes"), ("user", "why")],
            None,
            "ASSISTANT's RULE: be brief\nUSER: hi\nASSISTANT: yes\nUSER: why\nASSISTANT:",
            id="a conversation",
        ),
        pytest.param([("user", "hi")], {"user": "U:", "assistant": "A: "}, "U:hiA:", id="no stop"),
        pytest.param([("user", "hi")], {}, "hi", id="nothing"),
        pytest.param([("user", "hi")], {"stop": "</s>"}, "hi</s>", id="a stop alone"),
        pytest.param(
            [("user", "hi")],
            {"system_prompt": "Be kind.", "user": "U:", "assistant": "A:", "stop": "|"},
            "Be kind.|U:hi|A:",
            id="a system prompt opens",
        ),
        pytest.param(
            [("system", "Be brief."), ("user", "hi")],
            {"system_prompt": "Be kind.", "system": "S:", "user": "U:", "stop": "|"},
            "S:Be brief.|U:hi|",
            id="a message of the system takes its place",
        ),
        pytest.param([("user", "hi \n")], {"user": ""}, "hi", id="no space at the end"),
        pytest.param([("user", "{0} %s {role}")], {"user": "{x}"}, "{x}{0} %s {role}", id="nothing is formatted"),
    ],
)
def test_messages_are_joined_by_their_prefixes(turns: Turns, mapping: dict[str, str] | None, text: str) -> None:
    assert join_roles(messages(*turns), mapping) == text


def test_the_defaults_have_a_prefix_for_every_role() -> None:
    assert DEFAULT_ROLE_MAPPING.keys() == {"system", "user", "assistant", "stop"}


def test_a_model_without_a_template_gets_the_joined_messages(plain: Any) -> None:
    tokens = PromptBuilder(plain).build(request(("user", "hi")))

    assert plain.decode(tokens) == "USER: hi\nASSISTANT:"


def test_a_model_without_a_template_takes_the_requests_mapping(plain: Any) -> None:
    tokens = PromptBuilder(plain).build(
        request(("user", "hi"), role_mapping={"user": "Q: ", "assistant": "\nA: "})
    )

    assert plain.decode(tokens) == "Q: hi\nA:"


def test_an_empty_prompt_is_invalid(plain: Any) -> None:
    with pytest.raises(InvalidRequest, match="empty prompt") as raised:
        PromptBuilder(plain).build(request(("user", " "), role_mapping={}))

    assert raised.value.param == "messages"


# --- templates -------------------------------------------------------------------------------------------


def test_a_template_is_rendered_with_the_assistants_turn_opened(nonsense: LoadedModel) -> None:
    tokens = PromptBuilder(nonsense.tokenizer).build(request(("system", "be brief"), ("user", "hi")))

    assert all(type(token) is int for token in tokens)
    assert nonsense.tokenizer.decode(tokens) == (
        "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("mapping", [{}, {"user": "U:"}], ids=str)
def test_a_role_mapping_beside_a_template_is_refused(nonsense: LoadedModel, mapping: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match="chat template of its own") as raised:
        PromptBuilder(nonsense.tokenizer).build(request(("user", "hi"), role_mapping=mapping))

    assert raised.value.param == "role_mapping"


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('Only user and assistant roles are supported!') }}",
        "{{ messages[5].content.strip() }}",
        "{% for message in messages %}",
    ],
    ids=["raises", "undefined", "broken"],
)
def test_what_a_template_refuses_is_invalid(tmp_path: Path, template: str) -> None:
    tokenizer = loaded(successor(tmp_path, last=1, texts={}, chat_template="chatml")).tokenizer
    tokenizer._tokenizer.chat_template = template

    with pytest.raises(InvalidRequest, match="chat template refuses these messages") as raised:
        PromptBuilder(tokenizer).build(request(("user", "hi")))

    assert raised.value.param == "messages"


# --- tools and thinking ----------------------------------------------------------------------------------

TOOL = '{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}'
CALL = ToolCall("add", '{"é": [1, 2.5, null], "b": {}}', "call_1")
TALK = (
    ChatMessage("user", "add"),
    ChatMessage("assistant", "", "I could count.", (CALL, ToolCall("now", "{}", "call_2"))),
    ChatMessage("tool", "5", tool_call_id="call_1"),
)


def of_template(tmp_path: Path, name: str) -> Any:
    return loaded(successor(tmp_path, last=1, texts={}, chat_template=name)).tokenizer


def test_tools_and_calls_are_rendered_with_arguments_as_objects(tmp_path: Path) -> None:
    tokenizer = of_template(tmp_path, "chatml-tools")

    text = tokenizer.decode(PromptBuilder(tokenizer).build(replace(request(), messages=TALK, tools=(TOOL,))))

    assert f"<tools>\n{TOOL}\n</tools>" in text
    assert '<tool_call>\n{"name": "add", "arguments": {"é": [1, 2.5, null], "b": {}}}\n</tool_call>' in text
    assert text.endswith("<tool_response>\n5\n</tool_response><|im_end|>\n<|im_start|>assistant\n")


def test_messages_have_what_templates_look_for() -> None:
    _, assistant, tool = template_messages(TALK, short_ids=False)

    assert assistant["reasoning_content"] == "I could count."
    assert assistant["content"] == ""
    assert assistant["tool_calls"][0] == {
        "id": "call_1",
        "type": "function",
        "function": {"name": "add", "arguments": {"é": [1, 2.5, None], "b": {}}},
    }
    assert tool == {"role": "tool", "content": "5", "tool_call_id": "call_1", "name": "add"}


def test_mistrals_templates_get_ids_of_nine_characters(tmp_path: Path) -> None:
    tokenizer = of_template(tmp_path, "chatml-tools")
    tokenizer._tokenizer.chat_template = (
        "{% for message in messages if tools %}{% for call in message.tool_calls or [] %}"
        "{% if call.id|length != 9 %}{{ raise_exception('no') }}{% endif %}{{ call.id }},{% endfor %}"
        "{{ message.tool_call_id }}{% endfor %}"
    )

    text = tokenizer.decode(PromptBuilder(tokenizer).build(replace(request(), messages=TALK, tools=(TOOL,))))

    first, second, answered = text.split(",")
    assert (first + second).isalnum()
    assert second != first == answered


@pytest.mark.parametrize("name", ["none", "chatml"])
@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": (TOOL,)}, "tools"),
        ({"messages": TALK}, "messages"),
        ({"enable_thinking": False}, "chat_template_kwargs.enable_thinking"),
    ],
    ids=["tools", "calls", "thinking"],
)
def test_what_a_model_has_not_is_invalid(tmp_path: Path, name: str, fields: dict[str, Any], param: str) -> None:
    builder = PromptBuilder(of_template(tmp_path, name))

    with pytest.raises(InvalidRequest) as raised:
        builder.build(replace(request(("user", "hi")), **fields))

    assert raised.value.param == param


def test_prompts_are_built_by_several_threads_at_once(nonsense: LoadedModel) -> None:
    builder = PromptBuilder(nonsense.tokenizer)
    requests = [request(("user", f"say {number} " * 50)) for number in range(100)]
    alone = [builder.build(each) for each in requests]

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(builder.build, requests))

    assert together == alone
