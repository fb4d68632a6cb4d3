from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mlx_llm_server.scripts.models import TEMPLATES, random, successor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    TokenizerOf = Callable[[str], Any]
    Builder = Callable[..., Path]
from mlx_lm.utils import load_tokenizer

BUILDERS = {"successor": successor, "random": random}
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "count "}, {"type": "text", "text": "from"}]},
    {"role": "assistant", "content": None},
    {"role": "user", "content": " 40\n"},
]
CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"to": 3}}}],
}
TOOL = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {}}}


@pytest.fixture(params=list(BUILDERS))
def tokenizer_of(request: pytest.FixtureRequest, tmp_path: Path) -> TokenizerOf:
    """A function from the name of a template to the tokenizer of a model that has it."""
    build = BUILDERS[request.param]
    return lambda name: load_tokenizer(build(tmp_path / name, chat_template=name, layers=1))


def test_none_leaves_the_tokenizer_without_a_template(tokenizer_of: TokenizerOf) -> None:
    tokenizer = tokenizer_of("none")
    assert not tokenizer.has_chat_template
    assert tokenizer.decode(tokenizer.encode("user: hi")) == "user: hi"


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.startswith("count")])
def test_count_ends_the_prompt_at_the_last_word(tokenizer_of: TokenizerOf, name: str) -> None:
    tokenizer = tokenizer_of(name)
    text = tokenizer.apply_chat_template(TALK, tokenize=False, add_generation_prompt=True)
    assert text == " Be brief. count from  40"


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.startswith("chatml")])
def test_chatml_marks_the_turns_and_opens_the_answer(tokenizer_of: TokenizerOf, name: str) -> None:
    tokenizer = tokenizer_of(name)
    assert tokenizer.apply_chat_template(TALK[:2], tokenize=False, add_generation_prompt=True) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\ncount from<|im_end|>\n<|im_start|>assistant\n"
    )
    assert not tokenizer.apply_chat_template(TALK[:2], tokenize=False).endswith("assistant\n")
    ids = tokenizer.apply_chat_template(TALK[:2], add_generation_prompt=True)
    assert ids[0] == tokenizer.convert_tokens_to_ids("<|im_start|>")
    assert ids.count(tokenizer.eos_token_id) == 2


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.endswith(("tools", "thinking"))])
def test_tools_are_told_and_calls_rendered_for_mlx_lms_json_parser(tokenizer_of: TokenizerOf, name: str) -> None:
    tokenizer = tokenizer_of(name)
    assert tokenizer.tool_call_start == "<tool_call>"
    assert tokenizer.tool_parser('{"name": "add", "arguments": {}}', None) == {"name": "add", "arguments": {}}
    assert len(tokenizer.encode("<tool_call>", add_special_tokens=False)) == 1
    text = tokenizer.apply_chat_template(
        [TALK[0], CALL, {"role": "tool", "content": "7"}],
        tools=[TOOL],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert '"description": "Adds."' in text
    assert '<tool_call>\n{"name": "add", "arguments": {"to": 3}}\n</tool_call>' in text
    assert "7" in text


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_thinking_is_inferred_where_the_template_has_it(tokenizer_of: TokenizerOf, name: str) -> None:
    tokenizer = tokenizer_of(name)
    assert tokenizer.has_thinking == name.endswith("thinking")
    assert (tokenizer.tool_call_start is None) == (not name.endswith(("tools", "thinking")))


@pytest.mark.parametrize("name", ["count-thinking", "chatml-thinking"])
def test_thinking_can_be_switched_off(tokenizer_of: TokenizerOf, name: str) -> None:
    tokenizer = tokenizer_of(name)
    options = {"tokenize": False, "add_generation_prompt": True}
    thinking = tokenizer.apply_chat_template(TALK, **options)
    assert tokenizer.apply_chat_template(TALK, **options, enable_thinking=True) == thinking
    without = tokenizer.apply_chat_template(TALK, **options, enable_thinking=False)
    assert without == thinking + "<think>\n\n</think>\n\n"


def test_a_thought_and_a_call_begin_and_end_with_tokens_of_their_own(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(successor(tmp_path, chat_template="count-thinking"))
    for mark in ("<think>", "</think>", "<tool_call>", "</tool_call>"):
        assert len(tokenizer.encode(mark, add_special_tokens=False)) == 1
        assert tokenizer.decode(tokenizer.encode(mark), skip_special_tokens=True) == mark


@pytest.mark.parametrize("build", list(BUILDERS.values()))
def test_an_unknown_template_is_refused_with_the_known(tmp_path: Path, build: Builder) -> None:
    with pytest.raises(ValueError, match="chatml-tools"):
        build(tmp_path, chat_template="alpaca")
