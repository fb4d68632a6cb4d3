"""The commands `mlx-serve config check` and `mlx-serve config show`."""

from __future__ import annotations

import stat
from pathlib import Path

import click

from ..configuration import CONFIG_VARIABLE, ConfigError, ConfigFile, default_file, read_config


@click.group()
def config() -> None:
    """Check the configuration file, or show what is set and where."""


@config.command()
@click.argument("file", required=False, envvar=CONFIG_VARIABLE)
def check(file: str | None) -> None:
    """Check every key and value of a FILE, by default of the one that a server would read.

    The exit code is 1 if it can't be used.
    """
    path = default_file() if file is None else Path(file).expanduser()
    if file is None and not path.exists():
        click.echo(f"{path} is not there: options, environment and defaults hold.")
        return
    try:
        found = read_config(path)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    count = len(found.common) + sum(map(len, found.tables.values()))
    click.echo(f"{path}: {count} settings, all fine")
    if _shows_key(found):
        click.echo(f"{path}: others can read the API key in it: chmod 600 {path}", err=True)


@config.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("command", type=click.Choice(["up", "frontend", "worker"]), default="up")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def show(ctx: click.Context, command: str, arguments: tuple[str, ...]) -> None:
    """Show the settings of a COMMAND, and where each comes from, as a file that could be read again.

    ARGUMENTS are those that the command would get: `mlx-serve config show up --port 9000`. This is the same as
    `mlx-serve up --port 9000 --show-config`.
    """
    group = ctx.find_root().command
    assert isinstance(group, click.Group)  # noqa: S101 - `config` is a part of it
    chosen = group.get_command(ctx, command)
    assert chosen is not None  # noqa: S101 - one of the choices
    chosen.main([*arguments, "--show-config"], prog_name=f"mlx-serve {command}")


def _shows_key(file: ConfigFile) -> bool:
    has_key = any("api_key" in values for values in (file.common, *file.tables.values()))
    return has_key and bool(file.path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
