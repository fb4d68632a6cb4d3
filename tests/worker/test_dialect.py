"""Thoughts and calls of models that say known texts, token by token, as the worker decodes them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import Aside, ChatMessage, Delta, Generate, Sampling, Step, ToolCall
from mlx_llm_server.scripts.models import successor
from mlx_llm_server.worker.dialect import open_text, takes_enable_thinking, takes_tools
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.loading import LoadedModel
from mlx_llm_server.worker.prompts import PromptBuilder
from mlx_llm_server.worker.scheduler import Insert, Key, Prepared, Requested, Scheduler, Send, Stepped
from mlx_llm_server.worker.text import ParsedTextStream, TextStream

from .conftest import loaded

TOOL = '{"type": "function", "function": {"name": "add", "parameters": {}}}'
WEATHER = '<tool_call>\n{"name": "weather", "arguments": {"city": "Zürich"}}\n</tool_call>'
TEXTS = {
    "think": "<think>\nCounting is easy.\n</think>\n\nOne comes first.",
    "weather": WEATHER,
    # Its marks are no tokens of their own: those of the texts above are taken.
    "both": "<think>A tool helps.</think>\nLet me see.\n" + WEATHER + '\n<tool_call>{"name": "now"}</tool_call>',
    "broken": "Look: <tool_call>\n{name}\n</tool_call> done",
}
CALL = ToolCall("weather", '{"city": "Zürich"}')


@pytest.fixture(scope="module")
def reciting(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    path = tmp_path_factory.mktemp("models") / "reciting"
    return loaded(successor(path, texts=TEXTS, chat_template="open-thinking"))


def request(
    content: str,
    *,
    tools: bool = True,
    max_tokens: int = 200,
    stop: tuple[str, ...] = (),
    enable_thinking: bool | None = None,
) -> Generate:
    return Generate(
        1,
        (ChatMessage("user", content),),
        Sampling(0, temperature=0),
        max_tokens,
        stop,
        tools=(TOOL,) if tools else (),
        enable_thinking=enable_thinking,
    )


def deltas_of(model: LoadedModel, asked: Generate) -> list[Delta]:
    """Return the deltas that a frontend gets."""
    key = Key(0, 1)
    scheduler = Scheduler(model.info.context_length)
    scheduler.handle(Requested(0, asked))
    prompt = PromptBuilder(model.tokenizer).build(asked)
    _, insert = scheduler.handle(Prepared(key, prompt, open_text(model.tokenizer, asked, prompt)))
    assert isinstance(insert, Insert)
    engine = Engine(model.model, model.tokenizer.eos_token_ids, 1)
    engine.insert(insert)
    deltas: list[Delta] = []
    while not (deltas and deltas[-1].finish):
        for action in scheduler.handle(Stepped(engine.steps, engine.step())):
            if isinstance(action, Send) and isinstance(action.message, Step):
                deltas.extend(action.message.deltas)
    engine.close()
    return deltas


def whole(deltas: list[Delta]) -> tuple[str, str, tuple[ToolCall, ...], str | None]:
    """Return content, thought, calls and finish reason."""
    asides = [delta.aside for delta in deltas if delta.aside is not None]
    return (
        "".join(delta.text for delta in deltas),
        "".join(aside.reasoning for aside in asides),
        tuple(call for aside in asides for call in aside.tool_calls),
        deltas[-1].finish,
    )


def reasoning_tokens(deltas: list[Delta]) -> list[int]:
    return [delta.aside.reasoning_tokens if delta.aside else 0 for delta in deltas]


# --- what a model can do ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "tools", "thinking"),
    [
        ("none", False, False),
        ("chatml", False, False),
        ("chatml-tools", True, False),
        ("chatml-thinking", True, True),
        ("open-thinking", True, True),
    ],
)
def test_a_models_abilities_are_its_templates(tmp_path: Path, template: str, tools: bool, thinking: bool) -> None:
    tokenizer = loaded(successor(tmp_path, last=1, texts={}, chat_template=template)).tokenizer

    assert (takes_tools(tokenizer), takes_enable_thinking(tokenizer)) == (tools, thinking)


def test_a_model_may_have_a_template_of_its_own_for_tools(tmp_path: Path) -> None:
    tokenizer = loaded(successor(tmp_path, last=1, texts={}, chat_template="chatml-tools")).tokenizer
    with_tools = tokenizer.chat_template
    tokenizer._tokenizer.chat_template = {"default": "{{ messages }}", "tool_use": with_tools}

    assert takes_tools(tokenizer)
    assert not takes_enable_thinking(tokenizer)


def test_a_request_without_tools_to_a_model_without_thoughts_is_not_parsed(counting: LoadedModel) -> None:
    assert type(open_text(counting.tokenizer, request("5", tools=False), [1])) is TextStream


# --- what comes of the known texts -----------------------------------------------------------------------


def test_a_thought_is_apart_from_the_content(reciting: LoadedModel) -> None:
    deltas = deltas_of(reciting, request("think", tools=False))

    assert whole(deltas) == ("One comes first.", "Counting is easy.", (), "stop")
    assert not any("<" in delta.text for delta in deltas)


def test_the_prompt_may_open_the_thought(reciting: LoadedModel) -> None:
    deltas = deltas_of(reciting, request("5", enable_thinking=True))

    assert whole(deltas) == ("One comes first.", "Counting is easy.", (), "stop")


def test_a_message_that_ends_with_the_mark_opens_no_thought(tmp_path: Path) -> None:
    model = loaded(successor(tmp_path, last=3, texts={}, chat_template="chatml-thinking"))

    assert whole(deltas_of(model, request("what is <think>", tools=False))) == (" 1 2 3".lstrip(), "", (), "stop")


def test_a_call_alone_has_no_content(reciting: LoadedModel) -> None:
    deltas = deltas_of(reciting, request("weather"))

    assert whole(deltas) == ("", "", (CALL,), "tool_calls")
    assert sum(delta.aside is not None for delta in deltas) == 1


def test_marks_are_found_where_they_are_several_tokens(reciting: LoadedModel) -> None:
    deltas = deltas_of(reciting, request("both"))

    calls = (CALL, ToolCall("now", "{}"))
    assert whole(deltas) == ("Let me see.", "A tool helps.", calls, "tool_calls")


def test_without_tools_a_call_is_text(reciting: LoadedModel) -> None:
    assert whole(deltas_of(reciting, request("weather", tools=False))) == (WEATHER, "", (), "stop")


def test_a_call_that_can_not_be_read_is_content(reciting: LoadedModel) -> None:
    deltas = deltas_of(reciting, request("broken"))

    assert whole(deltas) == (TEXTS["broken"], "", (), "stop")
    assert sum(delta.aside.unread_calls for delta in deltas if delta.aside is not None) == 1


@pytest.mark.parametrize("limit", range(1, 30))
def test_a_call_that_the_length_cuts_is_content(reciting: LoadedModel, limit: int) -> None:
    content, _, calls, finish = whole(deltas_of(reciting, request("weather", max_tokens=limit)))

    if calls:
        assert (content, finish) in (("", "length"), ("", "tool_calls"))
    else:
        assert WEATHER.startswith(content)
        assert finish == "length"


def test_stop_strings_are_for_content_alone(reciting: LoadedModel) -> None:
    assert whole(deltas_of(reciting, request("think", stop=("easy", "ne com")))) == (
        "O",
        "Counting is easy.",
        (),
        "stop",
    )
    assert whole(deltas_of(reciting, request("weather", stop=("city",)))) == ("", "", (CALL,), "tool_calls")
    assert whole(deltas_of(reciting, request("both", stop=("me",)))) == ("Let ", "A tool helps.", (), "stop")


# --- counting --------------------------------------------------------------------------------------------


def test_reasoning_tokens_are_those_of_the_thought_and_its_marks(reciting: LoadedModel) -> None:
    deltas = deltas_of(reciting, request("think"))
    tokenizer = reciting.tokenizer
    tokens = [token for delta in deltas for token in delta.tokens]
    end = tokens.index(tokenizer.think_end_id)
    assert tokens[0] == tokenizer.think_start_id

    assert reasoning_tokens(deltas) == [1] * (end + 1) + [0] * (len(tokens) - end - 1)


def test_a_mark_that_the_prompt_holds_is_no_completion_token(reciting: LoadedModel) -> None:
    opened = deltas_of(reciting, request("5", enable_thinking=True))
    itself = deltas_of(reciting, request("think"))

    assert sum(reasoning_tokens(opened)) == sum(reasoning_tokens(itself)) - 1


def test_the_tokens_of_a_mark_that_is_spelled_are_counted_once_it_is_complete(reciting: LoadedModel) -> None:
    deltas = deltas_of(reciting, request("both"))
    tokens = [token for delta in deltas for token in delta.tokens]
    up_to = [reciting.tokenizer.decode(tokens[: count + 1]) for count in range(len(tokens))]

    assert sum(reasoning_tokens(deltas)) == 1 + sum("</think>" not in text for text in up_to)


# --- replay ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", TEXTS)
def test_an_answer_can_be_replayed_from_its_tokens(reciting: LoadedModel, word: str) -> None:
    """A new worker gets the ids, replays them, and says the same from there on."""
    asked = request(word)
    deltas = deltas_of(reciting, asked)
    prompt = PromptBuilder(reciting.tokenizer).build(asked)

    stream = open_text(reciting.tokenizer, asked, prompt)
    assert isinstance(stream, ParsedTextStream)
    replayed: list[tuple[str, Aside | None]] = []
    for delta in deltas:
        text, _ = stream.push(delta.tokens[0]) if delta.finish is None else stream.finish()
        replayed.append((text, stream.take_aside()))

    assert replayed == [(delta.text, delta.aside) for delta in deltas]


# --- prompts ---------------------------------------------------------------------------------------------


def rendered(model: LoadedModel, asked: Generate) -> Any:
    return model.tokenizer.decode(PromptBuilder(model.tokenizer).build(asked))


@pytest.mark.parametrize(
    ("template", "chosen", "end"),
    [
        ("chatml-thinking", None, "assistant\n"),
        ("chatml-thinking", True, "assistant\n"),
        ("chatml-thinking", False, "<think>\n\n</think>\n\n"),
        ("open-thinking", None, " 5"),
        ("open-thinking", False, " 5"),
        ("open-thinking", True, " 5<think>"),
    ],
)
def test_thinking_is_as_the_client_says_and_else_as_the_template_does(
    tmp_path: Path, template: str, chosen: bool | None, end: str
) -> None:
    model = loaded(successor(tmp_path, last=1, texts={}, chat_template=template))
    asked = replace(request("5", tools=False), enable_thinking=chosen)

    assert rendered(model, asked).endswith(end)
