"""Workers and clients come to harm at each phase of a generation: every answer is exact, and nothing is left.

`saboteur.py` does the harm to workers. All cases share one server of two workers; beside the generation that meets
it run more than fit into both, streamed and whole, so that at each death some run beside it and some are queued.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from . import saboteur
from .sabotage import Sabotage, stopped
from .servers import House, Running, Server, body_of, counted, open_socket, text_of, until, user

LENGTH = 20
# Told after `SIGKILL`, ...; who is ended by `SIGTERM` leaves in peace, and one that goes on has no exit at all.
EXITS = {
    "SIGKILL": "killed by SIGKILL",
    "SIGSEGV": "killed by SIGSEGV",
    "abort": "killed by SIGABRT",
    "exception": f"exit code {os.EX_SOFTWARE}",
}
GARBLED = "is lost: it sent what is no message; crash "
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


WORKERS = 2


@pytest.fixture(scope="module")
def sabotage(tmp_path_factory: pytest.TempPathFactory) -> Sabotage:
    return Sabotage(tmp_path_factory.mktemp("sabotage"))


@pytest.fixture(scope="module")
def faulty_house() -> Iterator[House]:
    house = House()
    try:
        yield house
    finally:
        house.close()


@pytest.fixture(scope="module")
def server(faulty_house: House, counting_model: Path, sabotage: Sabotage) -> Server:
    """Its workers and its send buffers are those of `saboteur.py`."""
    return faulty_house.up(counting_model, "--max-batch", "4", workers=WORKERS, **sabotage.env)


@pytest.fixture(scope="module", autouse=True)
def descriptors(server: Server) -> int:
    """How many descriptors the server has before it meets any harm."""
    return psutil.Process(server.pid).num_fds()


def pids(workers: list[dict[str, Any]]) -> set[int]:
    return {worker["pid"] for worker in workers}


def crashes(server: Server) -> dict[str, dict[str, Any]]:
    """Return the dossiers of processes that ended; one that only sent garbage has one too, two seconds later."""
    return {crash["id"]: crash for crash in server.get("/admin/crashes").json["data"] if crash["exit"]}


def new_crashes(server: Server, known: set[str], count: int) -> list[dict[str, Any]]:
    """Return the crashes that are not known, once there are so many."""

    def new() -> list[dict[str, Any]]:
        return [crash for name, crash in crashes(server).items() if name not in known]

    until(lambda: len(new()) >= count, "dossiers tell of the deaths")
    found = new()
    assert len(found) == count
    return found


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


# --- workers ---


@pytest.mark.parametrize(("fault", "phase"), CASES)
def test_every_answer_is_exact(server: Server, sabotage: Sabotage, fault: str, phase: str) -> None:
    # After the case before, too, it has all its workers again.
    before = pids(server.wait_for_workers(WORKERS))
    known, garbled = set(crashes(server)), server.log.count(GARBLED)
    seed = sabotage.plan(phase, fault)
    content, streamed = prompt(phase, seed), seed % 2 == 0
    others = range(100, 110)

    async def ask_all() -> tuple[Told, list[Told]]:
        async with server.async_openai() as client:
            beside = [asyncio.create_task(ask(client, str(n), 100, stream=n % 2 == 0)) for n in others]
            victim = asyncio.create_task(ask(client, content, LENGTH, stream=streamed, seed=seed))
            await asyncio.to_thread(sabotage.wait_until_met, str(seed))
            if fault == "SIGSTOP":
                await asyncio.to_thread(resume, server, before)
            return await victim, await asyncio.gather(*beside)

    told, beside = asyncio.run(ask_all())
    assert (told.text, told.finish, told.completion_tokens) == (counted(8, 7 + LENGTH), "length", LENGTH)
    assert [(other.text, other.finish, other.completion_tokens) for other in beside] == [
        (counted(number + 1, number + 100), "length", 100) for number in others
    ]
    if fault == "garbage":
        until(lambda: server.log.count(GARBLED) == garbled + 1, "the cause is told")
    check_cause(server, fault, before, known)
    check_nothing_is_left(server)
    # Undisturbed it is the same, its usage too.
    usage = server.ask(content, max_tokens=LENGTH)["usage"]
    assert (told.prompt_tokens, told.completion_tokens) == (usage["prompt_tokens"], usage["completion_tokens"])


def resume(server: Server, workers: set[int]) -> None:
    """Let the worker that stands still go on, once it does, and the frontend has answered meanwhile."""
    worker = stopped(workers)
    # What came before this is done by then.
    for _ in range(20):
        assert server.get("/health").status == 200
    worker.send_signal(signal.SIGCONT)


def check_nothing_is_left(server: Server) -> None:
    server.wait_idle()
    assert server.get("/ready").json["queued"] == 0


def check_cause(server: Server, fault: str, before: set[int], known: set[str]) -> None:
    """Check that the worker is gone or not, as it should, and that one dossier, or none, tells of what."""
    if fault in ("SIGSTOP", "garbage"):
        assert pids(server.wait_for_workers(WORKERS)) == before
        assert set(crashes(server)) == known
        return
    (gone,) = until(lambda: before - pids(server.workers()), "the worker is gone")
    if fault == "SIGTERM":
        assert set(crashes(server)) == known
        return
    (crash,) = new_crashes(server, known, 1)
    assert (crash["pid"], crash["exit"]) == (gone, EXITS[fault])


def test_an_exception_while_a_prompt_is_prepared_ends_that_request_alone(
    server: Server, sabotage: Sabotage
) -> None:
    before = pids(server.wait_for_workers(WORKERS))
    known = set(crashes(server))
    with server.stream("5", max_tokens=390) as stream:
        first = stream.skip_to_text()
        seed = sabotage.plan("preparing", "exception")
        answer = server.post({"messages": user("7"), "seed": seed})
        assert answer.status == 500
        assert "could not be made" in answer.error["message"]
        assert first + stream.text() == counted(6, 395)
    assert pids(server.workers("ready")) == before
    assert set(crashes(server)) == known


def test_answers_outlive_workers_that_die_again_while_they_load(server: Server, sabotage: Sabotage) -> None:
    """All are killed, and the first of those that come next dies too; meanwhile the answers wait."""
    before = pids(server.wait_for_workers(WORKERS))
    known = set(crashes(server))
    sabotage.plan_for_loading("exit")
    with server.stream("5", max_tokens=390) as stream, server.stream("7", max_tokens=390) as other:
        first, of_other = stream.skip_to_text(), other.skip_to_text()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert first + stream.text() == counted(6, 395)
        assert of_other + other.text() == counted(8, 397)
    sabotage.wait_until_met("loading")
    found = new_crashes(server, known, 3)
    assert sorted((crash["state"], crash["exit"]) for crash in found) == [
        ("loading", "exit code 1"),
        ("ready", EXITS["SIGKILL"]),
        ("ready", EXITS["SIGKILL"]),
    ]


def test_a_worker_of_an_older_protocol_is_turned_away(
    faulty_house: House, server: Server, counting_model: Path, sabotage: Sabotage
) -> None:
    before = pids(server.wait_for_workers(WORKERS))
    with server.stream("5", max_tokens=390) as stream:
        first = stream.skip_to_text()
        old = faulty_house.worker(counting_model, PORT=str(server.port), SPEAKS="1.0", **sabotage.env)
        assert old.wait() == os.EX_CONFIG
        assert first + stream.text() == counted(6, 395)
    assert "speaks 1.0; install the same version" in old.log
    assert pids(server.workers()) == before


# --- frontends ---


@dataclass
class Guest:
    """A worker that was started by hand, and the frontend that it serves now."""

    worker: Running
    frontend: Server


@pytest.fixture(scope="module")
def guest(faulty_house: House, counting_model: Path, sabotage: Sabotage) -> Guest:
    frontend = faulty_house.frontend()
    return Guest(faulty_house.worker(counting_model, PORT=str(frontend.port), **sabotage.env), frontend)


@pytest.mark.parametrize(
    "phase",
    [pytest.param(each, marks=() if each == "middle" else pytest.mark.slow) for each in saboteur.PHASES],
)
def test_a_worker_started_by_hand_serves_the_next_frontend(
    faulty_house: House, sabotage: Sabotage, guest: Guest, phase: str
) -> None:
    """It keeps its model, and does nothing of what the killed frontend had asked; numbers begin anew."""
    killed = guest.frontend
    killed.wait_for_workers(1)
    seed = sabotage.plan(phase, "SIGSTOP")
    with open_socket(killed, prompt(phase, seed), max_tokens=LENGTH, seed=seed, stream=True) as client:
        worker = stopped({guest.worker.pid})
        killed.signal(signal.SIGKILL)
        killed.wait()
        with client.makefile("rb") as answer:
            read = answer.read()
    assert b'"finish_reason":"' not in read
    assert b"[DONE]" not in read
    following = guest.frontend = faulty_house.frontend(port=killed.port)
    worker.send_signal(signal.SIGCONT)
    assert pids(following.wait_for_workers(1)) == {worker.pid}
    told = following.ask("5", max_tokens=100)
    assert told["choices"][0]["message"]["content"] == counted(6, 105)
    assert told["usage"]["completion_tokens"] == 100
    following.wait_idle()
    assert guest.worker.log.count("Loading") == 1


# --- clients ---


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("phase", saboteur.PHASES)
def test_a_client_that_vanishes_leaves_nothing(
    server: Server, sabotage: Sabotage, phase: str, stream: bool
) -> None:
    """It goes while its worker stands still at the phase; the other worker's answers go on."""
    before = pids(server.wait_for_workers(WORKERS))
    steps = sum(worker["step"] for worker in server.workers())
    seed = sabotage.plan(phase, "SIGSTOP")
    # Its last token is the last it may have, so only there it is to be short.
    length = LENGTH if phase == "last" else 390
    with open_socket(server, prompt(phase, seed), max_tokens=length, seed=seed, stream=stream):
        stopped(before)
        assert server.text("5", max_tokens=3) == "6 7 8"
    resume(server, before)
    check_nothing_is_left(server)
    assert server.text("5", max_tokens=3) == "6 7 8"
    assert server.text("6", max_tokens=3) == "7 8 9"
    assert sum(worker["step"] for worker in server.workers()) - steps < 100
    assert pids(server.workers("ready")) == before


def test_a_client_that_reads_a_byte_a_second_gets_all_and_holds_up_nobody(server: Server) -> None:
    with open_socket(server, "5", receive_buffer=2048, stream=True, max_tokens=390) as reader:
        read = b""
        for number in range(2):
            read += reader.recv(1)
            assert server.text(str(number), max_tokens=100) == counted(number + 1, number + 100)
            time.sleep(1)
        # The worker is long done with it.
        server.wait_idle()
        with reader.makefile("rb") as rest:
            read += rest.read()
    chunks = [
        json.loads(line.removeprefix(b"data: "))
        for line in body_of(read).splitlines()
        if line.startswith(b"data: {")
    ]
    assert text_of(chunks) == counted(6, 395)
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


# --- in the end ---


def test_the_frontend_holds_no_more_descriptors_than_at_its_start(server: Server, descriptors: int) -> None:
    """Connections of clients and workers, and the pipes of children that died, are closed."""
    server.wait_for_workers(WORKERS)
    until(lambda: psutil.Process(server.pid).num_fds() <= descriptors, "no descriptor is left open")
