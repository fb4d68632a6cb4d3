from __future__ import annotations

from mlx_llm_server.scripts.reliability.questions import LAST, counted, counting, exercises


def test_the_successor_counts_to_its_limit_or_its_last_number() -> None:
    assert counted(5, 3).text == "6 7 8"
    assert (counted(5, 3).finish, counted(5, 3).tokens) == ("length", 3)
    to_the_end = counted(LAST - 2, 3)
    assert to_the_end.text == f"{LAST - 1} {LAST}"
    assert (to_the_end.finish, to_the_end.tokens) == ("stop", 3)
    cut = counted(LAST - 2, 2)
    assert (cut.text, cut.finish, cut.tokens) == (f"{LAST - 1} {LAST}", "length", 2)


def test_a_seed_asks_the_same_questions() -> None:
    assert counting(20, 1) == counting(20, 1) != counting(20, 2)
    assert exercises(20, 1) == exercises(20, 1) != exercises(20, 2)


def test_questions_side_by_side_begin_at_different_numbers() -> None:
    asked = [question.messages[0]["content"].split()[-1] for question, _ in counting(LAST - 1, 0)]
    assert len(set(asked)) == LAST - 1


def test_some_are_greedy_some_are_sampled_and_all_have_a_seed() -> None:
    for questions in ([question for question, _ in counting(100, 0)], exercises(100, 0)):
        assert 20 < sum(question.temperature == 0 for question in questions) < 80
        assert all("seed" in question.fields() for question in questions)


def test_the_bundled_model_is_asked_for_tools_and_thoughts() -> None:
    fields = [question.fields() for question in exercises(40, 0)]
    assert any("tools" in each for each in fields)
    assert any("extra_body" in each for each in fields)
    assert "'strict'" not in str(fields)
