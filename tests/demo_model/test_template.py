from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from mlx_llm_server.scripts.demo_model.template import CHAT_TEMPLATE, call_text, prompt_text
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

TOOL = {"type": "function", "function": {"name": "g", "description": "Ü", "parameters": {"type": "object"}}}
ASKED = {"role": "user", "content": "hi"}
SYSTEM = {"role": "system", "content": "Be brief."}


def _call(arguments: str, content: str | None = None) -> dict[str, Any]:
    call = {"id": "a", "type": "function", "function": {"name": "g", "arguments": arguments}}
    return {"role": "assistant", "content": content, "tool_calls": [call]}


def _result(text: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "a", "content": text}


CONVERSATIONS = {
    "one question": [ASKED],
    "a system message": [SYSTEM, ASKED],
    "several turns": [SYSTEM, ASKED, {"role": "assistant", "content": "yes?"}, ASKED],
    "a call and its result": [ASKED, _call('{"a": 1}'), _result("r")],
    "two results": [ASKED, _call('{"a": "é"}'), _result("r"), _result("s")],
    "talk beside a call": [
        ASKED,
        _call("{}", "Let me see."),
        _result("r"),
        {"role": "assistant", "content": "So."},
        ASKED,
    ],
}


@pytest.fixture(scope="module")
def rendered() -> Any:
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
    tokenizer.chat_template = CHAT_TEMPLATE

    def render(messages: list[dict[str, Any]], **options: Any) -> Any:
        return tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False, **options)

    return render


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_lessons_are_written_as_the_template_writes(rendered: Any, name: str) -> None:
    for tools, thinking in product(([], [TOOL], [TOOL, TOOL]), (False, True)):
        messages = CONVERSATIONS[name]
        expected = rendered(messages, tools=tools or None, enable_thinking=thinking)
        assert prompt_text(messages, tools, thinking=thinking) == expected


def test_thinking_is_off_unless_asked_for(rendered: Any) -> None:
    assert rendered([ASKED]) == rendered([ASKED], enable_thinking=False) == prompt_text([ASKED])


def test_earlier_thoughts_are_left_out(rendered: Any) -> None:
    thought = {"role": "assistant", "content": "<think>\nhm\n</think>\n\nyes?"}
    said = {"role": "assistant", "content": "yes?"}
    assert rendered([ASKED, thought, ASKED]) == rendered([ASKED, said, ASKED])


def test_a_call_is_written_as_it_is_asked_for(rendered: Any) -> None:
    text = call_text([("g", {"a": 1, "b": "é"})])
    assert text == '<tool_call>\n{"name": "g", "arguments": {"a": 1, "b": "é"}}\n</tool_call>'
    assert text in rendered([ASKED, _call('{"a": 1, "b": "é"}'), _result("r")])


def test_parts_of_a_content_are_joined(rendered: Any) -> None:
    parts = [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]
    assert rendered([{"role": "user", "content": parts}]) == rendered([ASKED])
