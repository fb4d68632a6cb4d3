"""The commands `mlx-serve service install`, `remove` and `status`."""

from __future__ import annotations

import getpass
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ...options import with_options
from . import launchd, systemd
from .plan import Delete, MakeFolder, Run, Service, Step, Write

_MANAGERS = {"launchd": launchd, "systemd": systemd}
# A server's own --grace is 30 s; workers and their last words come behind that.
_GRACE_SECONDS = 60
# What a service of launchd or systemd does not have from a login.
_KEPT = ("HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "MLX_SERVE_RUNTIME_DIR")
_PATHS = {"model", "adapter_file", "api_key_file", "crash_dir"}

_OPTIONS: list[Callable[..., Any]] = [
    click.option(
        "--system/--user",
        default=None,
        help="For the machine, so that it runs before anybody logs in (as root: sudo), or for yourself.  "
        "[default: --system for root]",
    ),
    click.option("--name", default="mlx-serve", show_default=True, help="What the service is called."),
    click.option(
        "--manager",
        type=click.Choice(list(_MANAGERS)),
        default="launchd" if sys.platform == "darwin" else "systemd",
        show_default=True,
        help="What keeps services here.",
    ),
    click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing."),
]


@click.group()
def service() -> None:
    """Run the server as a service: started with the machine, and again when it fails."""


@service.command()
@with_options(_OPTIONS)
@click.option(
    "--run-as", metavar="USER", help="Who runs it, with --system.  [default: who called sudo, or else you]"
)
@click.option("--log-dir", metavar="FOLDER", help="Where its log is.  [default: .mlx-serve/log at home]")
@click.option("--config", metavar="FILE", help="Its configuration file, as `mlx-serve up` takes it.")
@click.argument("arguments", nargs=-1)
@click.pass_context
def install(
    ctx: click.Context,
    system: bool | None,
    name: str,
    manager: str,
    dry_run: bool,
    run_as: str | None,
    log_dir: str | None,
    config: str | None,
    arguments: tuple[str, ...],
) -> None:
    """Install `mlx-serve up` as a service, with ARGUMENTS behind --, and start it.

    An API key does not belong into ARGUMENTS, which others can read: use --api-key-file, or the configuration
    file.

    Example: sudo mlx-serve service install -- --model mlx-community/Qwen3-4B-4bit --port 8080
    """
    if config is not None:
        arguments = ("--config", str(Path(config).expanduser().absolute()), *arguments)
    _check(ctx, arguments)
    described = _describe(name, _is_system(system), run_as, log_dir, arguments)
    steps = _MANAGERS[manager].install(described)
    take(steps, dry_run)
    if not dry_run:
        click.echo(f"{name} runs, and its log is in {described.log}")
        if manager == "launchd" and not described.system:
            click.echo("It starts when you log in. With sudo and --system it starts with the machine.")


@service.command()
@with_options(_OPTIONS)
def remove(system: bool | None, name: str, manager: str, dry_run: bool) -> None:
    """End the service and take it away; its log and configuration stay."""
    take(_MANAGERS[manager].remove(_describe(name, _is_system(system), None, None, ())), dry_run)


@service.command()
@with_options(_OPTIONS)
def status(system: bool | None, name: str, manager: str, dry_run: bool) -> None:
    """Tell what the system says of the service."""
    command = _MANAGERS[manager].status(_describe(name, _is_system(system), None, None, ()))
    if dry_run:
        click.echo(shlex.join(command))
        return
    sys.exit(_run(command))


def _check(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Refuse arguments that the server would refuse, or find otherwise than here."""
    group = ctx.find_root().command
    assert isinstance(group, click.Group)  # noqa: S101 - `service` is a part of it
    command = group.get_command(ctx, "up")
    assert command is not None  # noqa: S101 - it is always there
    server = command.make_context("mlx-serve up", list(arguments))
    given = {name: server.params[name] for name in server.params if _is_given(server, name)}
    if "api_key" in given:
        raise click.UsageError("others can read the arguments of a service: use --api-key-file for the key")
    for name in _PATHS & given.keys():
        if not Path(given[name]).expanduser().is_absolute() and Path(given[name]).exists():
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} {given[name]}: a service runs elsewhere, give the whole path")


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _is_system(chosen: bool | None) -> bool:
    return os.geteuid() == 0 if chosen is None else chosen


def _describe(
    name: str, system: bool, run_as: str | None, log_dir: str | None, arguments: tuple[str, ...]
) -> Service:
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise click.UsageError("--name is of letters, digits, - and _")
    if run_as is not None and not system:
        raise click.UsageError("--run-as goes with --system")
    user = run_as or (os.environ.get("SUDO_USER") if system else None) or getpass.getuser()
    try:
        home = Path(pwd.getpwnam(user).pw_dir)
    except KeyError as error:
        raise click.UsageError(f"there is no user {user}") from error
    return Service(
        name=name,
        command=(sys.executable, "-m", "mlx_llm_server", "up", *arguments),
        system=system,
        user=user,
        home=home,
        logs=Path(log_dir).expanduser().absolute() if log_dir else home / ".mlx-serve" / "log",
        # Nothing that lies about at home is imported.
        environment={
            "PYTHONSAFEPATH": "1",
            **{variable: os.environ[variable] for variable in _KEPT if variable in os.environ},
        },
        grace_seconds=_GRACE_SECONDS,
    )


def take(steps: list[Step], dry_run: bool) -> None:
    """Do what is planned, or print it."""
    for step in steps:
        if dry_run:
            click.echo(_told(step))
            continue
        try:
            _do(step)
        except PermissionError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}; --system needs sudo") from error
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error


def _told(step: Step) -> str:
    match step:
        case Write(path, content):
            return f"# write {path}\n{content.decode()}"
        case MakeFolder(path):
            return f"# make the folder {path}"
        case Delete(path):
            return f"# delete {path}"
        case Run(command):
            return f"# run: {shlex.join(command)}"


def _do(step: Step) -> None:
    match step:
        case Write(path, content):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o644)
        case MakeFolder(path, owner):
            _make_folder(path, owner)
        case Delete(path):
            path.unlink(missing_ok=True)
        case Run(command, may_fail, tries):
            while (code := _run(command, quiet=may_fail)) and tries > 1:
                tries -= 1
                time.sleep(1)
            if code and not may_fail:
                raise click.ClickException(f"{shlex.join(command)} ended with exit code {code}")


def _make_folder(path: Path, owner: str) -> None:
    """Make a folder and those above it; the ones that are new belong to `owner`."""
    new = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for folder in new:
            shutil.chown(folder, owner)


def _run(command: tuple[str, ...], *, quiet: bool = False) -> int:
    try:
        return subprocess.run(command, check=False, stderr=subprocess.DEVNULL if quiet else None).returncode  # noqa: S603 - the commands are ours
    except FileNotFoundError as error:
        raise click.ClickException(f"there is no {command[0]} on this machine") from error
