import re
from collections.abc import Callable

from mlx_llm_server.scripts.demo_model.abilities import copying
from mlx_llm_server.scripts.demo_model.exercise import Exercise, Source
from mlx_llm_server.scripts.demo_model.material import lines

COPYING, SEVERAL, TIMES = copying.ABILITIES


def draws(make: Callable[[Source], Exercise], held_out: bool = False, count: int = 300) -> list[Exercise]:
    source = Source(1, held_out=held_out)
    return [make(source) for _ in range(count)]


def test_the_answer_stands_in_the_question() -> None:
    for exercise in draws(COPYING.make, count=2000) + draws(SEVERAL.make):
        assert exercise.answer in exercise.messages[0]["content"]


def test_nothing_of_a_line_is_left_outside_the_answer() -> None:
    """What stands right before and after the answer belongs to the request."""
    for exercise in draws(COPYING.make, count=2000):
        line, text = re.escape(exercise.answer), exercise.messages[0]["content"]
        assert re.search(rf"(?:^|[ \n\"'`“«„>]){line}(?:$|[\n\"'`”»“<.?])", text), exercise


def test_lines_are_one_line_of_bounded_length() -> None:
    source = Source(2, held_out=False)
    for _ in range(3000):
        line = lines.line(source.rng)
        assert 1 <= len(line) <= 200
        assert line == line.strip()
        assert line[0] not in "\"'`“„«"
        assert line[-1] not in "\"'`”“»"
        assert not set(line) & set("\n\r")
        line.encode()


def test_lines_are_of_every_kind() -> None:
    source = Source(3, held_out=False)
    text = "".join(lines.line(source.rng) for _ in range(3000))
    for character in "aZ09ßéøřłñλд猫んسשक한น👍🏽🇩\u200d€{}<>\\":
        assert character in text


def test_held_out_lines_are_never_copied_in_training() -> None:
    trained = {exercise.answer for exercise in draws(COPYING.make, count=3000)}
    assert not trained & {exercise.answer for exercise in draws(COPYING.make, held_out=True)}


def test_a_word_is_said_as_often_as_asked() -> None:
    for exercise in draws(TIMES.make):
        said = exercise.answer.split(" ")
        assert len(set(said)) == 1
        assert 2 <= len(said) <= 10
