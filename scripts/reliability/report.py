"""From outcomes and deaths to the lines that are printed, and to the exit code."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...commands.bench.workload import percentile
from .answers import difference
from .clients import Outcome
from .killer import Kill
from .watch import Footprint

_EXAMPLES = 10
# What a client has received by the time of a death may reach it a moment later.
_UNDER_WAY = 0.25
# Ids, process numbers and times make an error unique; without them equal errors are counted as equal.
_UNIQUE = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b|\b\d{4,}\b")


@dataclass(frozen=True, slots=True)
class Run:
    """What was seen.

    Attributes:
        outcomes: Of all requests.
        kills: All signals sent.
        unexplained: Workers that were lost without a signal of ours.
        seconds: From the first request to the end of the last.
        before: What the frontend held before the requests, after others had warmed it up.
        after: The same, once all was over and all workers were there again.
        exit_code: The server's, after it was asked to end (SIGTERM).
        left: Processes that were there after it.
    """

    outcomes: list[Outcome]
    kills: list[Kill]
    unexplained: int
    seconds: float
    before: Footprint
    after: Footprint
    exit_code: int
    left: int


def summarize(run: Run, pause: float) -> dict[str, Any]:
    """Return the numbers; times are in seconds.

    A stream has lived through a death if it was completed, and nothing came for more than `pause` seconds, in
    which a worker died. An answer that is not streamed can't tell.
    """
    completed = [each for each in run.outcomes if each.error is None]
    errors = Counter(_UNIQUE.sub("…", each.error) for each in run.outcomes if each.error is not None)
    differences = [each for one in run.outcomes if (each := difference(one.request.expected, one.answer))]
    deaths = [kill.at for kill in run.kills]
    streamed = [each for each in completed if each.request.stream]
    whole = [each for each in completed if not each.request.stream]
    recovered = [kill.back - kill.at for kill in run.kills if kill.back is not None]
    return {
        "requests": len(run.outcomes),
        "seconds": run.seconds,
        "completed": len(completed),
        "failed": len(run.outcomes) - len(completed),
        "errors": dict(errors.most_common()),
        "inexact": len(differences),
        "differences": differences[:_EXAMPLES],
        "kills": dict(Counter(kill.signal for kill in run.kills)),
        "begun_on_killed": sum(kill.begun for kill in run.kills),
        "lived_through": sum(paused(each.pause, deaths, pause) for each in streamed),
        "pause": _spread([end - begin for begin, end in (each.pause for each in streamed)]),
        "whole": _spread([end - begin for begin, end in (each.pause for each in whole)]),
        "recovery": _spread(recovered),
        "not_recovered": len(run.kills) - len(recovered),
        "unexplained": run.unexplained,
        "memory_mb": [round(each.memory / 1e6, 1) for each in (run.before, run.after)],
        "descriptors": [run.before.descriptors, run.after.descriptors],
        "exit_code": run.exit_code,
        "left_over": run.left,
    }


def paused(pause: tuple[float, float], deaths: list[float], least: float) -> bool:
    """Return whether a pause is longer than `least` seconds and a death falls into it."""
    begin, end = pause
    return end - begin > least and any(begin - _UNDER_WAY <= death <= end for death in deaths)


def _spread(values: list[float]) -> dict[str, float] | None:
    return {f"p{percent}": percentile(values, percent) for percent in (50, 99, 100)} if values else None


def complaints(summary: dict[str, Any], requests: int, *, kills_wanted: bool) -> list[str]:
    """Return why the run is no success, in sentences; nothing if it is one."""
    found = {
        f"{requests - summary['requests']} requests were never made": requests - summary["requests"],
        f"{summary['failed']} requests failed": summary["failed"],
        f"{summary['inexact']} answers were inexact": summary["inexact"],
        f"{summary['not_recovered']} workers were not replaced": summary["not_recovered"],
        f"{summary['unexplained']} workers were lost without our doing": summary["unexplained"],
        f"the server ended with exit code {summary['exit_code']}": summary["exit_code"],
        f"{summary['left_over']} processes were left": summary["left_over"],
        "no worker was killed, so nothing is shown": kills_wanted and not summary["kills"],
    }
    return [sentence for sentence, wrong in found.items() if wrong]


def show(summary: dict[str, Any], about: dict[str, Any], wrong: list[str]) -> None:
    """Print the numbers, what they were measured with, and whether all is well."""
    table = Table(show_header=False)
    result = [("result", "; ".join(wrong) or "nothing failed, nothing inexact")]
    for rows in (about.items(), _rows(summary), result):
        for name, value in rows:
            # What a server or a model said is no markup.
            table.add_row(name, Text(str(value)))
        table.add_section()
    console = Console()
    # A file or a pipe has no width that the table must keep to.
    (console if console.is_terminal else Console(width=160)).print(table)


def _rows(summary: dict[str, Any]) -> list[tuple[str, str]]:
    kills = ", ".join(f"{count} by SIG{name}" for name, count in summary["kills"].items())
    return [
        ("requests", f"{summary['requests']} in {summary['seconds']:.0f} s"),
        ("completed", str(summary["completed"])),
        ("failed", str(summary["failed"])),
        *(("", f"{count} x {text}") for text, count in summary["errors"].items()),
        ("inexact", str(summary["inexact"])),
        *(("", text) for text in summary["differences"]),
        ("workers killed", kills or "0"),
        ("answers under way on them", str(summary["begun_on_killed"])),
        ("streams completed after a pause at a death", str(summary["lived_through"])),
        ("longest pause of a stream", _seconds(summary["pause"])),
        ("time of an answer that is not streamed", _seconds(summary["whole"])),
        ("from a death to the next worker's readiness", _seconds(summary["recovery"])),
        ("workers not replaced", str(summary["not_recovered"])),
        ("workers lost without our doing", str(summary["unexplained"])),
        ("memory of the frontend, before and after", "{} MB, {} MB".format(*summary["memory_mb"])),
        ("its open descriptors", "{}, {}".format(*summary["descriptors"])),
        ("its exit code", str(summary["exit_code"])),
        ("processes left", str(summary["left_over"])),
    ]


def _seconds(spread: dict[str, float] | None) -> str:
    if spread is None:
        return "none"
    return f"p50 {spread['p50']:.2f} s, p99 {spread['p99']:.2f} s, longest {spread['p100']:.2f} s"
