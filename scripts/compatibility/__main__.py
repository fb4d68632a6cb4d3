"""`python -m mlx_llm_server.scripts.compatibility`: exit code 0 if every test of every client passed."""

from __future__ import annotations

import signal
import sys

import click

from . import report, servers, trial
from .clients import CLIENTS, ROOT

PAGE = ROOT / "docs" / "compatibility.md"


@click.command()
@click.argument("names", metavar="[CLIENT]...", nargs=-1, type=click.Choice([client.name for client in CLIENTS]))
@click.option("--write", is_flag=True, help="Write what came of all of them into docs/compatibility.md.")
def main(names: tuple[str, ...], write: bool) -> None:
    """Try clients against a server with the bundled model: those that are named, or all.

    Each gets an environment in .clients, by pip and npm; Node comes by pip too.
    """
    if names and write:
        raise click.UsageError("--write is for all clients at once.")
    # A termination ends the servers in order, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = [client for client in CLIENTS if not names or client.name in names]
    trials = []
    try:
        for client in chosen:
            # Servers of its own: a worker that another client's tests killed just now comes back more slowly.
            with servers.both() as where:
                trials.append(trial.run(client, where))
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    text = report.page(trials)
    print(text)
    if write:
        report.write(PAGE, text)
    sys.exit(1 if any(each.failed for each in trials) else 0)


if __name__ == "__main__":
    main()
