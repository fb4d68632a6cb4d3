import os
import signal

import pytest
from mlx_llm_server.frontend.nursery.restarts import HOPELESS_AFTER, Restarts, describe_exit


@pytest.fixture
def restarts() -> Restarts:
    return Restarts("worker-1")


def test_a_worker_that_can_not_be_helped_is_not_started_again(restarts: Restarts) -> None:
    assert restarts.ended(os.EX_CONFIG, 1000, None) is None


@pytest.mark.parametrize("code", [0, 1, os.EX_SOFTWARE, os.EX_TEMPFAIL, -signal.SIGKILL, -signal.SIGSEGV])
def test_any_other_end_is_followed_by_a_start(restarts: Restarts, code: int) -> None:
    assert restarts.ended(code, None, None) == 1


def test_only_a_minute_of_readiness_ends_the_pauses(restarts: Restarts) -> None:
    pauses = [restarts.ended(1, ready, None) for ready in (None, None, 59, None, 60, None, 59)]

    assert pauses == [1, 2, 4, 8, 0, 1, 2]


def test_ends_in_a_row_before_readiness_are_trouble_that_names_the_last_one(restarts: Restarts) -> None:
    for number in range(HOPELESS_AFTER - 1):
        restarts.ended(1, None, f"crash-{number}")
        assert restarts.trouble is None

    assert restarts.ended(-signal.SIGSEGV, None, "abc") == 16

    assert restarts.trouble is not None
    for part in ("worker-1", "5 times", "SIGSEGV", "abc", "in 16 s"):
        assert part in restarts.trouble


def test_trouble_is_over_with_the_next_readiness_and_must_begin_anew(restarts: Restarts) -> None:
    for _ in range(HOPELESS_AFTER):
        restarts.ended(1, None, None)
    restarts.became_ready()
    assert restarts.trouble is None

    restarts.ended(1, 0.1, None)
    for _ in range(HOPELESS_AFTER - 1):
        assert restarts.trouble is None
        restarts.ended(1, None, None)
    restarts.ended(1, None, None)
    assert restarts.trouble is not None


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
