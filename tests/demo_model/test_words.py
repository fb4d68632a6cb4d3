import re
from collections.abc import Callable

from mlx_llm_server.scripts.demo_model.abilities import words
from mlx_llm_server.scripts.demo_model.exercise import Exercise, Source
from mlx_llm_server.scripts.demo_model.material.vocabulary import WORDS

UPPER, LOWER, REVERSED, LENGTH, SPELLING, LETTER, OCCURRENCES, PALINDROMES, ORDER = words.ABILITIES


def draws(make: Callable[[Source], Exercise], held_out: bool = False, count: int = 300) -> list[Exercise]:
    source = Source(1, held_out=held_out)
    return [make(source) for _ in range(count)]


def spelled(thought: str | None) -> str:
    """The word that a thought spells, a letter a line."""
    assert thought
    return "".join(line.split(" ")[1] for line in thought.split("\n"))


def test_the_list_holds_many_words_of_fair_length() -> None:
    assert len(WORDS) >= 1500
    assert all(3 <= len(word) <= 12 and word.islower() for word in WORDS)


def test_upper_case_is_the_question_s_text_in_capitals() -> None:
    for exercise in draws(UPPER.make):
        assert exercise.answer == exercise.answer.upper()
        assert exercise.answer in exercise.messages[0]["content"].upper()


def test_lower_case_is_the_question_s_text_in_small_letters() -> None:
    for exercise in draws(LOWER.make):
        assert exercise.answer == exercise.answer.lower()
        assert exercise.answer in exercise.messages[0]["content"].lower()


def test_a_reversed_word_stands_in_the_question_and_is_learned_by_letters() -> None:
    for exercise in draws(REVERSED.make):
        assert exercise.spelled
        assert "".join(reversed(exercise.answer)) in exercise.messages[0]["content"]


def test_the_letters_are_counted() -> None:
    for exercise in draws(LENGTH.make):
        word = spelled(exercise.thought)
        assert word in exercise.messages[0]["content"]
        assert int(exercise.answer) == len(word)


def test_spelling_puts_dashes_between_the_letters() -> None:
    for exercise in draws(SPELLING.make):
        letters = exercise.answer.split("-")
        assert all(len(letter) == 1 for letter in letters)
        assert "".join(letters) in exercise.messages[0]["content"]


def test_a_letter_at_a_place() -> None:
    for exercise in draws(LETTER.make):
        word, text = spelled(exercise.thought), exercise.messages[0]["content"].lower()
        if re.search(r"\blast\b|\bend\b", text.replace(word, "")):
            assert exercise.answer == word[-1]
        elif re.search(r"\bfirst\b|\bstart\b|\bbegin\b", text.replace(word, "")):
            assert exercise.answer == word[0]
        assert exercise.answer in word


def test_occurrences_are_counted_along_the_word() -> None:
    for exercise in draws(OCCURRENCES.make):
        assert exercise.thought
        marked = [line for line in exercise.thought.split("\n") if " " in line]
        assert int(exercise.answer) == len(marked)
        assert "".join(line[0] for line in exercise.thought.split("\n")) in exercise.messages[0]["content"]


def test_palindromes() -> None:
    for exercise in draws(PALINDROMES.make):
        assert exercise.thought
        forwards, backwards = exercise.thought.split("\n")
        assert exercise.answer == ("yes" if forwards == backwards else "no")


def test_words_in_order() -> None:
    for exercise in draws(ORDER.make):
        given = exercise.answer.split(", ")
        assert given == sorted(given)
        assert all(word in exercise.messages[0]["content"] for word in given)


def test_a_word_is_held_out_whatever_is_done_with_it() -> None:
    def material(held_out: bool) -> set[str]:
        return {
            *(exercise.answer[::-1].lower() for exercise in draws(REVERSED.make, held_out)),
            *(spelled(exercise.thought).lower() for exercise in draws(LENGTH.make, held_out)),
            *(exercise.answer.replace("-", "").lower() for exercise in draws(SPELLING.make, held_out)),
        }

    assert not material(held_out=False) & material(held_out=True)


def test_a_held_out_word_is_in_no_phrase_of_training() -> None:
    held_out = {exercise.answer for exercise in draws(UPPER.make, held_out=True, count=1000)}
    words_held_out = {answer for answer in held_out if " " not in answer and len(answer) > 3}
    trained = {word for exercise in draws(UPPER.make, count=3000) for word in exercise.answer.split()}
    assert not trained & words_held_out
