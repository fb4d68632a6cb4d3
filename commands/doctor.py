"""The command `mlx-serve doctor`: looks at everything that a server needs, and says what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click

from ..configuration import ConfiguredCommand
from ..demo import DEMO_MODEL
from ..options import host_option, port_option
from . import examinations
from .examinations import Finding, State

_MARKS = {State.OK: ("ok", "green"), State.WARNING: ("warning", "yellow"), State.FAULT: ("FAULT", "red")}
_FROM_FILE = frozenset({"model", "host", "port", "crash_dir"})


@click.command(cls=ConfiguredCommand, table="up", takes=_FROM_FILE)
@click.option(
    "--model",
    envvar="MLX_SERVE_MODEL",
    metavar="PATH",
    help="The model that is to be served: a folder or a Hugging Face id.  [default: the bundled demo model]",
)
@host_option("The address that is to be listened on.")
@port_option("The port that is to be listened on.")
@click.option(
    "--crash-dir", envvar="MLX_SERVE_CRASH_DIR", metavar="FOLDER", help="Where deaths are to be written."
)
@click.option("--no-generation", is_flag=True, help="Leave out the test generation, which loads the model.")
@click.option(
    "--timeout",
    type=click.FloatRange(1, 86_400),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long loading and generating may take.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(
    model: str | None,
    host: str,
    port: int,
    crash_dir: str | None,
    no_generation: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Look for what keeps a server from running here, and say what to do.

    Python, packages, MLX and its device, memory, the port, folders, the model, and a test generation in a process
    of its own. The exit code is 1 if there is a fault; warnings are none.
    """
    findings = _examine(model, host, port, crash_dir, None if no_generation else timeout)
    shown: list[Finding] = []
    for finding in findings:
        shown.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in shown], indent=2))
    if any(finding.state is State.FAULT for finding in shown):
        sys.exit(1)


def _examine(
    model: str | None, host: str, port: int, crash_dir: str | None, timeout: float | None
) -> Iterator[Finding]:
    yield examinations.python()
    yield from examinations.packages()
    yield examinations.address(host, port)
    yield from examinations.folders(port, crash_dir)
    path, finding = examinations.model(model or str(DEMO_MODEL))
    yield finding
    yield from examinations.mlx(path, timeout)


def _show(finding: Finding) -> None:
    mark, color = _MARKS[finding.state]
    click.echo(f"{click.style(f'{mark:>7}', fg=color)}  {finding.subject}: {finding.told}")
    if finding.advice:
        click.echo(f"         {finding.advice}")
