from mlx_llm_server.frontend.nursery.backoff import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    WELL_AFTER_SECONDS,
    Backoff,
)


def test_the_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff()

    assert [backoff.pause(0) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 32, 32]
    assert (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS) == (1, 32)


def test_after_all_was_well_for_long_there_is_no_pause_and_then_a_short_one() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.pause(0)

    assert backoff.pause(WELL_AFTER_SECONDS) == 0
    assert backoff.pause(WELL_AFTER_SECONDS) == 0
    assert backoff.pause(WELL_AFTER_SECONDS - 1) == FIRST_PAUSE_SECONDS
    assert backoff.pause(0) == 2 * FIRST_PAUSE_SECONDS
