"""What holds for sums, counting, copying, words and tables alike."""

import pytest
from mlx_llm_server.scripts.demo_model.abilities import arithmetic, copying, counting, tables, words
from mlx_llm_server.scripts.demo_model.exercise import Ability, Source

ABILITIES = [ability for module in (arithmetic, counting, copying, words, tables) for ability in module.ABILITIES]
each_ability = pytest.mark.parametrize("ability", ABILITIES, ids=lambda ability: ability.name)


@each_ability
def test_an_answer_is_right_and_others_are_wrong(ability: Ability) -> None:
    source = Source(1, held_out=False)
    for _ in range(300):
        exercise = ability.make(source)
        assert exercise.is_right(exercise.answer)
        assert not exercise.is_right(exercise.answer + "!")
        assert not exercise.is_right("")


@each_ability
@pytest.mark.parametrize("held_out", [False, True])
def test_an_exercise_is_one_question_of_bounded_length(ability: Ability, held_out: bool) -> None:
    source = Source(2, held_out=held_out)
    for _ in range(300):
        exercise = ability.make(source)
        (message,) = exercise.messages
        assert message["role"] == "user"
        assert 0 < len(message["content"]) < 600
        assert message["content"] == message["content"].strip()
        assert exercise.answer
        assert exercise.answer == exercise.answer.strip()
        assert exercise.thought is None or exercise.thought == exercise.thought.strip()


@each_ability
def test_the_same_seed_draws_the_same_exercises(ability: Ability) -> None:
    one, other = Source(3, held_out=False), Source(3, held_out=False)
    assert [ability.make(one) for _ in range(50)] == [ability.make(other) for _ in range(50)]


# Copied lines may hold anything.
@pytest.mark.parametrize(
    "ability",
    [each for each in ABILITIES if not each.name.startswith("Copying")],
    ids=lambda ability: ability.name,
)
def test_no_frame_shows_its_seams(ability: Ability) -> None:
    """Names of fields are always filled in, and no two stops follow each other."""
    source = Source(4, held_out=False)
    for _ in range(300):
        text = ability.make(source).messages[0]["content"]
        assert not any(seam in text for seam in ("{}", "{w}", "{n}", "{a}", "{0}", "* what", "  ", ",,", ".?")), (
            text
        )


def test_names_are_unique() -> None:
    assert len({ability.name for ability in ABILITIES}) == len(ABILITIES)
