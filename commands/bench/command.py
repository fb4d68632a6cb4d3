"""The command `mlx-serve bench`."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import click

from ..connection import Server, server_command
from .streams import Target, measure
from .workload import Measurement, job, percentile

_WARM_UP_TOKENS = 16
_COLUMNS = {
    "streams": "streams",
    "tokens_per_second": "tok/s",
    "tokens_per_second_and_stream": "each",
    "ttft_p50_ms": "TTFT p50",
    "ttft_p99_ms": "p99 ms",
    "itl_p50_ms": "ITL p50",
    "itl_p99_ms": "p99 ms",
}


def counts(_: click.Context, __: click.Parameter, value: str) -> list[int]:
    """Return the numbers of streams of an option."""
    found = [int(part) if part.strip().isdigit() else 0 for part in value.split(",")]
    if min(found) < 1:
        raise click.BadParameter("numbers of at least 1 with commas between them, as in 1,8,32")
    return found


@server_command
@click.option("--model", metavar="ID", help="The served model to ask.  [default: the first one]")
@click.option(
    "--streams", callback=counts, default="1,4,16", show_default=True, help="How many requests at once, in turn."
)
@click.option(
    "--max-tokens", type=click.IntRange(2, 100_000), default=128, show_default=True, help="Length of an answer."
)
@click.option(
    "--sentences", type=click.IntRange(min=1), default=8, show_default=True, help="Length of a prompt, about."
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Requests that a stream makes in a row.",
)
@click.option("--may-end", is_flag=True, help="Let answers end earlier, where the model ends them.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def bench(
    server: Server,
    model: str | None,
    streams: list[int],
    max_tokens: int,
    sentences: int,
    rounds: int,
    may_end: bool,
    as_json: bool,
) -> None:
    """Measure a running server: so many streams at once, greedy, every prompt a new one.

    tok/s is of all streams together; TTFT is the time to the first text of an answer, ITL that between two.
    Whoever else uses the server is in the numbers too.
    """
    model = model or first_model(server)
    fields: dict[str, Any] = {"model": model, **({} if may_end else {"ignore_eos": True})}
    target = _target(server, fields)
    # Another number each time: what the server has kept of an earlier run must not help.
    turn = int(time.time()) % 1_000_000
    rows = []
    for count in streams:
        click.echo(f"{count} streams ...", err=True)
        _measure(target, count, 1, min(_WARM_UP_TOKENS, max_tokens), -turn, sentences)
        rows.append(summary(count, _measure(target, count, rounds, max_tokens, turn, sentences)))
    if as_json:
        click.echo(json.dumps({"url": server.url, "model": model, "rows": rows}, indent=2))
    else:
        _show(rows, f"{model} at {server.url}; {rounds} answers of {max_tokens} tokens a stream")


def first_model(server: Server) -> str:
    """Return the id of the first model that is served."""
    models = server.get("/v1/models")["data"]
    if not models:
        raise click.ClickException(f"{server.url} serves no model yet; `mlx-serve status` tells how far it is")
    return models[0]["id"]


def summary(streams: int, measured: Measurement) -> dict[str, Any]:
    """Return a row of the table."""
    speed = measured.tokens / measured.seconds
    times = {"ttft": measured.ttft, "itl": measured.itl}
    return {
        "streams": streams,
        "tokens_per_second": speed,
        "tokens_per_second_and_stream": speed / streams,
        **{
            f"{name}_p{percent}_ms": 1000 * percentile(values, percent)
            for name, values in times.items()
            for percent in (50, 99)
        },
        "requests": len(measured.ttft),
        "tokens": measured.tokens,
        "seconds": measured.seconds,
    }


def _target(server: Server, fields: dict[str, Any]) -> Target:
    parts = urlsplit(server.url)
    tls = parts.scheme == "https"
    return Target(
        parts.hostname or "", parts.port or (443 if tls else 80), parts.path, tls, server.headers, fields
    )


def _measure(target: Target, *work: int) -> Measurement:
    streams, rounds, max_tokens, turn, sentences = work
    try:
        return asyncio.run(measure(target, job(streams, rounds, max_tokens, turn, sentences)))
    except* OSError as group:
        raise click.ClickException(f"a request failed: {group.exceptions[0]}") from group


def _show(rows: list[dict[str, Any]], caption: str) -> None:
    from rich.console import Console  # noqa: PLC0415 - `--help` is instant without it
    from rich.table import Table  # noqa: PLC0415

    table = Table(caption=caption, caption_justify="left")
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*(f"{row[key]:.1f}" if isinstance(row[key], float) else str(row[key]) for key in _COLUMNS))
    Console().print(table)
