"""Medians of the turns, their ratios, a table and a file."""

from __future__ import annotations

import json
import platform
import statistics
from importlib import metadata
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from ...commands.bench.workload import percentile

if TYPE_CHECKING:
    from pathlib import Path

    from ...commands.bench.workload import Measurement

# By number of streams and program: one measurement for each turn.
Results = dict[int, dict[str, list["Measurement"]]]


def summarize(results: Results) -> list[dict[str, Any]]:
    """A row for each number of streams and program.

    `tokens_per_second` (all streams together) and the times in milliseconds are medians over the turns;
    `runs` has the turns' tokens per second, `tokens` the number generated in each. `ratio` is ours divided by
    this program's tokens per second, where both were measured.
    """
    rows = []
    for streams, programs in results.items():
        speeds = {
            name: statistics.median(turn.tokens / turn.seconds for turn in turns)
            for name, turns in programs.items()
        }
        rows += [
            {
                "streams": streams,
                "program": name,
                "tokens_per_second": speeds[name],
                "ttft_p50_ms": _median(turns, "ttft", 50),
                "ttft_p99_ms": _median(turns, "ttft", 99),
                "itl_p50_ms": _median(turns, "itl", 50),
                "itl_p99_ms": _median(turns, "itl", 99),
                "ratio": speeds["ours"] / speeds[name] if name != "ours" and "ours" in speeds else None,
                "runs": [turn.tokens / turn.seconds for turn in turns],
                "tokens": [turn.tokens for turn in turns],
            }
            for name, turns in programs.items()
        ]
    return rows


def _median(turns: list[Measurement], times: str, percent: float) -> float:
    return 1000 * statistics.median(percentile(getattr(turn, times), percent) for turn in turns)


def show(rows: list[dict[str, Any]], about: dict[str, Any]) -> None:
    """Print the table and what it was measured with."""
    table = Table(caption="\n".join(f"{key}: {value}" for key, value in about.items()), caption_justify="left")
    for heading in ("streams", "program", "tok/s", "TTFT p50", "p99 ms", "ITL p50", "p99 ms", "ours is"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    previous = None
    for row in rows:
        if previous not in (None, row["streams"]):
            table.add_section()
        previous = row["streams"]
        times = [f"{row[key]:.1f}" for key in ("ttft_p50_ms", "ttft_p99_ms", "itl_p50_ms", "itl_p99_ms")]
        ratio = f"{row['ratio']:.2f} x" if row["ratio"] else ""
        table.add_row(str(row["streams"]), row["program"], f"{row['tokens_per_second']:.0f}", *times, ratio)
    console = Console()
    # A file or a pipe has no width that the table must keep to.
    (console if console.is_terminal else Console(width=110)).print(table)


def write(path: Path, rows: list[dict[str, Any]], about: dict[str, Any]) -> None:
    """Write the rows and what they were measured with as JSON."""
    path.write_text(json.dumps({"about": about, "rows": rows}, indent=2) + "\n")


def versions() -> str:
    """The system and the packages that matter to speed, as one line."""
    named = []
    for name in ("mlx-llm-server", "mlx", "mlx-lm", "tornado", "pyzmq"):
        try:
            named.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join([f"{platform.system()} {platform.machine()}", f"Python {platform.python_version()}", *named])
