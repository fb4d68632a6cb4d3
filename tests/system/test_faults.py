"""A worker comes to harm at each phase of a generation: whatever the harm and the phase, every answer is exact.

`saboteur.py` does the harm. All cases share one server of two workers; beside the generation that meets it run
more than fit into both, streamed and whole, so that at each death some run beside it and some are queued.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from . import saboteur
from .servers import House, counted, until

LENGTH = 20
# Told after `SIGKILL`, ...; who is ended by `SIGTERM` leaves in peace, and one that goes on has no exit at all.
EXITS = {
    "SIGKILL": "killed by SIGKILL",
    "SIGSEGV": "killed by SIGSEGV",
    "abort": "killed by SIGABRT",
    "exception": f"exit code {os.EX_SOFTWARE}",
}
FAULTS = (*EXITS, "SIGTERM", "SIGSTOP", "garbage")
# A worker takes a second or two to come back: of all pairs these are tried at every change, the others by -m slow.
QUICK = {
    ("SIGKILL", "preparing"),
    ("abort", "waiting"),
    ("SIGKILL", "prefilling"),
    ("exception", "first"),
    ("SIGSEGV", "middle"),
    ("SIGKILL", "last"),
    ("SIGTERM", "prefilling"),
    ("SIGSTOP", "first"),
    ("garbage", "first"),
    ("garbage", "last"),
}
CASES = [
    pytest.param(fault, phase, marks=() if (fault, phase) in QUICK else pytest.mark.slow)
    for fault, phase in itertools.product(FAULTS, saboteur.PHASES)
    # An exception while a prompt is prepared fails that request alone.
    if (fault, phase) != ("exception", "preparing")
]


@dataclass(frozen=True)
class Told:
    """A whole answer, as its client has it."""

    text: str
    finish: str | None
    prompt_tokens: int
    completion_tokens: int


class Sabotaged:
    """A server whose workers come to harm as they are told."""

    def __init__(self, house: House, model: Path, folder: Path, *options: str, workers: int) -> None:
        (folder / "sitecustomize.py").write_text(Path(saboteur.__file__).read_text())
        self.plans = folder / "plans"
        self.plans.mkdir()
        path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
        env = {"PYTHONPATH": path, "SABOTAGE": str(self.plans)}
        self.server = house.up(model, *options, workers=workers, **env)
        self.workers = workers
        self._seeds = itertools.count(1000)

    def plan(self, phase: str, fault: str) -> int:
        """Plan a fault, and return the seed of the request that meets it."""
        seed = next(self._seeds)
        self._plan(str(seed), phase, fault)
        return seed

    def plan_for_loading(self, fault: str) -> None:
        self._plan("loading", "loading", fault)

    def _plan(self, name: str, phase: str, fault: str) -> None:
        new = self.plans / f".{name}"
        new.write_text(f"{phase} {fault}")
        new.rename(self.plans / name)

    def wait_until_met(self) -> None:
        until(lambda: not list(self.plans.iterdir()), "the fault is met")

    def crashes(self) -> dict[str, dict[str, Any]]:
        return {crash["id"]: crash for crash in self.server.get("/admin/crashes").json["data"]}

    def stopped(self) -> list[psutil.Process]:
        """Return those of its workers that a signal has stopped."""
        children = psutil.Process(self.server.pid).children()
        return [child for child in children if child.status() == psutil.STATUS_STOPPED]


@pytest.fixture(scope="module")
def sabotaged(counting_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sabotaged]:
    house = House()
    try:
        yield Sabotaged(house, counting_model, tmp_path_factory.mktemp("sabotage"), "--max-batch", "4", workers=2)
    finally:
        house.close()


def prompt(phase: str, seed: int) -> str:
    """Return a prompt that 7 ends; one that is to be caught while it is prefilled is long, and like no other."""
    return f"{seed} {'1 ' * (1500 if phase == 'prefilling' else 1)}7"


async def ask(client: openai.AsyncOpenAI, content: str, length: int, *, stream: bool, seed: int = 0) -> Told:
    messages: list[Any] = [{"role": "user", "content": content}]
    if not stream:
        answer = await client.chat.completions.create(model="any", messages=messages, max_tokens=length, seed=seed)
        assert answer.usage is not None
        used = (answer.usage.prompt_tokens, answer.usage.completion_tokens)
        return Told(answer.choices[0].message.content or "", answer.choices[0].finish_reason, *used)
    text, finishes, used = "", [], []
    async with await client.chat.completions.create(
        model="any",
        messages=messages,
        max_tokens=length,
        seed=seed,
        stream=True,
        stream_options={"include_usage": True},
    ) as chunks:
        async for chunk in chunks:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finishes += [choice.finish_reason] if choice.finish_reason else []
            used += [chunk.usage] if chunk.usage else []
    (finish,), (usage,) = finishes, used
    return Told(text, finish, usage.prompt_tokens, usage.completion_tokens)


@pytest.mark.parametrize(("fault", "phase"), CASES)
def test_every_answer_is_exact(sabotaged: Sabotaged, fault: str, phase: str) -> None:
    server = sabotaged.server
    # After the case before, too, it has all its workers again.
    before = {worker["pid"] for worker in server.wait_for_workers(sabotaged.workers)}
    known = set(sabotaged.crashes())
    seed = sabotaged.plan(phase, fault)
    content, streamed = prompt(phase, seed), seed % 2 == 0
    others = range(100, 110)

    async def ask_all() -> tuple[Told, list[Told]]:
        async with server.async_openai() as client:
            beside = [asyncio.create_task(ask(client, str(n), 100, stream=n % 2 == 0)) for n in others]
            victim = asyncio.create_task(ask(client, content, LENGTH, stream=streamed, seed=seed))
            await asyncio.to_thread(sabotaged.wait_until_met)
            if fault == "SIGSTOP":
                await asyncio.to_thread(resume, sabotaged)
            return await victim, await asyncio.gather(*beside)

    told, beside = asyncio.run(ask_all())
    assert (told.text, told.finish, told.completion_tokens) == (counted(8, 7 + LENGTH), "length", LENGTH)
    assert [(other.text, other.finish, other.completion_tokens) for other in beside] == [
        (counted(number + 1, number + 100), "length", 100) for number in others
    ]
    check_cause(sabotaged, fault, before, known)
    # Nothing is left of it, and undisturbed it is the same, its usage too.
    server.wait_idle()
    assert server.get("/ready").json["queued"] == 0
    usage = server.ask(content, max_tokens=LENGTH)["usage"]
    assert (told.prompt_tokens, told.completion_tokens) == (usage["prompt_tokens"], usage["completion_tokens"])


def resume(sabotaged: Sabotaged) -> None:
    """Let the worker that stands still go on, once it does, and the frontend has answered meanwhile."""
    (stopped,) = until(sabotaged.stopped, "a worker stands still")
    assert sabotaged.server.get("/health").status == 200
    stopped.send_signal(signal.SIGCONT)


def check_cause(sabotaged: Sabotaged, fault: str, before: set[int], known: set[str]) -> None:
    """Check that the worker is gone or not, as it should, and that one dossier, or none, tells of what."""
    server = sabotaged.server
    if fault == "garbage":
        until(lambda: "it sent what is no message; crash" in server.log, "the cause is told")
        assert {worker["pid"] for worker in server.wait_for_workers(sabotaged.workers)} == before
        return
    if fault == "SIGSTOP":
        assert {worker["pid"] for worker in server.workers("ready")} == before
        assert set(sabotaged.crashes()) == known
        return
    (gone,) = until(lambda: before - {worker["pid"] for worker in server.workers()}, "the worker is gone")
    if fault == "SIGTERM":
        assert set(sabotaged.crashes()) == known
        return

    def new() -> list[dict[str, Any]]:
        return [crash for name, crash in sabotaged.crashes().items() if name not in known and crash["exit"]]

    (crash,) = until(new, "a dossier tells of the death")
    assert (crash["pid"], crash["exit"]) == (gone, EXITS[fault])
