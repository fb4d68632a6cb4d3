"""One run: a server is started, warmed up, disturbed under load, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from ..benchmark.processes import complete
from ..benchmark.servers import HOST, free_port, serving
from .answers import difference
from .clients import Outcome, Request, ask_all, client
from .killer import Killer
from .questions import LAST, WORK, counting, exercises
from .report import Run
from .watch import MARK, footprint, kill_marked, marked

# So many different questions for the bundled model; all are asked once before the first death.
_POOL = 80
_NEWS_SECONDS = 10.0
# What a frontend takes to let go of connections that were closed.
_SETTLING_SECONDS = 1.0
_ENDING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do; see the command's help."""

    model: str
    requests: int
    clients: int
    workers: int
    every: float
    signals: list[str]
    down: int
    seed: int
    log: Path | None


def run(plan: Plan) -> Run:
    """Do it.

    Raises:
        RuntimeError: the server did not start, did not answer, or failed without being disturbed.
    """
    mark, port = secrets.token_hex(8), free_port()
    url = f"http://{HOST}:{port}"
    try:
        with _model(plan.model) as option:
            command = ["mlx_llm_server", "up", "--host", HOST, "--port", str(port), *option]
            command += ["--workers", str(plan.workers)]
            # The deaths here are our own deeds: nobody needs to read of them later.
            env = os.environ | {MARK: mark, "MLX_SERVE_KEEP_CRASHES": "0"}
            with serving(command, port, "/ready", env, plan.log) as server:
                seen = asyncio.run(_disturb(plan, url, server))
        return replace(seen, exit_code=server.wait(), left=_left(mark))
    finally:
        kill_marked(mark)


@contextlib.contextmanager
def _model(name: str) -> Iterator[list[str]]:
    """The option of `up` that names the model; without one the bundled one is served."""
    if name == "demo":
        yield []
        return
    with tempfile.TemporaryDirectory() as folder:
        # In a child, because this process has no use for MLX.
        made = ["successor", folder, "--last", str(LAST), "--work", str(WORK)]
        complete(["mlx_llm_server.scripts.models", *made])
        yield ["--model", folder]


async def _disturb(plan: Plan, url: str, server: subprocess.Popen[str]) -> Run:
    killer = Killer(url, plan.workers, plan.signals, plan.every, plan.down, plan.seed)
    if not await killer.all_ready():
        raise RuntimeError("not all workers became ready")
    requests = await _requests(plan, url)
    await asyncio.sleep(_SETTLING_SECONDS)
    before, began = footprint(server.pid), perf_counter()
    outcomes: list[Outcome] = []
    async with client(url) as api:
        others = [asyncio.create_task(_tell_news(outcomes, killer, plan.requests))]
        if plan.every:
            others.append(asyncio.create_task(killer.run()))
        asking = asyncio.create_task(ask_all(api, requests, plan.clients, outcomes.append))
        try:
            await asyncio.wait([asking, *others], return_when=asyncio.FIRST_COMPLETED)
            # The killer ends before the requests only by an error, which is then ours.
            for task in (asking, *others):
                if task.done():
                    task.result()
        finally:
            for task in (asking, *others):
                task.cancel()
            await asyncio.gather(asking, *others, return_exceptions=True)
    seconds = perf_counter() - began
    await killer.all_ready()
    await asyncio.sleep(_SETTLING_SECONDS)
    return Run(
        outcomes,
        killer.kills,
        killer.unexplained,
        seconds,
        before,
        footprint(server.pid),
        exit_code=0,
        left=0,
    )


async def _requests(plan: Plan, url: str) -> list[Request]:
    """Return the requests with the answers they are to get, after a load that warms the server up."""
    rng = random.Random(plan.seed)  # noqa: S311 - load, not secrets
    if plan.model == "successor":
        asked = [
            Request(question, rng.random() < 0.5, to_be) for question, to_be in counting(plan.requests, plan.seed)
        ]
        await _undisturbed(url, asked[: 2 * plan.clients], plan.clients)
        return asked
    questions = exercises(min(_POOL, plan.requests), plan.seed)
    outcomes = await _undisturbed(url, [Request(question, stream=False) for question in questions], plan.clients)
    known = [(outcome.request.question, outcome.answer) for outcome in outcomes]
    again = itertools.islice(itertools.cycle(known), plan.requests)
    return [Request(question, rng.random() < 0.5, to_be) for question, to_be in again]


async def _undisturbed(url: str, requests: list[Request], clients: int) -> list[Outcome]:
    """Ask while nobody dies.

    Raises:
        RuntimeError: something failed or was inexact all the same.
    """
    print(f"asking {len(requests)} requests undisturbed", file=sys.stderr)
    outcomes: list[Outcome] = []
    async with client(url) as api:
        await ask_all(api, requests, clients, outcomes.append)
    for outcome in outcomes:
        if wrong := outcome.error or difference(outcome.request.expected, outcome.answer):
            raise RuntimeError(f"wrong without any death: {wrong}")
    return outcomes


async def _tell_news(outcomes: list[Outcome], killer: Killer, requests: int) -> None:
    while True:
        await asyncio.sleep(_NEWS_SECONDS)
        failed = sum(outcome.error is not None for outcome in outcomes)
        print(
            f"{len(outcomes)} of {requests} requests, {failed} failed, {len(killer.kills)} workers killed",
            file=sys.stderr,
        )


def _left(mark: str) -> int:
    """Return how many processes of a server are there a moment after it ended."""
    end = perf_counter() + _ENDING_SECONDS
    while (left := len(list(marked(mark)))) and perf_counter() < end:
        time.sleep(0.1)
    return left
