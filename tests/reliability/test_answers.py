from __future__ import annotations

from dataclasses import replace

import pytest
from mlx_llm_server.scripts.reliability.answers import Answer, difference

EXPECTED = Answer("6 7 8", "Hm.", ("look(1)", "look(2)"), "stop", 9)


def test_the_same_is_exact() -> None:
    assert difference(EXPECTED, EXPECTED) is None
    assert difference(None, EXPECTED) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(EXPECTED, text="6 8"), "text at character 2: '6 7 8' became '6 8'"),
        (replace(EXPECTED, text="6 7 7 8"), "text at character 4: "),
        (replace(EXPECTED, text="6 7"), "text at character 3: '6 7 8' became '6 7'"),
        (replace(EXPECTED, text="6 7 8 9"), "text at character 5: "),
        (replace(EXPECTED, reasoning=""), "reasoning at character 0: "),
        (replace(EXPECTED, calls=("look(1)",)), "calls "),
        (replace(EXPECTED, calls=("look(1)", "look(1)", "look(2)")), "calls "),
        (replace(EXPECTED, finish="length"), "finish reason 'stop' became 'length'"),
        (replace(EXPECTED, tokens=10), "9 completion tokens became 10"),
        (replace(EXPECTED, tokens=None), "9 completion tokens became None"),
    ],
)
def test_a_lost_a_doubled_and_a_foreign_part_are_told(wrong: Answer, said: str) -> None:
    assert (difference(EXPECTED, wrong) or "").startswith(said)


@pytest.mark.parametrize(
    "part", [Answer(), Answer("6 7", "Hm."), replace(EXPECTED, finish=None, tokens=None, calls=("look(1)",))]
)
def test_an_answer_that_broke_off_is_a_beginning(part: Answer) -> None:
    assert difference(EXPECTED, part) is None


@pytest.mark.parametrize("part", [Answer("7"), Answer("6 7 8 9"), Answer("6", "Oh"), Answer(calls=("look(2)",))])
def test_an_error_does_not_excuse_what_came_before_it(part: Answer) -> None:
    assert difference(EXPECTED, part)
