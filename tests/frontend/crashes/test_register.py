"""A death is one dossier, in whatever order, and however late, its two halves come."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.frontend.crashes import CrashRegister, CrashStore, LastLines, register
from mlx_llm_server.frontend.dispatcher import Cause, Interrupted, Lost

LOST = Lost(
    crash="00000000aa",
    worker="worker-1",
    pid=7,
    model="m",
    backend="cpu",
    leaving=False,
    ready=True,
    reason="its connection is gone",
    step=12,
    still_seconds=0.25,
    silent_seconds=0.5,
    generations=(Interrupted("0123456789abcdef", True, 5, 3, 1.5, False),),
    cause=Cause.UNREACHABLE,
)
LEFT = replace(LOST, leaving=True, generations=(), reason="told to stop")
LINES = LastLines()
LINES.push(b"last words\n")


Happening = Callable[[CrashRegister], Awaitable[None] | None]
After = Callable[..., list[dict[str, Any]]]


def lost(loss: Lost = LOST) -> Happening:
    return lambda crashes: crashes.lost(loss)


def exited(code: int, words: str = "") -> Happening:
    def happen(crashes: CrashRegister) -> None:
        crashes.exited(7, code, words)

    return happen


def expected(crashes: CrashRegister) -> None:
    crashes.expect(7)


KILLED = exited(-signal.SIGKILL, "killed by SIGKILL")
# It was lost first; that this was no crash is known later.
LOST_THEN_TOLD = [lost(), expected, KILLED]


@pytest.fixture
def deaths() -> list[str]:
    """Collect what the register tells of deaths."""
    return []


@pytest.fixture
def after(tmp_path: Path, deaths: list[str]) -> After:
    """Let things happen to a register with a child of process number 7; return what is on disk then."""

    def run(*happenings: Happening) -> list[dict[str, Any]]:
        store = CrashStore(tmp_path / "crashes", 9)

        async def live() -> None:
            crashes = CrashRegister(store, "ipc:///tmp/x", deaths.append)
            crashes.started(7, "worker-1", LINES)
            for happen in happenings:
                if (waiting := happen(crashes)) is not None:
                    await waiting
            crashes.close()

        asyncio.run(live())
        return store.dossiers()

    return run


def test_a_loss_and_then_an_exit_are_one_death(after: After, deaths: list[str]) -> None:
    (told,) = after(lost(), KILLED)

    assert deaths == ["unreachable"]
    assert told["id"] == "00000000aa"
    assert told["reason"] == "its connection is gone"
    assert (told["exit"], told["exit_code"]) == ("killed by SIGKILL", -9)
    assert told["stderr"] == ["last words"]
    assert told["generations"][0]["fingerprint"] == "0123456789abcdef"
    assert (told["step"], told["state"], told["own"]) == (12, "ready", True)


def test_an_exit_that_comes_late_is_written_into_the_same_dossier(
    after: After, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "EXIT_SECONDS", 0)

    async def settled(crashes: CrashRegister) -> None:
        await asyncio.sleep(0.01)  # later than the timer's nothing
        early = await crashes.dossiers()
        assert (early[0]["exit"], early[0]["stderr"]) == (None, ["last words"])

    (told,) = after(lost(), settled, KILLED)

    assert (told["id"], told["exit"]) == ("00000000aa", "killed by SIGKILL")


def test_a_worker_that_is_lost_comes_back_and_dies_has_died_twice(after: After, deaths: list[str]) -> None:
    told = after(lost(), lost(replace(LOST, crash="00000000bb", reason="killed by SIGKILL")), KILLED)

    assert len(deaths) == 2
    assert {each["id"]: each["exit"] for each in told} == {"00000000aa": None, "00000000bb": "killed by SIGKILL"}


def test_an_exit_before_the_greeting_is_a_death_too(after: After, deaths: list[str]) -> None:
    (told,) = after(exited(78, "exit code 78"))

    assert deaths == ["start"]
    assert (told["state"], told["reason"], told["exit_code"]) == ("starting", "exit code 78", 78)
    assert told["model"] is None


@pytest.mark.parametrize(
    "happenings",
    [
        [exited(0)],
        [lost(LEFT), exited(0)],
        [lost(LEFT)],
        [lost(replace(LEFT, pid=8))],
        [expected, lost(), KILLED],
        LOST_THEN_TOLD,
    ],
    ids=["exit 0", "left", "left, exit unknown", "a stranger left", "told to end", "told to end once lost"],
)
def test_an_end_that_was_asked_for_is_no_crash(
    after: After, deaths: list[str], happenings: list[Happening]
) -> None:
    assert after(*happenings) == []
    assert deaths == ["unreachable"] * (happenings == LOST_THEN_TOLD)


def test_one_that_leaves_and_fails_at_it_has_crashed(after: After, deaths: list[str]) -> None:
    (told,) = after(lost(LEFT), exited(-signal.SIGSEGV, "killed by SIGSEGV"))

    assert deaths == ["exit"]
    assert (told["state"], told["exit"]) == ("leaving", "killed by SIGSEGV")


@pytest.mark.parametrize("stranger", [replace(LOST, pid=8), replace(LOST, worker="worker-1 elsewhere")])
def test_of_a_strangers_process_no_end_is_known(after: After, stranger: Lost) -> None:
    (told,) = after(lost(stranger), exited(0))

    assert (told["own"], told["exit"], told["stderr"]) == (False, None, None)


def test_what_waits_for_an_exit_is_written_at_the_end(after: After) -> None:
    (told,) = after(lost())

    assert told["exit"] is None


def test_the_memory_is_that_of_the_last_look_that_saw_it(after: After, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_at(crashes: CrashRegister) -> None:
        for seen in (123, None):
            monkeypatch.setattr(register, "footprint_bytes", lambda _, seen=seen: seen)
            crashes.observe([7])

    (told,) = after(looked_at, lost())

    assert told["memory_bytes"] == 123
