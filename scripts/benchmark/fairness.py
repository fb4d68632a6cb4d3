"""`scripts/bench fairness`: what running streams notice of a long prompt.

Streams run, first alone; then one long prompt comes, and the times between the tokens of the others are counted
from then until its first token. All of it happens twice, with other words, and the second time is counted: the
first one finds its memory. Each setting of the server is a run of its own; `--prefill-chunk 2048` is what a server
does that does not care.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import click

from ...commands.bench.streams import Stream, Target, request
from ...commands.bench.workload import percentile
from .processes import complete
from .servers import HOST, free_port, serving

# About two tokens of the random models each.
_WORD = "many "


@dataclass
class Outcome:
    """Times in seconds."""

    before: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    first_token: float = 0.0
    whole: float = 0.0


async def _run(port: int, streams: int, tokens: int, words: int, *, turn: int) -> Outcome:
    loop, outcome = asyncio.get_running_loop(), Outcome()

    async def open_stream(prompt: str, length: int) -> Stream:
        message = request(Target(HOST, port), prompt, length)
        _, stream = await loop.create_connection(lambda: Stream(message), HOST, port)
        return stream

    begin = perf_counter()
    running = [await open_stream(f"{turn}. Say {number}.", tokens) for number in range(streams)]
    for stream in running:
        while len(stream.times) <= tokens // 3 and not stream.ended.done():  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)
    came = perf_counter()
    long = await open_stream(f"{turn}. {_WORD * words}", 2)
    await long.ended
    outcome.first_token = long.times[0] - came
    for stream in running:
        await stream.ended
    outcome.whole = perf_counter() - begin
    joined = max(stream.times[0] for stream in running)
    for stream in running:
        for before, after in pairwise(stream.times):
            if joined < before and after < came:
                outcome.before.append(after - before)
            elif came < after < long.times[0]:
                outcome.beside.append(after - before)
    return outcome


@click.command(context_settings={"show_default": True})
@click.option("--model", help="A path or a Hugging Face id. Without it: a model of random parameters.")
@click.option("--hidden", default=256, help="Size of that random model's residual.")
@click.option("--streams", default=8, help="Streams that run.")
@click.option("--tokens", default=600, help="Length of their answers.")
@click.option("--words", default=4000, help="Length of the long prompt.")
@click.option("--chunk", "chunks", multiple=True, default=("", "2048"), help="--prefill-chunk; empty is by speed.")
def main(model: str | None, hidden: int, streams: int, tokens: int, words: int, chunks: tuple[str, ...]) -> None:
    """Print ITL before and beside the prefill of a long prompt, its TTFT, and the time of the whole."""
    with tempfile.TemporaryDirectory() as folder:
        path = model or folder
        if not model:
            shape = ["--hidden", str(hidden), "--heads", "8", "--context-length", "32768"]
            complete(["mlx_llm_server.scripts.models", "random", folder, *shape])
        click.echo(f"{streams} streams of {tokens} tokens and a prompt of {words} words; times in ms")
        head = ("chunk", "ITL p50", "p99", "beside: p50", "p99", "p99 / p50 before", "TTFT of the prompt", "whole")
        click.echo(" | ".join(head))
        for chunk in chunks:
            port = free_port()
            command = ["mlx_llm_server", "up", "--model", path, "--host", HOST, "--port", str(port)]
            command += ["--prefill-chunk", chunk] if chunk else []
            with serving(command, port, "/ready", dict(os.environ), Path(folder) / "log"):
                asyncio.run(_run(port, streams, tokens, words, turn=1))
                outcome = asyncio.run(_run(port, streams, tokens, words, turn=2))
            p50 = percentile(outcome.before, 50)
            cells = [chunk or "by speed", *_ms(p50, percentile(outcome.before, 99))]
            cells += _ms(percentile(outcome.beside, 50), percentile(outcome.beside, 99))
            cells += [f"{percentile(outcome.beside, 99) / p50:.1f}", *_ms(outcome.first_token, outcome.whole)]
            click.echo(" | ".join(cells))


def _ms(*seconds: float) -> list[str]:
    return [f"{1000 * each:.1f}" for each in seconds]


if __name__ == "__main__":
    main()
