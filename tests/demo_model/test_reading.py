from mlx_llm_server.scripts.demo_model.abilities import reading
from mlx_llm_server.scripts.demo_model.abilities.reading import NOT_SAID
from mlx_llm_server.scripts.demo_model.exercise import Source
from mlx_llm_server.scripts.demo_model.wording.manner import Mentions


def test_the_answer_stands_in_the_text() -> None:
    for held_out in (False, True):
        source = Source(1, held_out=held_out)
        for exercise in [reading.ABILITIES[0].make(source) for _ in range(300)]:
            if exercise.answer == NOT_SAID:
                continue
            assert any(exercise.answer in message["content"] for message in exercise.messages)
            assert isinstance(exercise.check, Mentions)
            assert exercise.check.value in exercise.answer


def test_the_question_does_not_give_away_what_it_asks_for() -> None:
    source = Source(1, held_out=False)
    for exercise in [reading.ABILITIES[0].make(source) for _ in range(300)]:
        if isinstance(exercise.check, Mentions):
            text = "".join(message["content"] for message in exercise.messages)
            assert exercise.check.value not in text.replace(exercise.answer, "")
