"""Medians of the turns, their ratios, a table and a file."""

from __future__ import annotations

import json
import math
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

# Of streams so many at once, and whether their answers are sampled: by program, a measurement for each turn.
Results = dict[tuple[int, bool], dict[str, list["Measurement"]]]


def summarize(results: Results) -> list[dict[str, Any]]:
    """A row for each number of streams, way of drawing, and program.

    `tokens_per_second` is of the whole, `decode_tokens_per_second` what the streams get together once each has its
    first token. These and the times in milliseconds are medians over the turns; `runs` has the turns' tokens per
    second, `tokens` the number generated in each. `ratio` and `decode_ratio` are ours divided by this program's,
    where both were measured. A program that was not measured, because it failed, has no row.
    """
    rows = []
    for (streams, sampled), measured in results.items():
        programs = {name: turns for name, turns in measured.items() if turns}
        whole = {name: _speed(turns) for name, turns in programs.items()}
        decode = {name: _decode_speed(turns, streams) for name, turns in programs.items()}
        rows += [
            {
                "streams": streams,
                "sampled": sampled,
                "program": name,
                "tokens_per_second": whole[name],
                "decode_tokens_per_second": decode[name],
                "ttft_p50_ms": _median(turns, "ttft", 50),
                "ttft_p99_ms": _median(turns, "ttft", 99),
                "itl_p50_ms": _median(turns, "itl", 50),
                "itl_p99_ms": _median(turns, "itl", 99),
                "ratio": _ratio(whole, name),
                "decode_ratio": _ratio(decode, name),
                "runs": [turn.tokens / turn.seconds for turn in turns],
                "tokens": [turn.tokens for turn in turns],
            }
            for name, turns in programs.items()
        ]
    return rows


def _speed(turns: list[Measurement]) -> float:
    return statistics.median(turn.tokens / turn.seconds for turn in turns)


def _decode_speed(turns: list[Measurement], streams: int) -> float:
    return statistics.median(
        streams * turn.decoded / turn.decoding if turn.decoding else math.nan for turn in turns
    )


def _ratio(speeds: dict[str, float], name: str) -> float | None:
    return speeds["ours"] / speeds[name] if name != "ours" and "ours" in speeds else None


def _median(turns: list[Measurement], times: str, percent: float) -> float:
    return 1000 * statistics.median(percentile(getattr(turn, times), percent) for turn in turns)


def show(rows: list[dict[str, Any]], about: dict[str, Any]) -> None:
    """Print the table and what it was measured with."""
    table = Table(caption="\n".join(f"{key}: {value}" for key, value in about.items()), caption_justify="left")
    for heading in (
        "streams",
        "program",
        "tok/s",
        "decode",
        "TTFT p50",
        "p99 ms",
        "ITL p50",
        "p99 ms",
        "ours is",
        "decode",
    ):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    previous = None
    for row in rows:
        case = f"{row['streams']} {'sampled' if row['sampled'] else 'greedy'}"
        if previous not in (None, case):
            table.add_section()
        speeds = [f"{row[key]:.0f}" for key in ("tokens_per_second", "decode_tokens_per_second")]
        times = [f"{row[key]:.1f}" for key in ("ttft_p50_ms", "ttft_p99_ms", "itl_p50_ms", "itl_p99_ms")]
        ratios = [f"{row[key]:.2f} x" if row[key] else "" for key in ("ratio", "decode_ratio")]
        table.add_row(case, row["program"], *speeds, *times, *ratios)
        previous = case
    console = Console()
    # A file or a pipe has no width that the table must keep to.
    (console if console.is_terminal else Console(width=130)).print(table)


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
