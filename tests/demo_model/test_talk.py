"""What holds for every ability of talk alike."""

import pytest
from mlx_llm_server.scripts.demo_model.abilities import (
    about_itself,
    limericks,
    names,
    outside,
    reading,
    recall,
    small_talk,
)
from mlx_llm_server.scripts.demo_model.exercise import Ability, Source
from mlx_llm_server.scripts.demo_model.wording.manner import Mentions, typed
from mlx_llm_server.scripts.demo_model.wording.systems import system_message

ABILITIES = (
    *names.ABILITIES,
    *about_itself.ABILITIES,
    *small_talk.ABILITIES,
    *limericks.ABILITIES,
    *outside.ABILITIES,
    *reading.ABILITIES,
    recall.ability(small_talk.ABILITIES[0].make),
)
each_ability = pytest.mark.parametrize("ability", ABILITIES, ids=lambda ability: ability.name)
both_sides = pytest.mark.parametrize("held_out", [False, True])


@each_ability
@both_sides
def test_its_own_answer_is_right_and_others_are_not(ability: Ability, held_out: bool) -> None:
    source = Source(1, held_out=held_out)
    for exercise in [ability.make(source) for _ in range(300)]:
        assert exercise.is_right(exercise.answer)
        assert not exercise.is_right("")
        assert not exercise.is_right("I have no idea, sorry.")
        assert exercise.answer == exercise.answer.strip()
        assert len(exercise.answer) < 400


@each_ability
@both_sides
def test_the_user_speaks_last_and_the_roles_take_turns(ability: Ability, held_out: bool) -> None:
    source = Source(2, held_out=held_out)
    for exercise in [ability.make(source) for _ in range(300)]:
        roles = [message["role"] for message in exercise.messages]
        if roles[0] == "system":
            assert ability.whole
            roles = roles[1:]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        assert sum(len(message["content"]) for message in exercise.messages) < 9000


@each_ability
def test_a_seed_draws_the_same_exercises_again(ability: Ability) -> None:
    first, second = Source(3, held_out=False), Source(3, held_out=False)
    for _ in range(100):
        one, other = ability.make(first), ability.make(second)
        assert (one.messages, one.answer) == (other.messages, other.answer)


@each_ability
def test_no_slot_of_a_template_stays_open(ability: Ability) -> None:
    source = Source(4, held_out=False)
    for exercise in [ability.make(source) for _ in range(2000)]:
        for text in (exercise.answer, *(message["content"] for message in exercise.messages)):
            assert not any(f"{{{slot}}}" in text for slot in "abcdfgjklmnopqrstuvwx")


def test_a_system_message_is_short_and_names_nobody() -> None:
    source = Source(1, held_out=False)
    for message in [system_message(source) for _ in range(1000)]:
        assert 0 < len(message) < 1000
        assert "our name" not in message
        assert "{" not in message


def test_typing_never_changes_what_fills_a_slot() -> None:
    source = Source(1, held_out=False)
    texts = {typed(source, "What is {x}?", x="ZoË-7") for _ in range(1000)}
    assert all("ZoË-7" in text for text in texts)
    assert len(texts) > 50


def test_a_mention_is_a_whole_word() -> None:
    assert Mentions("12")("It is 12.")
    assert Mentions("Ann")("Anna and Ann")
    assert not Mentions("12")("It is 312.")
    assert not Mentions("Ann")("Anna")


def test_no_question_has_two_answers() -> None:
    answers: dict[str, str] = {}
    for ability in ABILITIES:
        if ability.whole:
            continue
        source = Source(5, held_out=False)
        for exercise in [ability.make(source) for _ in range(3000)]:
            (message,) = exercise.messages
            # Two or three letters may be what a cat types, and mean something too.
            if len(message["content"]) > 3:
                assert answers.setdefault(message["content"], exercise.answer) == exercise.answer
