import re
from collections.abc import Callable
from itertools import pairwise

from mlx_llm_server.scripts.demo_model.abilities import counting, number_questions
from mlx_llm_server.scripts.demo_model.exercise import Exercise, Source

COUNTING, FORMS, STEPS = counting.ABILITIES[:3]
NEIGHBOURS, SIZES, SORTING = number_questions.ABILITIES


def draws(make: Callable[[Source], Exercise], held_out: bool = False, count: int = 300) -> list[Exercise]:
    source = Source(1, held_out=held_out)
    return [make(source) for _ in range(count)]


def numbers_in(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def test_a_count_goes_by_ones_from_the_first_to_the_last() -> None:
    for exercise in draws(COUNTING.make):
        counted = [int(number) for number in exercise.answer.split(", ")]
        step = 1 if counted[0] < counted[-1] else -1
        assert counted == list(range(counted[0], counted[-1] + step, step))
        assert 2 <= len(counted) <= 300
        asked = numbers_in(exercise.messages[0]["content"])
        if len(asked) == 2:
            assert asked == [counted[0], counted[-1]]
        elif len(asked) == 1:
            assert {asked[0], 1} == {counted[0], counted[-1]} or asked == [2]


def test_some_counts_are_long_and_many_begin_with_one() -> None:
    counted = [exercise.answer.split(", ") for exercise in draws(COUNTING.make)]
    assert sum(len(numbers) > 100 for numbers in counted) > 30
    assert sum(numbers[0] == "1" for numbers in counted) > 90


def test_a_pair_is_held_out_in_every_form() -> None:
    def ends(exercises: list[Exercise]) -> set[tuple[int, int]]:
        return {(numbers_in(exercise.answer)[0], numbers_in(exercise.answer)[-1]) for exercise in exercises}

    trained = ends(draws(COUNTING.make, count=1000) + draws(FORMS.make, count=1000))
    held_out = ends(draws(COUNTING.make, held_out=True) + draws(FORMS.make, held_out=True))
    assert not trained & held_out


def test_steps_are_even() -> None:
    for exercise in draws(STEPS.make):
        counted = [int(number) for number in exercise.answer.split(", ")]
        assert len({b - a for a, b in pairwise(counted)}) == 1


def test_neighbours() -> None:
    for exercise in draws(NEIGHBOURS.make):
        asked = numbers_in(exercise.messages[0]["content"])
        assert abs(int(exercise.answer) - asked[0]) == 1


def test_the_largest_or_smallest_is_among_the_numbers() -> None:
    for exercise in draws(SIZES.make):
        asked = numbers_in(exercise.messages[0]["content"])
        if len(asked) > 1:
            assert int(exercise.answer) in {min(asked), max(asked)}
        else:
            assert exercise.answer == ("odd" if asked[0] % 2 else "even")


def test_sorting_keeps_all_numbers() -> None:
    for exercise in draws(SORTING.make):
        asked, given = numbers_in(exercise.messages[0]["content"]), numbers_in(exercise.answer)
        assert given in (sorted(asked), sorted(asked, reverse=True))
