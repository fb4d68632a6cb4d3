import random

from mlx_llm_server.scripts.demo_model.material import made_up
from mlx_llm_server.scripts.demo_model.wording.frames import phrases


def test_made_up_words_are_short_words_of_small_letters() -> None:
    rng = random.Random(1)
    for _ in range(1000):
        word = made_up.made_up_word(rng)
        assert word.isalpha()
        assert word.islower()
        assert 3 <= len(word) <= 20
        assert made_up.made_up_name(rng).istitle()


def test_the_number_of_syllables_can_be_chosen() -> None:
    rng = random.Random(1)
    short, long = ([made_up.made_up_word(rng, count) for _ in range(200)] for count in (1, 3))
    assert sum(map(len, short)) < sum(map(len, long))


def test_sentences_look_like_english() -> None:
    rng = random.Random(1)
    sentences = [made_up.sentence(rng) for _ in range(1000)]
    assert len(set(sentences)) > 990
    for sentence in sentences:
        assert 8 < len(sentence) < 160
        assert sentence[0] == sentence[0].upper()
        assert sentence[-1] in ".!?"
        assert "  " not in sentence


def test_phrases_may_stand_several_times() -> None:
    assert phrases("one | 2* two three\n{} * {} | four") == ("one", "two three", "two three", "{} * {}", "four")
