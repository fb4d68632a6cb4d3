"""The table of what passed, as text for docs/compatibility.md."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from .trial import Trial

AREAS = ("chat", "streams", "tools", "structured", "completions", "errors")
BEGIN = "<!-- Written by scripts/clients --write, from here -->\n"
END = "<!-- to here. -->\n"


def page(trials: Sequence[Trial]) -> str:
    """Return what is told of the clients: the table, and what was tried."""
    lines = [
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}; how many tests passed:",
        "",
        f"| client | {' | '.join(AREAS)} |",
        f"| --- |{' --- |' * len(AREAS)}",
    ]
    for trial in trials:
        cells = [_title(trial), *(_count(trial, area) for area in AREAS)]
        lines.append(f"| {' | '.join(cells)} |")
    if failed := [
        f"- {_title(trial)}: {result.area}: {result.sentence}" for trial in trials for result in trial.failed
    ]:
        lines += ["", "These failed:", "", *failed]
    lines += ["", "What the tests state:"]
    seen: set[str] = set()
    for trial in trials:
        if trial.client.folder not in seen:
            seen.add(trial.client.folder)
            lines += ["", f"- {trial.client.title}"]
            lines += [f"  - {area}: {said}" for area in AREAS if (said := _said(trial, area))]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Put the text into a page, in place of what stood between its marks.

    Raises:
        ValueError: the page has no such marks.
    """
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path} has no place for the table")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _title(trial: Trial) -> str:
    own, *others = trial.versions.items()
    beside = f" ({', '.join(f'{name} {version}' for name, version in others)})" if others else ""
    name = "" if own[0] in trial.client.title else f"{own[0]} "
    return f"{trial.client.title} {name}{own[1]}{beside}"


def _count(trial: Trial, area: str) -> str:
    """Return how many passed, and of how many if it is not all of them."""
    passed = [result.passed for result in trial.results if result.area == area]
    if not passed:
        return ""
    return str(len(passed)) if all(passed) else f"{sum(passed)} of {len(passed)}"


def _said(trial: Trial, area: str) -> str:
    return "; ".join(result.sentence for result in trial.results if result.area == area)
