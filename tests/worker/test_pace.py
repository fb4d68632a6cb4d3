"""The pace on machines whose speed is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.worker.pace import LARGEST, PrefillPace

SMALLEST = 16


def idle_chunks(per_token: float, steps: int = 12) -> list[int]:
    """Return the chunks on an idle machine that takes so many seconds a token."""
    pace, chunks = PrefillPace(SMALLEST), []
    for _ in range(steps):
        chunks.append(pace.chunk(decoding=0))
        pace.measured(chunks[-1], chunks[-1] * per_token, decoding=0)
    return chunks


def busy_chunks(decode: float, per_token: float, overhead: float = 0.0, steps: int = 30) -> list[int]:
    """Return the chunks beside rows whose step alone takes `decode` seconds."""
    pace, chunks = PrefillPace(SMALLEST), []
    for _ in range(5):
        pace.measured(0, decode, decoding=1)
    for _ in range(steps):
        chunks.append(pace.chunk(decoding=1))
        pace.measured(chunks[-1], decode + overhead + chunks[-1] * per_token, decoding=1)
    return chunks


def test_the_first_chunk_is_modest_and_the_next_at_most_twice_as_large() -> None:
    assert idle_chunks(1e-6, 7) == [64, 128, 256, 512, 1024, 2048, 2048]


def test_an_idle_machine_takes_what_it_does_in_a_second() -> None:
    assert idle_chunks(1 / 650)[-1] == 640


def test_a_slow_machine_takes_the_smallest_chunks() -> None:
    assert idle_chunks(1.0)[1:] == [SMALLEST] * 11


def test_a_machine_whose_small_chunks_cost_alike_comes_to_take_larger_ones() -> None:
    pace = PrefillPace(SMALLEST)
    pace.measured(64, 1000.0, decoding=0)
    assert pace.chunk(decoding=0) == SMALLEST
    for _ in range(5):
        pace.measured(0, 0.1, decoding=1)
    chunks = []
    for _ in range(16):
        pace.measured(pace.chunk(decoding=1), 0.2, decoding=1)
        chunks.append(pace.chunk(decoding=1))
    assert chunks[-1] > 256


def test_beside_running_rows_a_chunk_takes_little_more_than_their_steps() -> None:
    assert busy_chunks(0.1, 0.001)[-1] == 128  # the nearest to the 130 that take 0.13 s


def test_where_more_prompts_wait_than_rows_a_chunk_may_take_longer() -> None:
    pace = PrefillPace(SMALLEST)
    for _ in range(5):
        pace.measured(0, 0.1, decoding=1)
    chunks = []
    for _ in range(9):
        chunks.append(pace.chunk(decoding=2, waiting=6))
        pace.measured(chunks[-1], 0.1 + chunks[-1] * 0.001, decoding=1)
    assert chunks[-1] == 384  # the nearest to three times 130
    assert pace.chunk(decoding=2, waiting=2) == 128


def test_what_a_chunk_costs_at_least_counts() -> None:
    assert busy_chunks(0.1, 0.001, overhead=0.05)[-1] == 64


def costly() -> PrefillPace:
    """Return the pace of a device whose steps take 20 ms, and chunks 20 ms and 0.1 ms a token."""
    pace = PrefillPace(SMALLEST, overhead=0.02)
    for _ in range(5):
        pace.measured(0, 0.02, decoding=1)
    for _ in range(12):
        pace.measured(1024, 0.02 + 1024e-4, decoding=0)
    return pace


def test_what_few_tokens_cost_says_nothing_of_how_fast_more_are() -> None:
    assert costly().chunk(decoding=1, waiting=1, left=5000) == 60  # the rest of 1.3 times 20 ms
    assert costly().chunk(decoding=1, waiting=4, left=5000) == 832


def test_short_prompts_are_done_together_where_that_saves_more_than_it_takes() -> None:
    # 40 ms, and three times 20 ms; 70 ms, and the same.
    assert costly().chunk(decoding=8, waiting=4, left=400) == 384
    assert costly().chunk(decoding=8, waiting=4, left=700) == 60
    assert PrefillPace(SMALLEST).chunk(decoding=8, waiting=4, left=400) == 64


def test_less_than_the_smallest_chunk_says_nothing_of_the_speed() -> None:
    pace = PrefillPace(SMALLEST)
    for _ in range(8):
        pace.measured(pace.chunk(decoding=0), 0.1, decoding=0)
    for _ in range(20):
        pace.measured(SMALLEST - 1, 1.0, decoding=1)
    assert pace.chunk(decoding=0) == LARGEST


def test_a_chunk_may_be_larger_where_that_is_said() -> None:
    pace = PrefillPace(512, largest=8192)
    for _ in range(8):
        pace.measured(pace.chunk(decoding=0), 0.01, decoding=0)
    assert pace.chunk(decoding=0) == 8192


def test_a_chunk_shrinks_at_once_when_a_row_begins_to_wait() -> None:
    pace = PrefillPace(SMALLEST)
    for _ in range(8):
        pace.measured(pace.chunk(decoding=0), 0.5, decoding=0)
    assert pace.chunk(decoding=0) > 1024
    assert pace.chunk(decoding=1) <= 128


def test_the_speed_of_large_chunks_is_not_taken_for_that_of_the_first_beside_rows() -> None:
    pace = PrefillPace(SMALLEST)
    for _ in range(5):
        pace.measured(0, 0.1, decoding=1)
    for _ in range(8):
        pace.measured(1024, 1.024, decoding=0)
    assert pace.chunk(decoding=1) == 32  # a quarter of the 130 that take 0.13 s at that speed
    pace.measured(32, 0.1 + 0.064, decoding=1)
    assert pace.chunk(decoding=1) == 64  # what was measured alone counts for nothing
    pace.measured(64, 0.1 + 10.0, decoding=1)
    assert pace.chunk(decoding=1) == 44  # but what was measured beside rows, for most of it


def test_a_chunk_grows_at_once_when_nobody_waits_any_more() -> None:
    pace = PrefillPace(SMALLEST)
    for _ in range(8):
        pace.measured(pace.chunk(decoding=0), 0.1, decoding=0)
    assert pace.chunk(decoding=1) <= 1024
    assert pace.chunk(decoding=0) == LARGEST


def test_how_long_rows_wait_is_measured_by_their_number() -> None:
    pace = PrefillPace(SMALLEST)
    for rows, seconds in ((16, 0.1), (1, 0.01)):
        pace.measured(0, seconds, decoding=rows)  # a first one
        for _ in range(9):
            pace.measured(0, seconds, decoding=rows)
    for _ in range(9):
        pace.measured(1024, 1.024, decoding=0)
    assert [pace.chunk(decoding=rows) for rows in (1, 3, 9, 20, 100)] == [16, 16, 32, 32, 32]  # a quarter at first


def test_the_step_of_the_last_tokens_is_no_measure_of_decoding() -> None:
    pace = PrefillPace(SMALLEST)
    for _ in range(9):
        pace.measured(0, 0.1, decoding=4)
        pace.measured(0, 0.0001, decoding=0)
        pace.measured(0, 0.1, decoding=4)
    for _ in range(9):
        pace.measured(1024, 1.024, decoding=0)
    assert pace.chunk(decoding=4) == 32


def test_the_step_behind_a_chunk_is_no_measure_of_decoding() -> None:
    quick, pace = PrefillPace(SMALLEST), PrefillPace(SMALLEST)
    for each in (quick, pace):
        for _ in range(5):
            each.measured(0, 0.1, decoding=1)
        each.measured(64, 0.2, decoding=1)
    pace.measured(0, 0.001, decoding=1)  # its tokens were there already

    assert pace.chunk(decoding=1) == quick.chunk(decoding=1)


def test_a_short_prompt_says_nothing_of_the_speed() -> None:
    pace = PrefillPace(SMALLEST)
    for _ in range(8):
        pace.measured(pace.chunk(decoding=0), 0.1, decoding=0)
    before = pace.chunk(decoding=0)

    pace.measured(3, 0.05, decoding=0)

    assert pace.chunk(decoding=0) == before == LARGEST


def test_a_device_that_does_few_tokens_no_faster_is_given_more() -> None:
    pace = PrefillPace(256)
    pace.measured(256, 1000.0, decoding=1)
    assert pace.chunk(decoding=1) == 256


def test_a_step_that_compiled_says_little_of_the_speed() -> None:
    pace = PrefillPace(SMALLEST)
    for _ in range(8):
        pace.measured(pace.chunk(decoding=0), 0.1, decoding=0)
    pace.measured(LARGEST, 100.0, decoding=0)
    assert pace.chunk(decoding=0) == LARGEST


def test_a_fixed_chunk_stays() -> None:
    pace = PrefillPace(SMALLEST, 100)
    pace.measured(100, 60.0, decoding=1)
    assert pace.chunk(decoding=1) == pace.chunk(decoding=0) == 100


steps = st.lists(
    st.tuples(st.integers(0, 4096), st.floats(0, 1e4), st.booleans(), st.booleans()), min_size=1, max_size=50
)


@given(steps)
def test_whatever_is_measured_chunks_keep_their_bounds(measured: list[tuple[int, float, bool, bool]]) -> None:
    pace, largest = PrefillPace(SMALLEST), 64
    for tokens, seconds, decoded, decoding in measured:
        pace.measured(tokens, seconds, decoding=decoded)
        largest = max(largest, tokens)
        chunk = pace.chunk(decoding=decoding)
        assert chunk % (64 if chunk > 256 else 16 if chunk > 64 else 4) == 0
        assert SMALLEST <= chunk <= min(LARGEST, 2 * largest)


@pytest.mark.parametrize("seconds", [0.0, 1e-12])
def test_a_step_of_no_time_is_a_quick_one(seconds: float) -> None:
    pace = PrefillPace(SMALLEST)
    pace.measured(64, seconds, decoding=0)
    assert pace.chunk(decoding=0) == 128
