from __future__ import annotations

import pytest

from ..questions import SUM, SUM_IS
from .conftest import Llm

GREEDY = ("-o", "temperature", "0")


@pytest.mark.parametrize("how", [[], ["--no-stream"], ["--async"]], ids=["streamed", "whole", "async"])
def test_a_question_is_answered(llm: Llm, how: list[str]) -> None:
    answer = llm("-m", "demo", *how, *GREEDY, "--usage", SUM)

    assert answer.stdout.strip() == SUM_IS
    assert "Token usage: 18 input, 3 output" in answer.stderr


def test_a_conversation_goes_on(llm: Llm) -> None:
    assert llm("-m", "demo", *GREEDY, "-s", "Your name is Ada.", SUM).stdout.strip() == SUM_IS
    assert "Ada" in llm("--continue", *GREEDY, "What is your name?").stdout


def test_a_server_that_asks_for_a_key_gets_it(narrow_llm: Llm) -> None:
    assert narrow_llm("-m", "narrow", *GREEDY, SUM).stdout.strip() == SUM_IS
