"""The configuration file, and where each value of a command comes from.

The commands' own options are the one table of what can be set: a key of the file is an option's name without its
dashes, and its value is checked as one on the command line is. A flag on the command line stands above the
environment, that above the file, and the file above the default; a table such as `[worker]` holds for that command
alone, and stands above what is outside of any table.
"""

from __future__ import annotations

import difflib
import importlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from .protocol.endpoints import user_dir

CONFIG_VARIABLE = "MLX_SERVE_CONFIG"
NO_FILE = os.devnull
"""A configuration file that sets nothing."""

# The commands whose options are keys of the file, each with its module; `mlx-llm-server` is `up`.
_TABLES = {"up": "frontend.cli", "frontend": "frontend.cli", "worker": "worker.cli"}
_SECRET = {"api_key"}
_FILE = f"{__name__}.file"
_SHOW = f"{__name__}.show"


class ConfigError(Exception):
    """A configuration file can't be used.

    Attributes:
        problems: A sentence for each fault.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class ConfigFile:
    """What a file sets, by the names that options have as parameters.

    Attributes:
        path: The file.
        common: What holds for every command that has such an option.
        tables: What holds for one command.
    """

    path: Path
    common: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]]

    def values(self, table: str) -> dict[str, Any]:
        """Return what holds for a command."""
        return {**self.common, **self.tables.get(table, {})}

    def place(self, table: str, name: str) -> str:
        """Return where a value of a command stands."""
        return f"{self.path} [{table}]" if name in self.tables.get(table, {}) else str(self.path)


def default_file() -> Path:
    """Return the file that is read where none is named."""
    return user_dir() / "config.toml"


def read_config(path: Path) -> ConfigFile:
    """Read a file and check every key and value of it.

    Raises:
        ConfigError: It can't be read, or has faults.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError([f"{path}: {reason}"]) from error
    options = {table: _options(table) for table in _TABLES}
    problems: list[str] = []
    tables: dict[str, dict[str, Any]] = {}
    common: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            if key in options:
                tables[key] = dict(_checked(value, [options[key]], f"{path}: [{key}] ", problems))
            else:
                problems.append(f"{path}: [{key}] is no table of this file{_nearest(key, options)}")
        else:
            common.update(_checked({key: value}, list(options.values()), f"{path}: ", problems))
    if problems:
        raise ConfigError(problems)
    return ConfigFile(path, common, tables)


def _options(table: str) -> dict[str, click.Option]:
    """Return the options of a command that a file may set, by their keys."""
    # Late, as in the command group: frontend and worker never load each other.
    command: click.Command = getattr(importlib.import_module(f".{_TABLES[table]}", __package__), table)
    return {
        key_of(option): option
        for option in command.params
        if isinstance(option, click.Option) and option.expose_value and not option.hidden
    }


def key_of(option: click.Parameter) -> str:
    """Return an option's key in a file: its long name without the dashes."""
    return max(option.opts, key=len).lstrip("-")


def _checked(
    given: Mapping[str, Any], options: list[dict[str, click.Option]], where: str, problems: list[str]
) -> Iterator[tuple[str, Any]]:
    """Yield parameters' names and values; what is wrong is added to `problems`."""
    known = {key: option for each in options for key, option in each.items()}
    for key, value in given.items():
        if (option := known.get(key)) is None:
            problems.append(f"{where}{key}: there is no such setting{_nearest(key, known)}")
        elif (problem := _problem(option, value)) is not None:
            problems.append(f"{where}{key}: {problem}")
        else:
            yield str(option.name), [value] if option.multiple and isinstance(value, str) else value


def _nearest(key: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key.replace("_", "-").lower(), known, 1)
    return f"; is {close[0]} meant?" if close else ""


def _problem(option: click.Option, value: Any) -> str | None:
    """Return what is wrong with a value, or None."""
    if option.is_flag:
        return None if isinstance(value, bool) else "true or false is wanted"
    if option.multiple:
        values = value if isinstance(value, list) else [value]
        return None if all(isinstance(each, str) for each in values) else "a list of texts is wanted"
    if isinstance(option.type, click.types.IntParamType):
        wanted, fits = "a whole number", isinstance(value, int)
    elif isinstance(option.type, click.types.FloatParamType):
        wanted, fits = "a number", isinstance(value, int | float)
    elif option.type.name == "size":
        wanted, fits = "a size such as '8GB'", isinstance(value, int | str)
    else:
        wanted, fits = "a text", isinstance(value, str)
    if not fits or isinstance(value, bool):
        return f"{wanted} is wanted"
    try:
        option.type.convert(value, option, None)
    except click.BadParameter as error:
        return error.message
    return None


class ConfiguredCommand(click.Command):
    """A command whose options may also come from a configuration file.

    It has the options `--config` and `--show-config` besides its own.

    Args:
        table: The table of the file that holds for it alone.
        takes: The parameters that may come from the file; None for all.
    """

    def __init__(self, *args: Any, table: str, takes: frozenset[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = table
        self._takes = takes
        self.params += [
            click.Option(
                ["--config"],
                envvar=CONFIG_VARIABLE,
                metavar="FILE",
                is_eager=True,
                expose_value=False,
                callback=self._read,
                help="Read settings from this file.  [default: ~/.mlx-serve/config.toml, if it is there]",
            ),
            click.Option(
                ["--show-config"],
                is_flag=True,
                expose_value=False,
                callback=_note_show,
                help="Print every setting, and where it comes from, and end.",
            ),
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, or show with what it would run."""
        if ctx.meta.get(_SHOW):
            click.echo(self._shown(ctx))
            return None
        return super().invoke(ctx)

    def _read(self, ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        path = default_file() if value is None else Path(value).expanduser()
        if (value is None and not path.exists()) or ctx.resilient_parsing:
            return
        try:
            file = read_config(path)
        except ConfigError as error:
            raise click.ClickException(str(error)) from error
        ctx.meta[_FILE] = file
        own = {param.name for param in self.params} if self._takes is None else self._takes
        ctx.default_map = {name: value for name, value in file.values(self._table).items() if name in own}

    def _shown(self, ctx: click.Context) -> str:
        """Return the settings as a file would have them, with where each comes from."""
        lines = [f"# {ctx.command_path}"]
        for option in self.params:
            if not isinstance(option, click.Option) or not option.expose_value or option.hidden:
                continue
            value = ctx.params[str(option.name)]
            unset = value is None or value == ()
            setting = f"{key_of(option)} = {'' if unset else _toml(value)}".rstrip()
            if option.name in _SECRET and not unset:
                setting = f"# {key_of(option)} = (not shown)"
            elif unset:
                setting = f"# {setting}"
            lines.append(f"{setting:<40}  # {self._source(ctx, option)}")
        return "\n".join(lines)

    def _source(self, ctx: click.Context, option: click.Option) -> str:
        name = str(option.name)
        match ctx.get_parameter_source(name):
            case ParameterSource.COMMANDLINE:
                return "command line"
            case ParameterSource.ENVIRONMENT:
                names = [option.envvar] if isinstance(option.envvar, str) else option.envvar or ()
                return next(variable for variable in names if os.environ.get(variable))
            case ParameterSource.DEFAULT_MAP:
                return ctx.meta[_FILE].place(self._table, name)
            case _:
                return "default"


def _note_show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.meta[_SHOW] = value


def _toml(value: Any) -> str:
    # JSON's texts, numbers and lists are TOML's too, but for DEL, which JSON leaves as it is.
    return json.dumps(value).replace("\x7f", "\\u007f")
