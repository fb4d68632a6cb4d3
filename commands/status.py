"""The command `mlx-serve status`: what `GET /admin/status` tells, for a person."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from ..sizes import show_size
from .connection import Server, ServerError, server_command

if TYPE_CHECKING:  # `--help` is instant without it
    from rich.console import RenderableType

_PATH = "/admin/status"
_EVENTS_SHOWN = 5


@server_command
@click.option("--json", "as_json", is_flag=True, help="Print all that the server tells as JSON, once.")
@click.option("--once", is_flag=True, help="Print the table once. So it is too where there is no terminal.")
@click.option(
    "--interval",
    type=click.FloatRange(0.2, 3600),
    default=1,
    show_default=True,
    metavar="SECONDS",
    help="How often the live table is made new.",
)
def status(server: Server, as_json: bool, once: bool, interval: float) -> None:
    """Show a running server: its workers, their load, and what happened lately.

    Printed once, the exit code tells whether a worker can take work: 0, or 1.
    """
    if not (as_json or once) and sys.stdout.isatty():
        _live(server, interval)
        return
    told = server.get(_PATH)
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        from rich.console import Console  # noqa: PLC0415

        console = Console()
        # A file or a pipe has no width that the table must keep to.
        (console if console.is_terminal else Console(width=120)).print(shown(told, server.url))
    if told["status"] != "ready":
        sys.exit(1)


def _live(server: Server, interval: float) -> None:
    """Show the table until Ctrl-C; a server that does not answer may come back."""
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    view = shown(server.get(_PATH), server.url)
    try:
        with Live(view, auto_refresh=False, screen=True) as live:
            while True:
                live.update(view, refresh=True)
                time.sleep(interval)
                try:
                    view = shown(server.get(_PATH), server.url)
                except ServerError as error:
                    if error.status is not None:
                        raise
                    view = Text(str(error), style="red")
    except KeyboardInterrupt:
        return


def shown(told: dict[str, Any], url: str) -> RenderableType:
    """Return the status as a table of workers between a headline and the latest events."""
    from rich.console import Group  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    ready = told["status"] == "ready"
    state = "[green]ready[/]" if ready else f"[red]not ready[/]: {escape(str(told['reason']))}"
    waiting = f"{told['queued']} waiting"
    if told["queued"]:
        waiting += f" (for {told['queued_seconds']:.0f} s)"
    counts = [
        f"up {show_time(told['time'] - told['started'])}",
        f"{told['running']} running",
        waiting,
        f"{told['tokens_per_second']:.1f} tok/s",
        f"{told['deaths']} deaths",
        f"{told['resumed']} resumed",
    ]
    table = Table(expand=False)
    for heading in ("worker", "state", "model"):
        table.add_column(heading, overflow="fold")
    for heading in ("load", "tok/s", "memory", "step age", "tokens"):
        table.add_column(heading, justify="right")
    for worker in told["workers"]:
        table.add_row(*map(escape, row(worker)))
    if not told["workers"]:
        table.add_row("none")
    events = [
        f"[dim]{time.strftime('%H:%M:%S', time.localtime(event['time']))}[/] {escape(event_line(event))}"
        for event in told["events"][:_EVENTS_SHOWN]
    ]
    return Group(f"[bold]{escape(url)}[/] {state}", ", ".join(counts), table, *events)


def row(worker: dict[str, Any]) -> list[str]:
    """Return the cells of a worker."""
    loading, memory = worker["loading"], worker["memory_bytes"]
    state, model = worker["state"], worker["model"]
    if loading is not None:
        state = loading["stage"]
        if loading["of"]:
            state += f" {100 * loading['bytes'] // loading['of']} %"
    age = worker["step_seconds"]
    busy = age is not None and worker["running"]
    return [
        f"{worker['name']} ({worker['pid']})",
        state,
        # Until it is ready a worker has but the path that it was started with.
        model if loading is None else model.rstrip("/").rpartition("/")[2],
        f"{worker['running']} / {worker['capacity']}" if worker["capacity"] else "-",
        f"{worker['tokens_per_second']:.1f}",
        "-" if memory is None else show_size(memory),
        f"{age:.1f} s" if busy else "-",
        str(worker["tokens"]),
    ]


def event_line(event: dict[str, Any]) -> str:
    """Return an event as a line."""
    parts = [f"{event['worker']} {event['kind']}"]
    if event.get("reason"):
        parts.append(str(event["reason"]))
    if event.get("generations"):
        parts.append(f"{event['generations']} generations")
    if event.get("crash"):
        parts.append(f"/admin/crashes/{event['crash']}")
    return ": ".join([parts[0], ", ".join(parts[1:])]) if parts[1:] else parts[0]


def show_time(seconds: float) -> str:
    """Return a time for a person."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    told = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(told[:2]) or "0 s"
