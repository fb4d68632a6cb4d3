"""Which rows share an array."""

from __future__ import annotations

from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.worker.decode.parts import group

SLACK = 10


def test_rows_share_with_rows_of_about_their_length() -> None:
    assert group([[100]], [[100]], SLACK) == [[0, 1]]
    assert group([[100]], [[50]], SLACK) == [[0, 1]]
    assert group([[100]], [[49]], SLACK) == [[0], [1]]
    assert group([[49]], [[100]], SLACK) == [[0], [1]]
    assert group([[100, 60]], [[140]], SLACK) == [[0], [1]]  # 60 would be made longer than 120


def test_few_tokens_more_do_not_matter() -> None:
    assert group([[11]], [[1]], SLACK) == [[0, 1]]
    assert group([[12]], [[1]], SLACK) == [[0], [1]]
    assert group([[9, 1]], [[0]], SLACK) == [[0, 1]]


def test_a_row_goes_where_it_fills_up_least() -> None:
    assert group([[100], [70, 60]], [[75]], SLACK) == [[0], [1, 2]]
    assert group([[100], [70, 60]], [[95]], SLACK) == [[0, 2], [1]]


def test_those_that_join_share_with_each_other_too() -> None:
    assert group([[1000]], [[100], [100], [500]], SLACK) == [[0, 3], [1, 2]]


def test_what_is_there_is_not_copied_for_others() -> None:
    assert group([[100], [60]], [[900]], SLACK) == [[0], [1], [2]]  # though the first two would fit


def test_many_parts_become_fewer() -> None:
    present = [[length] for length in (10_000, 90, 80, 70, 1000, 5000, 20_000, 2500)]
    assert group(present, [[400]], SLACK) == [[0], [1], [2, 3], [4], [5], [6], [7], [8]]
    apart = [[100 * 3**power] for power in range(9)]
    assert len(group(apart[:-1], apart[-1:], SLACK)) == 9  # none of these fits with another


lengths = st.lists(
    st.lists(st.integers(0, 5000), min_size=1, max_size=3).filter(
        lambda part: max(part) <= max(min(part) + SLACK, 2 * min(part))
    ),
    min_size=1,
    max_size=9,
)


@given(lengths, lengths)
def test_no_row_is_made_much_longer_than_it_is(present: list[list[int]], joining: list[list[int]]) -> None:
    parts = [*present, *joining]
    groups = group(present, joining, SLACK)
    assert sorted(chain(*groups)) == list(range(len(parts)))
    assert all(each == sorted(each) for each in groups)
    for each in groups:
        rows = [row for part in each for row in parts[part]]
        assert max(rows) <= max(min(rows) + SLACK, 2 * min(rows))
    if len(parts) <= 8:
        assert not any({*each} >= {*pair} for each in groups for pair in combinations(range(len(present)), 2))
