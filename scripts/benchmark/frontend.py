"""`scripts/bench frontend`: the frontend alone, between a worker without a model and streaming clients.

Worker and clients are processes of their own, so on few cores they take from the frontend what it could have: its
CPU time is counted beside the clock. What is measured begins when all streams are open, and has their ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import IO, Any

import click
import psutil

from ...commands.bench.command import counts
from ...commands.bench.workload import Job, job
from .processes import Measure, measuring, running
from .report import versions
from .servers import HOST, free_port, serving

# Systems count a process's time in these.
_TICK = 0.01


@dataclass(frozen=True)
class Outcome:
    """What so many streams at once took.

    Attributes:
        rate: Tokens per second that the worker kept to; 0 is as many as were taken.
        connections: Streams that were open together.
        tokens: That the worker said, an event each unless a reader was slow.
        events: Parts of text that clients got.
        seconds: Of the clock.
        cpu_seconds: Of the frontend's process.
        megabytes: Its resident memory, the most of what was seen with all streams open and at their end.
    """

    rate: float
    connections: int
    tokens: int
    events: int
    seconds: float
    cpu_seconds: float
    megabytes: float

    @property
    def rates(self) -> dict[str, float]:
        """Events per second of the clock and of CPU time."""
        return {
            "events_per_second": self.events / self.seconds,
            "events_per_cpu_second": self.events / max(self.cpu_seconds, _TICK),
        }


def _measure(streams: int, tokens: int, clients: int, rate: float) -> Outcome:
    """Open so many streams from so many processes, and let them run, at so many tokens a second."""
    port = free_port()
    # A Unix socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="bench") as folder, ExitStack() as stack:
        endpoint = f"ipc://{folder}/s"
        command = ["mlx_llm_server", "frontend", "--host", HOST, "--port", str(port), "--bind", endpoint]
        worker = stack.enter_context(
            running(
                [f"{__package__}.made_up_worker", endpoint, str(streams), str(rate)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        # Its worker is there before it is ready: clients that come sooner are refused.
        server = stack.enter_context(serving(command, port, "/ready", dict(os.environ)))
        assert worker.stdin  # noqa: S101 - asked for above
        assert worker.stdout  # noqa: S101 - likewise
        started = [
            stack.enter_context(measuring([f"{__package__}.client", HOST, str(port)], dict(os.environ)))
            for _ in range(min(clients, streams))
        ]
        jobs = _split(job(streams, 1, tokens, 0), len(started))
        return _run(server.pid, worker.stdin, worker.stdout, list(zip(started, jobs, strict=True)), rate)


def _run(pid: int, go: IO[str], here: IO[str], clients: list[tuple[Measure, Job]], rate: float) -> Outcome:
    frontend = psutil.Process(pid)
    threads = ThreadPoolExecutor(len(clients) + 1)
    try:
        measuring_clients = [threads.submit(measure, work) for measure, work in clients]
        all_here: Future[Any] = threads.submit(here.readline)
        # A client that is done before all are here has failed, and its result says how.
        for first in wait([all_here, *measuring_clients], return_when=FIRST_COMPLETED).done:
            if not first.result():
                raise RuntimeError("the worker without a model has ended")
        opened, before = frontend.memory_info().rss, sum(frontend.cpu_times()[:2])
        connections = sum(each.status == psutil.CONN_ESTABLISHED for each in frontend.net_connections("tcp"))
        begin = perf_counter()
        print(file=go, flush=True)
        measured = [each.result() for each in measuring_clients]
        seconds = perf_counter() - begin
    finally:
        threads.shutdown(wait=False)  # whoever still waits hears the end of the process that it waits for
    cpu = sum(frontend.cpu_times()[:2]) - before
    most = max(opened, frontend.memory_info().rss)
    events = sum(len(each.itl) + len(each.ttft) for each in measured)
    return Outcome(rate, connections, sum(each.tokens for each in measured), events, seconds, cpu, most / 1e6)


def _split(work: Job, parts: int) -> list[Job]:
    return [Job(work.prompts[part::parts], work.max_tokens) for part in range(parts)]


@click.command(context_settings={"show_default": True})
@click.option("--streams", callback=counts, default="128,1000", help="How many at once, in turn.")
@click.option("--tokens", type=click.IntRange(min=2), default=200, help="Length of an answer.")
@click.option(
    "--clients", type=click.IntRange(min=1), default=2, help="Processes that the clients are divided on."
)
@click.option(
    "--rate",
    "rates",
    type=click.FloatRange(min=0),
    multiple=True,
    default=(20000.0, 0.0),
    help="Tokens a second that the worker says in all; 0 is as many as are taken. Repeatable.",
)
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the numbers here too."
)
def main(streams: list[int], tokens: int, clients: int, rates: tuple[float, ...], file: Path | None) -> None:
    """Print how many events a frontend passes on in a second, of the clock and of its CPU time, and its memory.

    At a rate that it keeps up with, each event is a write of its own; what comes faster goes out together.
    """
    outcomes = [_measure(count, tokens, clients, rate) for count in streams for rate in rates]
    click.echo(f"answers of {tokens} tokens, {os.cpu_count()} cores, {versions()}")
    click.echo("connections | rate | events | events/s | events/CPU s | memory MB")
    for outcome in outcomes:
        speeds = " | ".join(f"{speed:.0f}" for speed in outcome.rates.values())
        click.echo(
            f"{outcome.connections} | {outcome.rate:.0f} | {outcome.events} | {speeds} | {outcome.megabytes:.0f}"
        )
    if file:
        rows = [asdict(outcome) | outcome.rates for outcome in outcomes]
        file.write_text(json.dumps({"versions": versions(), "tokens": tokens, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
