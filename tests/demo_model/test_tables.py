from collections.abc import Callable

from mlx_llm_server.scripts.demo_model.abilities import tables
from mlx_llm_server.scripts.demo_model.exercise import Exercise, Source
from mlx_llm_server.scripts.demo_model.material import facts

CAPITALS, CALENDAR, LETTERS, LISTS, COLOURS, OPPOSITES, *_ = tables.ABILITIES


def draws(make: Callable[[Source], Exercise], count: int = 300) -> list[Exercise]:
    source = Source(1, held_out=True)
    return [make(source) for _ in range(count)]


def test_every_question_has_one_answer() -> None:
    """Drawn often enough to meet most questions twice."""
    answers: dict[str, str] = {}
    for ability in tables.ABILITIES:
        for exercise in draws(ability.make, count=5000):
            text = exercise.messages[0]["content"]
            assert answers.setdefault(text, exercise.answer) == exercise.answer, text


def test_a_capital_belongs_to_one_country() -> None:
    assert len({country for country, _ in facts.CAPITALS}) == len(facts.CAPITALS) >= 120
    assert len({capital for _, capital in facts.CAPITALS}) == len(facts.CAPITALS)


def test_a_question_for_a_capital_names_what_the_answer_joins() -> None:
    for exercise in draws(CAPITALS.make):
        capital, country = exercise.answer.removesuffix(".").split(" is the capital of ")
        names = {capital, country, *facts.OTHER_NAMES.get(country, ())}
        text = exercise.messages[0]["content"].lower()
        assert any(name.lower() in text for name in names)
        assert (country, capital) in facts.CAPITALS


def test_a_word_has_one_opposite() -> None:
    asked = [one for one, _ in tables.OPPOSITES]
    assert len(set(asked)) == len(asked)


def test_a_colour_is_told_in_a_sentence() -> None:
    for exercise in draws(COLOURS.make):
        assert exercise.answer[0].isupper()
        assert exercise.answer.endswith(".")


def test_days_and_months_are_bare_words() -> None:
    for exercise in draws(CALENDAR.make):
        assert exercise.answer in (*facts.DAYS, *facts.MONTHS) or int(exercise.answer) <= 31


def test_letters_follow_each_other() -> None:
    for exercise in draws(LETTERS.make):
        text = exercise.messages[0]["content"]
        step = 1 if "before" not in text and "precede" not in text else -1
        assert chr(ord(exercise.answer) - step) in text


def test_lists_are_complete() -> None:
    lengths = {exercise.answer.count(", ") + 1 for exercise in draws(LISTS.make)}
    assert lengths == {4, 5, 7, 8, 12, 26}
