import pytest
from mlx_llm_server.worker.prefix_cache import worth_waiting

A = list(range(100))


@pytest.mark.parametrize(
    ("prompt", "usable", "left", "waits"),
    [
        (A, 0, 99, True),
        (A, 0, 10, True),
        (A + [7] * 50, 0, 99, True),
        (A[:60] + [7] * 40, 0, 60, True),
        (A[:60] + [7] * 40, 0, 61, False),
        (A, 60, 40, False),
        (A, 60, 39, True),
        (A, 99, 1, False),
        ([7] * 100, 0, 1, False),
        (A[:1], 0, 1, False),
    ],
    ids=[
        "the same",
        "the same, nearly done",
        "its continuation",
        "saves as much as the other has left",
        "saves less",
        "the rest is too little",
        "the rest is just enough",
        "all is kept already",
        "another",
        "nothing to save",
    ],
)
def test_a_prompt_waits_where_that_saves_at_least_what_the_other_has_left(
    prompt: list[int], usable: int, left: int, waits: bool
) -> None:
    assert worth_waiting(prompt, usable, A, left, by_snapshot=False) is waits


def test_where_only_a_snapshot_helps_the_whole_of_the_other_must_be_shared() -> None:
    assert worth_waiting(A, 0, A, 50, by_snapshot=True)
    assert worth_waiting([*A, 7], 0, A, 50, by_snapshot=True)
    assert not worth_waiting([*A[:90], 7], 0, A, 50, by_snapshot=True)
