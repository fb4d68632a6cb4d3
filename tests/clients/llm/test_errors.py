from __future__ import annotations

from ..questions import SUM
from .conftest import Llm


def test_what_is_wrong_is_told_by_its_name(llm: Llm) -> None:
    answer = llm("-m", "demo", "-o", "logit_bias", '{"99999": 1}', SUM)

    assert answer.returncode == 1
    assert "logit_bias" in answer.stderr


def test_a_prompt_that_is_too_long_is_told(llm: Llm) -> None:
    answer = llm("-m", "demo", read="word " * 10_000)

    assert answer.returncode == 1
    assert "maximum context length is 4096 tokens" in answer.stderr


def test_a_wrong_key_is_told(narrow_llm: Llm) -> None:
    answer = narrow_llm("-m", "narrow", "--key", "wrong", SUM)

    assert answer.returncode == 1
    assert "Incorrect API key provided" in answer.stderr
