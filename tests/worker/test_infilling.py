"""Prompts with a suffix, for models whose vocabulary has marks to fill in the middle with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import INFILLING, Generate, Sampling
from mlx_llm_server.scripts.models import random
from mlx_llm_server.worker.dialect import abilities
from mlx_llm_server.worker.prompts import InvalidRequest, PromptBuilder

from .conftest import loaded

REQUEST = Generate(1, (), Sampling(0), 5, prompt="def f(", suffix="):\n    return x")


@pytest.fixture(
    params=[
        ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ]
)
def marked(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A tokenizer with such marks."""
    tokenizer = loaded(random(tmp_path)).tokenizer
    tokenizer.add_tokens(list(request.param))
    tokenizer.marks = request.param
    return tokenizer


def test_prompt_and_suffix_stand_between_the_models_marks(marked: Any) -> None:
    builder, (prefix, suffix, middle) = PromptBuilder(marked), marked.marks
    expected = f"{prefix}def f({suffix}):\n    return x{middle}"

    by_text = builder.build(REQUEST)
    ids = tuple(marked.encode("def f(", add_special_tokens=False))

    assert marked.decode(by_text) == expected
    assert by_text[0] == marked.get_vocab()[prefix]
    assert builder.build(replace(REQUEST, prompt=None, prompt_tokens=ids)) == by_text
    assert marked.decode(builder.build(replace(REQUEST, suffix=""))) == f"{prefix}def f({suffix}{middle}"
    assert INFILLING in abilities(marked)


def test_a_model_without_marks_refuses_a_suffix(tmp_path: Path) -> None:
    tokenizer = loaded(random(tmp_path)).tokenizer

    with pytest.raises(InvalidRequest) as raised:
        PromptBuilder(tokenizer).build(REQUEST)
    assert raised.value.param == "suffix"
    assert INFILLING not in abilities(tokenizer)
