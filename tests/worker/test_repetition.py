import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.worker.repetition import LEAST_ROUNDS, LEAST_TOKENS, LONGEST_CIRCLE, RepetitionGuard


def closed_at(tokens: list[int]) -> int | None:
    """Return how many tokens were taken when a circle closed."""
    guard = RepetitionGuard()
    return next((count for count, token in enumerate(tokens, start=1) if guard.push(token)), None)


@pytest.mark.parametrize(
    ("length", "most"),
    [(1, LEAST_TOKENS), (2, LEAST_TOKENS), (16, LEAST_TOKENS), (17, 17 * LEAST_ROUNDS), (64, 64 * LEAST_ROUNDS)],
)
def test_a_circle_closes_after_so_many_tokens(length: int, most: int) -> None:
    assert closed_at([*range(length)] * 1000) == most


def test_what_comes_before_a_circle_is_no_part_of_it() -> None:
    assert closed_at([5, 6, 7, *[1, 2] * 1000]) == 3 + LEAST_TOKENS


def test_longer_circles_are_not_seen() -> None:
    assert closed_at([*range(LONGEST_CIRCLE + 1)] * 20) is None


def test_a_circle_that_breaks_off_begins_anew() -> None:
    assert closed_at([*[1] * (LEAST_TOKENS - 1), 2, *[1] * (LEAST_TOKENS - 1)]) is None


def test_counting_is_no_circle() -> None:
    assert closed_at([*range(5000)]) is None


@given(st.lists(st.integers(0, 2), max_size=300), st.integers(0, 300))
def test_a_generation_that_is_resumed_is_seen_alike(tokens: list[int], cut: int) -> None:
    whole, resumed = RepetitionGuard(), RepetitionGuard(tokens[:cut])
    seen = [whole.push(token) for token in tokens]

    assert [resumed.push(token) for token in tokens[cut:]] == seen[cut:]
