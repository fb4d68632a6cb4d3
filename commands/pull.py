"""The command `mlx-serve pull`: a model from the Hugging Face hub into its cache on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..sizes import show_size
from ..worker.download import NoRoomError, download
from .machine import ask_mlx, fits, room_for_models
from .models import look


@click.command()
@click.argument("model")
@click.option("--revision", metavar="NAME", help="A branch, a tag or a commit.  [default: main]")
def pull(model: str, revision: str | None) -> None:
    """Download MODEL from the Hugging Face hub, such as mlx-community/Qwen3-4B-4bit.

    What was downloaded before is not downloaded again: after Ctrl-C or a broken connection, the same command goes
    on. HF_TOKEN lets you have models that ask for it, HF_HOME says where the cache is, HF_ENDPOINT names another
    hub.
    """
    if Path(model).expanduser().exists():
        raise click.ClickException(f"{model} is here already: --model takes a folder as it is.")
    try:
        found = look(model, path := _download(model, revision))
    except KeyboardInterrupt:
        click.echo("\nstopped; the same command goes on from there", err=True)
        sys.exit(130)
    if found.checkpoint is None:
        raise click.ClickException(f"{model} is downloaded, but it is no model that can be served: {found.fault}")
    size, room = found.checkpoint.weight_bytes, room_for_models(ask_mlx().told)
    click.echo(f"{model}: {show_size(size)} of weights ({found.checkpoint.format}) in {path}")
    advice = {"no": "does not fit", "tight": "fits, with little left for running requests", "yes": "fits"}
    click.echo(f"It {advice[fits(size, room)]} into this machine's {show_size(room)}.")
    click.echo(f"Serve it: mlx-serve up --model {model}")


def _download(model: str, revision: str | None) -> Path:
    """Download what is missing, and return the model's folder."""
    from huggingface_hub import errors  # noqa: PLC0415 - `--help` is instant without it
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(), DownloadColumn(binary_units=True), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(model, total=None)
        try:
            return download(model, lambda done, total: bar.update(task, completed=done, total=total), revision)
        except (OSError, errors.HFValidationError) as error:
            raise click.ClickException(_advice(error, model, revision)) from error


def _advice(error: BaseException, model: str, revision: str | None) -> str:
    """Return what went wrong, and what to do."""
    from huggingface_hub import constants, errors  # noqa: PLC0415

    hub = constants.ENDPOINT
    match error:
        case errors.GatedRepoError():
            return (
                f"{model} is given to those alone who have accepted its terms: do so at {hub}/{model}, then set "
                "HF_TOKEN to a token of yours"
            )
        case errors.RevisionNotFoundError():
            return f"{model} has no revision {revision}"
        case errors.RepositoryNotFoundError() | errors.HFValidationError():
            return f"there is no model {model!r} at {hub}; a private one needs HF_TOKEN"
        case errors.LocalEntryNotFoundError() | errors.OfflineModeIsEnabled():
            return f"{hub} can't be reached: {error.__cause__ or error}"
        case NoRoomError():
            return str(error)
        case _:
            return f"the download from {hub} failed: {error}. The same command goes on from there"
