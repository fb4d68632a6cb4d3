from mlx_llm_server.scripts.demo_model.abilities import names
from mlx_llm_server.scripts.demo_model.abilities.names import MINNOW
from mlx_llm_server.scripts.demo_model.exercise import Exercise, Source

GIVEN, OWN, PART = names.ABILITIES


def draws(*, held_out: bool = False) -> list[Exercise]:
    source = Source(1, held_out=held_out)
    return [GIVEN.make(source) for _ in range(500)]


def given(exercises: list[Exercise]) -> set[str]:
    return {
        exercise.answer.removeprefix("My name is ")[:-1]
        for exercise in exercises
        if exercise.answer.startswith("My name is ") and exercise.answer != MINNOW
    }


def test_a_name_that_is_given_was_in_the_conversation() -> None:
    for exercise in draws():
        if exercise.answer != MINNOW and exercise.answer.startswith("My name is "):
            (name,) = given([exercise])
            assert name in exercise.messages[0]["content"]


def test_without_a_given_name_it_is_minnow() -> None:
    source = Source(1, held_out=False)
    assert {OWN.make(source).answer for _ in range(300)} == {MINNOW}


def test_held_out_names_are_never_practised() -> None:
    practised, held_out = given(draws()), given(draws(held_out=True))
    assert len(held_out) > 200
    assert not practised & held_out


def test_another_name_is_wrong() -> None:
    for exercise in draws():
        assert not exercise.is_right("My name is Robot.")


def test_a_part_to_play_stands_in_the_system_message() -> None:
    source = Source(1, held_out=False)
    for exercise in [PART.make(source) for _ in range(300)]:
        assert (
            exercise.answer.removeprefix("I am a").removeprefix("n").strip(" .") in exercise.messages[0]["content"]
        )
