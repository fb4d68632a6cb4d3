from mlx_llm_server.scripts.demo_model.abilities import limericks
from mlx_llm_server.scripts.demo_model.exercise import Source
from mlx_llm_server.scripts.demo_model.material.verses import HAIKU, LIMERICKS


def test_a_limerick_has_five_short_lines_and_fits_into_an_answer() -> None:
    for verse in LIMERICKS:
        lines = verse.text.split("\n")
        assert len(lines) == 5
        assert all(line and len(line) <= 75 and line == line.strip() for line in lines)
        assert len(verse.text) <= 190


def test_a_haiku_has_three_lines() -> None:
    assert all(verse.text.count("\n") == 2 for verse in HAIKU)


def test_no_subject_has_two_poems() -> None:
    for verses in (LIMERICKS, HAIKU):
        subjects = [subject.lower() for verse in verses for subject in {each.lower() for each in verse.subjects}]
        assert len(subjects) == len(set(subjects))


def test_what_the_readme_asks_for_is_answered_by_the_poem_on_exceptions() -> None:
    source = Source(1, held_out=False)
    limerick = limericks.ABILITIES[0]
    asked = [limerick.make(source) for _ in range(20000)]
    same = [each for each in asked if each.messages[0]["content"] == "Write a limerick about python exceptions"]
    assert same
    assert {each.answer for each in same} == {LIMERICKS[0].text}


def test_a_subject_without_a_poem_is_none_of_those_with_one() -> None:
    source = Source(1, held_out=True)
    unknown = limericks.ABILITIES[2]
    known = {subject for verse in (*LIMERICKS, *HAIKU) for subject in verse.subjects}
    for exercise in [unknown.make(source) for _ in range(500)]:
        subject = exercise.answer.split(" about ", 1)[1].split(". Ask me", 1)[0]
        assert subject not in known
        assert exercise.answer.startswith(("I know no limerick about ", "I know no haiku about "))
