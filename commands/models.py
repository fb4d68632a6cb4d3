"""The command `mlx-serve models`: which models are on this machine, and which fit into its memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ..demo import DEMO_MODEL
from ..sizes import show_size
from ..worker.checkpoint import Checkpoint, NoCheckpointError, read_checkpoint
from .machine import ask_mlx, fits, room_for_models


@dataclass(frozen=True)
class Found:
    """A model on this machine.

    Attributes:
        name: What `--model` takes.
        checkpoint: What its folder tells; None if it can't be served.
        fault: Why not.
    """

    name: str
    path: Path
    checkpoint: Checkpoint | None
    fault: str | None = None


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def models(folders: tuple[Path, ...], as_json: bool) -> None:
    """List the models in the Hugging Face cache and in FOLDERS, and which fit into this machine's memory.

    "tight": the weights fit, but less than a fifth of their size is left for running requests. On Linux CPUs the
    memory is what is available now.
    """
    room = room_for_models(ask_mlx().told)
    found = [look("mlx-llm-server-demo", DEMO_MODEL), *in_cache(), *in_folders(folders)]
    if as_json:
        click.echo(json.dumps({"room_bytes": room, "models": [_describe(each, room) for each in found]}, indent=2))
    else:
        _show(found, room)


def look(name: str, path: Path) -> Found:
    """Look at a model's folder."""
    try:
        return Found(name, path, read_checkpoint(path))
    except NoCheckpointError as error:
        return Found(name, path, None, str(error))


def in_folders(folders: tuple[Path, ...]) -> Iterator[Found]:
    """Yield the models in folders, which may be models themselves."""
    for folder in folders:
        for config in sorted(
            [folder / "config.json", *folder.glob("*/config.json"), *folder.glob("*/*/config.json")]
        ):
            if config.is_file():
                yield look(str(config.parent), config.parent)


def in_cache() -> Iterator[Found]:
    """Yield the models that the Hugging Face cache has, complete or not, of their newest revisions."""
    from huggingface_hub import scan_cache_dir  # noqa: PLC0415 - `--help` is instant without it
    from huggingface_hub.errors import CacheNotFound  # noqa: PLC0415

    try:
        repos = scan_cache_dir().repos
    except CacheNotFound:
        return
    for repo in sorted(repos, key=lambda repo: repo.repo_id):
        revisions = sorted(repo.revisions, key=lambda revision: ("main" in revision.refs, revision.last_modified))
        if repo.repo_type == "model" and revisions and (path := revisions[-1].snapshot_path):
            yield look(repo.repo_id, path)


def _describe(found: Found, room: int) -> dict[str, Any]:
    known: dict[str, Any] = {"name": found.name, "path": str(found.path), "fault": found.fault}
    if (checkpoint := found.checkpoint) is not None:
        known |= {
            "kind": checkpoint.kind,
            "weight_bytes": checkpoint.weight_bytes,
            "format": checkpoint.format,
            "context_length": checkpoint.context_length,
            "fits": fits(checkpoint.weight_bytes, room),
        }
    return known


def _show(found: list[Found], room: int) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(caption=f"{show_size(room)} for a model here", caption_justify="left")
    table.add_column("model", overflow="fold")
    table.add_column("kind")
    for heading in ("weights", "stored as", "context", "fits"):
        table.add_column(heading, justify="right")
    for each in found:
        if (checkpoint := each.checkpoint) is None:
            continue
        context = checkpoint.context_length
        cells = [show_size(checkpoint.weight_bytes), checkpoint.format, "?" if context is None else f"{context:,}"]
        table.add_row(each.name, checkpoint.kind, *cells, fits(checkpoint.weight_bytes, room))
    console = Console()
    # A file or a pipe has no width that the table must keep to.
    (console if console.is_terminal else Console(width=120)).print(table)
    for each in found:
        if each.fault is not None:
            click.echo(f"{each.name}: {each.fault}", err=True)
