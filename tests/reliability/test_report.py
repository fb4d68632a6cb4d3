from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from mlx_llm_server.scripts.reliability.answers import Answer
from mlx_llm_server.scripts.reliability.clients import Outcome, Request
from mlx_llm_server.scripts.reliability.killer import Kill
from mlx_llm_server.scripts.reliability.questions import Question
from mlx_llm_server.scripts.reliability.report import Run, complaints, paused, show, summarize
from mlx_llm_server.scripts.reliability.watch import Footprint

RIGHT = Answer("6 7 8", finish="length", tokens=3)
HALF = Answer("6 7")


def outcome(
    answer: Answer = RIGHT,
    error: str | None = None,
    pause: tuple[float, float] = (9.0, 9.1),
    *,
    stream: bool = True,
) -> Outcome:
    return Outcome(Request(Question((), 3, 0.0, 0), stream, RIGHT), answer, error, pause)


def run(*outcomes: Outcome, **changes: Any) -> Run:
    kills = [Kill(10.0, "KILL", "a", 1, begun=4, back=12.0), Kill(20.0, "STOP", "b", 2, begun=3, back=38.0)]
    footprints = Footprint(50_000_000, 18), Footprint(51_000_000, 19)
    return replace(Run(list(outcomes), kills, 0, 60.0, *footprints, exit_code=0, left=0), **changes)


def wrong(seen: Run, requests: int = 1, *, kills_wanted: bool = True) -> list[str]:
    return complaints(summarize(seen, 0.5), requests, kills_wanted=kills_wanted)


def test_completed_failed_and_inexact_are_counted() -> None:
    summary = summarize(
        run(outcome(), outcome(HALF, "gone"), outcome(replace(RIGHT, text="6 8")), outcome(Answer("7"), "gone")),
        0.5,
    )
    assert (summary["requests"], summary["completed"], summary["failed"], summary["inexact"]) == (4, 2, 2, 2)
    assert len(summary["differences"]) == 2


def test_equal_errors_are_counted_as_equal_whatever_their_ids() -> None:
    errors = [
        "503 lost: crash 0f3e55aa91",
        "503 lost: crash 11d2a7b3c4",
        "503 lost: process 12345",
        "503 lost: worker-1",
    ]
    summary = summarize(run(*(outcome(HALF, error) for error in errors)), 0.5)
    assert summary["errors"] == {"503 lost: crash …": 2, "503 lost: process …": 1, "503 lost: worker-1": 1}


def test_deaths_recoveries_and_what_ran_then() -> None:
    summary = summarize(run(outcome()), 0.5)
    assert summary["kills"] == {"KILL": 1, "STOP": 1}
    assert summary["begun_on_killed"] == 7
    assert summary["recovery"] == {"p50": 2.0, "p99": 18.0, "p100": 18.0}
    assert summary["memory_mb"] == [50.0, 51.0]
    assert summary["descriptors"] == [18, 19]


@pytest.mark.parametrize(
    ("pause", "through"),
    [
        ((9.9, 10.6), True),
        ((10.1, 10.7), True),  # what was under way at the death came after it
        ((9.9, 10.3), False),  # too short
        ((10.3, 10.9), False),  # after it
        ((8.0, 9.9), False),  # before it
    ],
)
def test_a_pause_is_a_deaths_if_that_falls_into_it(pause: tuple[float, float], *, through: bool) -> None:
    assert paused(pause, [10.0, 20.0], 0.5) is through


def test_only_completed_streams_have_lived_through_a_death() -> None:
    pause = (9.9, 10.9)
    summary = summarize(
        run(outcome(pause=pause), outcome(pause=pause, stream=False), outcome(HALF, "gone", pause)), 0.5
    )
    assert summary["lived_through"] == 1
    assert summary["pause"] == {"p50": 1.0, "p99": 1.0, "p100": 1.0} == summary["whole"]


def test_a_run_without_a_fault_is_a_success() -> None:
    assert wrong(run(outcome())) == []
    assert wrong(run(outcome(), kills=[]), kills_wanted=False) == []


@pytest.mark.parametrize(
    "seen",
    [
        run(outcome(HALF, "gone")),
        run(outcome(replace(RIGHT, tokens=4))),
        run(outcome(), kills=[]),
        run(outcome(), kills=[Kill(1.0, "KILL", "a", 1, begun=4)]),
        run(outcome(), unexplained=1),
        run(outcome(), exit_code=-9),
        run(outcome(), left=1),
        run(),
    ],
    ids=["failed", "inexact", "nobody killed", "not replaced", "died by itself", "exit code", "left", "not asked"],
)
def test_every_fault_is_a_complaint(seen: Run) -> None:
    assert len(wrong(seen)) == 1


def test_what_is_printed_names_errors_and_complaints(capsys: pytest.CaptureFixture[str]) -> None:
    summary = summarize(run(outcome(HALF, "503 lost: [gone]"), kills=[]), 0.5)
    show(summary, {"model": "any"}, ["1 requests failed"])
    printed = capsys.readouterr().out
    assert "1 x 503 lost: [gone]" in printed
    assert "1 requests failed" in printed
