import re
from collections.abc import Callable

from mlx_llm_server.scripts.demo_model.abilities import arithmetic, times_tables
from mlx_llm_server.scripts.demo_model.exercise import Exercise, Source

SUMS, STORIES = arithmetic.ABILITIES[0], arithmetic.ABILITIES[1]


def draws(make: Callable[[Source], Exercise], held_out: bool = False, count: int = 300) -> list[Exercise]:
    source = Source(1, held_out=held_out)
    return [make(source) for _ in range(count)]


def thought_lines(exercise: Exercise) -> list[str]:
    assert exercise.thought
    return exercise.thought.split("\n")


def first_line(exercise: Exercise) -> str:
    """The sum, as the thought begins."""
    return thought_lines(exercise)[0].removesuffix(", negative")


def pair(exercise: Exercise) -> tuple[str, frozenset[int]]:
    a, sign, b = first_line(exercise).split(" ")
    return sign, frozenset({int(a), int(b)})


def test_the_answer_is_what_python_computes() -> None:
    for exercise in draws(SUMS.make) + draws(STORIES.make):
        assert exercise.answer == str(eval(first_line(exercise)))


def test_the_numbers_of_the_question_give_the_answer() -> None:
    for exercise in draws(SUMS.make) + draws(STORIES.make):
        numbers = [int(number) for number in re.findall(r"\d+", exercise.messages[0]["content"])]
        if len(numbers) == 2:
            a, b = numbers
            assert int(exercise.answer) in {a + b, a - b, b - a}


def test_the_question_says_which_number_is_taken_from_which() -> None:
    for exercise in draws(SUMS.make, count=3000):
        text = exercise.messages[0]["content"].lower()
        if found := re.search(r"(\d+) ?(?:-|minus|\N{MINUS SIGN}|\N{EN DASH}) ?(\d+)", text):
            assert int(exercise.answer) == int(found[1]) - int(found[2])
        if found := re.search(r"(?:take|subtract|deduct|remove) (\d+) (?:away )?from (\d+)", text):
            assert int(exercise.answer) == int(found[2]) - int(found[1])
        if found := re.search(r"(\d+) less than (\d+)", text):
            assert int(exercise.answer) == int(found[2]) - int(found[1])


def test_every_line_of_a_thought_is_right() -> None:
    for exercise in draws(SUMS.make):
        for line in thought_lines(exercise):
            if "=" in line:
                left, right = line.split("=")
                assert eval(left) == int(right)


def test_a_held_out_pair_is_held_out_in_either_order_and_in_stories() -> None:
    trained = {pair(exercise) for make in (SUMS.make, STORIES.make) for exercise in draws(make, count=2000)}
    held_out = {pair(exercise) for make in (SUMS.make, STORIES.make) for exercise in draws(make, held_out=True)}
    assert not trained & held_out


def test_numbers_of_every_length_are_common() -> None:
    lengths = [len(first_line(exercise).split()[0]) for exercise in draws(SUMS.make)]
    assert min(lengths.count(length) for length in (1, 2, 3)) > 30


def test_tables_up_to_twelve() -> None:
    for exercise in draws(times_tables.ABILITIES[0].make):
        numbers = [int(number) for number in re.findall(r"\d+", exercise.messages[0]["content"])]
        if len(numbers) == 2:
            a, b = numbers
            assert int(exercise.answer) in {a * b, b and a / b, a and b / a}
