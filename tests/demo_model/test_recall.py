import re

import pytest
from mlx_llm_server.scripts.demo_model.abilities import recall, small_talk
from mlx_llm_server.scripts.demo_model.abilities.recall import NOT_TOLD, Recalled, distance
from mlx_llm_server.scripts.demo_model.exercise import Exercise, Source
from mlx_llm_server.scripts.demo_model.wording import telling

RECALL = recall.ability(small_talk.ABILITIES[0].make)


def draws(count: int = 300, *, held_out: bool = False) -> list[Exercise]:
    source = Source(1, held_out=held_out)
    return [RECALL.make(source) for _ in range(count)]


def value_of(exercise: Exercise) -> str:
    assert isinstance(exercise.check, Recalled)
    return exercise.check.value


def told_only(exercises: list[Exercise]) -> list[Exercise]:
    return [exercise for exercise in exercises if exercise.answer != NOT_TOLD]


def test_the_value_that_is_asked_for_was_told() -> None:
    for exercise in told_only(draws()):
        assert any(value_of(exercise) in message["content"] for message in exercise.messages)


def test_what_was_noted_last_is_what_is_answered() -> None:
    for exercise in told_only(draws(600)):
        noted = [message["content"] for message in exercise.messages if message["content"].startswith("Noted: ")]
        subject = exercise.answer.removesuffix(value_of(exercise) + ".")
        lasts = [text for text in noted if subject[:1].lower() + subject[1:] in text or subject in text]
        if lasts:
            assert value_of(exercise) in lasts[-1]


def test_a_fact_that_nobody_told_is_not_made_up() -> None:
    untold = [exercise for exercise in draws(1000) if exercise.answer == NOT_TOLD]
    assert 20 < len(untold) < 200
    for exercise in untold:
        assert not exercise.is_right("Your cat is called Mimi.")


def test_the_distance_reaches_from_one_message_to_two_thousand_tokens() -> None:
    distances = sorted(each for exercise in draws(2000) if (each := distance(exercise)) is not None)
    tokens = [characters / recall.CHARACTERS_A_TOKEN for characters in distances]
    count = len(tokens)
    assert sum(each < 200 for each in tokens) > count / 4
    assert sum(each > 1000 for each in tokens) > count / 7
    assert 1700 < tokens[-1] < 2500


def test_the_distance_is_counted_from_the_last_mention() -> None:
    for exercise in told_only(draws()):
        text = "".join(message["content"] for message in exercise.messages)
        reach = distance(exercise)
        assert reach is not None
        mentions = [len(text) - match.start() for match in re.finditer(re.escape(value_of(exercise)), text)]
        system = exercise.messages[0]["role"] == "system"
        if not system:
            assert min(mentions) <= reach + len(value_of(exercise)) + 400


def test_held_out_values_are_never_practised() -> None:
    practised = {value_of(exercise) for exercise in told_only(draws())}
    held_out = {value_of(exercise) for exercise in told_only(draws(held_out=True))}
    assert len(held_out) > 100
    assert not practised & held_out


@pytest.mark.parametrize("told", [False, True])
def test_facts_about_the_user_are_said_back_to_them(told: bool) -> None:
    source = Source(1, held_out=False)
    for _ in range(500):
        fact = telling.draw_fact(source, telling.USER if told else telling.SELF)
        words = fact.said().removesuffix(fact.value).split()
        assert not {"I", "my", "user's", "we"} & set(words)
        assert "user" not in words or "user name" in fact.said() or "user ID" in fact.said()
