from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import ChatMessage, Generate, Inspect, Sampling, ToolCall
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
    ChatMessage("user", "add", name="Ada"),
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
    asked, assistant, tool = template_messages(TALK, short_ids=False)

    assert asked == {"role": "user", "content": "add", "name": "Ada"}
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


# --- prompts without a template --------------------------------------------------------------------------


def raw(prompt: str | None = None, *tokens: int) -> Generate:
    return Generate(1, (), Sampling(1), 10, prompt=prompt, prompt_tokens=tokens)


def test_a_raw_prompt_is_tokenized_as_it_is_and_ids_are_left_alone(nonsense: LoadedModel) -> None:
    prompts, tokenizer = PromptBuilder(nonsense.tokenizer), nonsense.tokenizer

    assert tokenizer.decode(prompts.build(raw("<|im_start|> hi"))) == "<|im_start|> hi"
    assert prompts.build(raw(None, 5, 3, 5)) == [5, 3, 5]


def test_an_empty_raw_prompt_is_invalid_and_can_be_inspected(nonsense: LoadedModel) -> None:
    prompts = PromptBuilder(nonsense.tokenizer)

    with pytest.raises(InvalidRequest) as raised:
        prompts.build(raw(""))
    assert raised.value.param == "prompt"
    assert prompts.inspect(Inspect(4, raw(""))).tokens == ()


def test_an_inspected_prompt_is_the_one_that_would_be_gone_on_with(nonsense: LoadedModel) -> None:
    prompts = PromptBuilder(nonsense.tokenizer)
    asked = request(("user", "hi"))
    told = prompts.inspect(Inspect(4, asked, pieces=True))

    assert told.number == 4
    assert list(told.tokens) == prompts.build(asked)
    assert told.text == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert len(told.pieces) == len(told.tokens)
    assert prompts.inspect(Inspect(4, asked, generation_prompt=False)).text == "<|im_start|>user\nhi<|im_end|>\n"


# --- a message that is gone on with ----------------------------------------------------------------------

BEGUN = (("user", "hi"), ("assistant", "Well, "))


def test_the_last_message_is_left_open(nonsense: LoadedModel, plain: Any) -> None:
    asked = replace(request(*BEGUN), continue_final_message=True)

    text = nonsense.tokenizer.decode(PromptBuilder(nonsense.tokenizer).build(asked))
    assert text == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nWell, "
    assert plain.decode(PromptBuilder(plain).build(asked)) == "USER: hi\nASSISTANT: Well, "


def test_a_template_that_hides_the_last_message_can_not_leave_it_open(tmp_path: Path) -> None:
    tokenizer = of_template(tmp_path, "chatml")
    tokenizer._tokenizer.chat_template = "{{ messages[0].content }}"

    with pytest.raises(InvalidRequest) as raised:
        PromptBuilder(tokenizer).build(replace(request(*BEGUN), continue_final_message=True))
    assert raised.value.param == "continue_final_message"


# --- options of a template -------------------------------------------------------------------------------

ASKING = (
    "{% if not tone is defined %}{% set tone = 'plain' %}{% endif %}{% set n = 1 %}"
    "{% for m in messages %}{{ m.content }}{% endfor %}[{{ tone }}{{ n }}{{ reasoning_effort }}]"
)


def asking(tmp_path: Path) -> Any:
    tokenizer = of_template(tmp_path, "chatml")
    tokenizer._tokenizer.chat_template = ASKING
    return tokenizer


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("", "hi[plain1]"),
        ('{"tone": "dry"}', "hi[dry1]"),
        ('{"reasoning_effort": "high", "tone": 5}', "hi[51high]"),
    ],
)
def test_a_template_is_told_what_it_asks_for(tmp_path: Path, options: str, text: str) -> None:
    tokenizer = asking(tmp_path)
    asked = replace(request(("user", "hi")), template_options=options)

    assert tokenizer.decode(PromptBuilder(tokenizer).build(asked)) == text


@pytest.mark.parametrize("name", ["n", "m", "messages", "colour", "raise_exception", "range"])
def test_what_a_template_does_not_ask_for_is_invalid(tmp_path: Path, name: str) -> None:
    tokenizer = asking(tmp_path)

    with pytest.raises(InvalidRequest, match="it has reasoning_effort, tone") as raised:
        PromptBuilder(tokenizer).build(replace(request(("user", "hi")), template_options=f'{{"{name}": 1}}'))
    assert raised.value.param == f"chat_template_kwargs.{name}"


@pytest.mark.parametrize("name", ["none", "chatml"])
def test_levels_of_thinking_need_a_template_that_has_them(tmp_path: Path, name: str) -> None:
    tokenizer = of_template(tmp_path, name)

    with pytest.raises(InvalidRequest) as raised:
        PromptBuilder(tokenizer).build(
            replace(request(("user", "hi")), template_options='{"reasoning_effort": "low"}')
        )
    assert raised.value.param == "reasoning_effort"
