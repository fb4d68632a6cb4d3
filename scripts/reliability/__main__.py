"""`python -m mlx_llm_server.scripts.reliability`: one command, one table, exit code 0 if no client noticed."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import click

from ..benchmark.report import versions
from . import report
from .killer import SIGNALS
from .questions import LAST, WORK
from .run import Plan, run


def _signals(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    names = [part.strip().upper().removeprefix("SIG") for part in value.split(",")]
    if unknown := [name for name in names if name not in SIGNALS]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(SIGNALS)}")
    return names


@click.command(context_settings={"show_default": True})
@click.option("--model", type=click.Choice(["successor", "demo"]), default="successor", help="Who answers.")
@click.option("--requests", type=click.IntRange(min=1), default=200, help="How many in all.")
@click.option("--clients", type=click.IntRange(min=1), default=8, help="How many at once.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, help="How many serve.")
@click.option(
    "--every",
    type=click.FloatRange(min=0),
    default=3.0,
    help="Seconds between deaths; 0 kills nobody, as a check.",
)
@click.option("--signals", callback=_signals, default="KILL", help=f"In turn; of {', '.join(SIGNALS)}.")
@click.option(
    "--down",
    type=click.IntRange(min=1),
    show_default="one less than --workers",
    help="How many workers may be missing at a time; the next death waits for it.",
)
@click.option(
    "--pause", type=click.FloatRange(min=0), default=0.5, help="Seconds without a token that count as a pause."
)
@click.option("--seed", type=int, default=0, help="Of the questions and of who dies.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the numbers here too."
)
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Keep the server's log here.")
def main(
    model: str,
    requests: int,
    clients: int,
    workers: int,
    every: float,
    signals: list[str],
    down: int | None,
    pause: float,
    seed: int,
    file: Path | None,
    log: Path | None,
) -> None:
    """Kill workers under load and count what clients notice; the exit code is 1 if it is anything but a pause.

    A stopped worker (STOP) is found by its silence, so it takes longer than others to be replaced.
    """
    down = workers - 1 if down is None else down
    if every and not down:
        raise click.UsageError(
            "With one worker every death leaves none: ask for that with --down 1, or take more."
        )
    if down > workers:
        raise click.UsageError("--down can't be more than --workers.")
    # A termination ends the children in order, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = Plan(model, requests, clients, workers, every, signals, down, seed, log)
    try:
        seen = run(plan)
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    about = {
        "model": {"successor": f"successor, to {LAST}, work {WORK}", "demo": "the bundled one"}[model],
        "load": f"{clients} clients, {workers} workers, seed {seed}",
        "deaths": f"SIG{', SIG'.join(signals)} every {every:g} s, at most {down} workers missing"
        if every
        else "none",
        "versions": versions(),
        "machine": f"{os.cpu_count()} cores",
    }
    summary = report.summarize(seen, pause)
    wrong = report.complaints(summary, requests, kills_wanted=every > 0)
    report.show(summary, about, wrong)
    if file:
        file.write_text(json.dumps({"about": about, "wrong": wrong} | summary, indent=2, default=str) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
