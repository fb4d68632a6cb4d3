import os
import signal

import pytest
from mlx_llm_server.frontend.nursery import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    WELL_AFTER_SECONDS,
    Backoff,
    describe_exit,
)


def test_the_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff()

    assert [backoff.pause(1, 0) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 32, 32]
    assert (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS) == (1, 32)


def test_a_worker_that_was_well_for_long_is_started_again_soon() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.pause(1, 0)

    assert backoff.pause(1, WELL_AFTER_SECONDS) == FIRST_PAUSE_SECONDS
    assert backoff.pause(1, WELL_AFTER_SECONDS - 1) == 2 * FIRST_PAUSE_SECONDS


def test_a_worker_that_can_not_be_helped_is_not_started_again() -> None:
    assert Backoff().pause(os.EX_CONFIG, 1000) is None


@pytest.mark.parametrize("code", [0, 1, os.EX_SOFTWARE, os.EX_TEMPFAIL, -signal.SIGKILL, -signal.SIGSEGV])
def test_any_other_end_is_followed_by_a_start(code: int) -> None:
    assert Backoff().pause(code, 0) == FIRST_PAUSE_SECONDS


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "exit code 0"),
        (78, "exit code 78"),
        (-signal.SIGKILL, "killed by SIGKILL"),
        (-signal.SIGSEGV, "killed by SIGSEGV"),
        (-250, "killed by signal 250"),
    ],
)
def test_an_exit_is_told_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words
