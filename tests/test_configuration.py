"""The configuration file: what it may say, and what stands above it."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from mlx_llm_server.__main__ import main
from mlx_llm_server.configuration import ConfigError, read_config

DOCUMENT = Path(__file__).parents[1] / "docs" / "configuration.md"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def mlx_serve(*arguments: str, **env: str) -> Result:
    ours = {name: None for name in os.environ if name.startswith("MLX_SERVE_") or name in ("HOST", "PORT")}
    return CliRunner().invoke(main, arguments, env={**ours, "MLX_SERVE_CONFIG": os.devnull, **env})


def shown(told: Result) -> dict[str, tuple[str, str]]:
    """Return each setting as it was shown, and where it comes from."""
    assert told.exit_code == 0, told.output
    lines = (re.fullmatch(r"(?:# )?([a-z-]+) = ?(.*?) +# (.+)", line) for line in told.output.splitlines())
    return {line[1]: (line[2].strip(), line[3]) for line in lines if line}


def problems(file: Path, content: str) -> list[str]:
    file.write_text(content)
    with pytest.raises(ConfigError) as raised:
        read_config(file)
    return [problem.removeprefix(f"{file}: ") for problem in raised.value.problems]


def test_command_line_stands_above_environment_above_file_above_default(file: Path) -> None:
    file.write_text("max-queue = 1\nmax-body = 2\nport = 3\n")

    settings = shown(
        mlx_serve(
            "up",
            "--show-config",
            "--max-queue",
            "10",
            MLX_SERVE_CONFIG=str(file),
            PORT="30",
            MLX_SERVE_MAX_QUEUE="20",
        )
    )

    assert settings["max-queue"] == ("10", "command line")
    assert settings["port"] == ("30", "PORT")
    assert settings["max-body"] == ("2", str(file))
    assert settings["keep-crashes"] == ("50", "default")
    assert settings["model"] == ("", "default")


def test_a_commands_own_table_stands_above_what_is_common(file: Path) -> None:
    file.write_text('max-batch = 1\n[worker]\nmax-batch = 2\nname = "w"\n[up]\nworkers = 3\n')

    worker, up = (shown(mlx_serve(name, "--config", str(file), "--show-config")) for name in ("worker", "up"))

    assert worker["max-batch"] == ("2", f"{file} [worker]")
    assert worker["name"] == ('"w"', f"{file} [worker]")
    assert up["max-batch"] == ("1", str(file))
    assert up["workers"] == ("3", f"{file} [up]")


def test_what_is_shown_can_be_read_again_and_has_no_key(file: Path, tmp_path: Path) -> None:
    file.write_text(
        'api-key = "secret"\nallowed-host = ["a", "b"]\nprefix-cache-ram = "1KiB"\nno-widen = true\ngrace = 5\n'
        'crash-dir = "a \\" b \\\\ \\u007f"\n'
    )
    told = mlx_serve("config", "show", "up", "--config", str(file))
    assert "secret" not in told.output

    again = tmp_path / "again.toml"
    again.write_text(told.output)

    read, first = read_config(again).common, read_config(file).common
    assert tomllib.loads(told.output)["prefix-cache-ram"] == 1024
    for name in ("allowed_hosts", "no_widen", "grace", "crash_dir"):
        assert read[name] == first[name]


def test_every_fault_is_named_and_what_was_meant(file: Path) -> None:
    assert problems(
        file,
        "prot = 1\nmax_batch = 3\nlifeline = true\n[upp]\na = 1\n[worker]\nworkers = 3\n",
    ) == [
        "prot: there is no such setting; is port meant?",
        "max_batch: there is no such setting; is max-batch meant?",
        "lifeline: there is no such setting",
        "[upp] is no table of this file; is up meant?",
        "[worker] workers: there is no such setting",
    ]


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("port = true", "a whole number is wanted"),
        ("port = 8080.5", "a whole number is wanted"),
        ('port = "8080"', "a whole number is wanted"),
        ("port = 0", "0 is not in the range"),
        ('grace = "5"', "a number is wanted"),
        ("no-widen = 1", "true or false is wanted"),
        ("model = 5", "a text is wanted"),
        ("allowed-host = [1]", "a list of texts is wanted"),
        ('prefix-cache-ram = "much"', "write it like"),
        ('unknown-fields = "keep"', "is not one of"),
    ],
)
def test_a_value_is_checked_as_on_the_command_line(file: Path, setting: str, complaint: str) -> None:
    (problem,) = problems(file, setting)

    assert complaint in problem


@pytest.mark.parametrize(("content", "complaint"), [(b"port = ", "Invalid value"), (b"a = '\xff'", "utf-8")])
def test_what_is_no_toml_is_refused(file: Path, content: bytes, complaint: str) -> None:
    file.write_bytes(content)

    with pytest.raises(ConfigError, match=complaint):
        read_config(file)


def test_a_faulty_file_is_told_by_check_and_by_every_command(file: Path) -> None:
    file.write_text("prot = 1")

    for arguments in (
        ["config", "check", str(file)],
        ["up", "--config", str(file)],
        ["status", "--config", str(file)],
    ):
        told = mlx_serve(*arguments)
        assert told.exit_code == 1
        assert f"{file}: prot: there is no such setting; is port meant?" in told.output


def test_check_counts_and_warns_of_a_key_that_others_can_read(file: Path) -> None:
    file.write_text('api-key = "k"\n[up]\nworkers = 2\n')
    file.chmod(0o644)
    told = mlx_serve("config", "check", MLX_SERVE_CONFIG=str(file))
    assert told.exit_code == 0
    assert "2 settings, all fine" in told.output
    assert "chmod 600" in told.output

    file.chmod(0o600)
    assert "chmod" not in mlx_serve("config", "check", str(file)).output


def test_a_file_that_was_named_must_be_there_and_the_default_one_need_not(tmp_path: Path) -> None:
    assert "No such file" in mlx_serve("up", "--config", str(tmp_path / "none")).output
    told = mlx_serve("up", "--show-config", MLX_SERVE_CONFIG="", HOME=str(tmp_path))
    assert told.exit_code == 0

    (tmp_path / ".mlx-serve").mkdir()
    (tmp_path / ".mlx-serve" / "config.toml").write_text("port = 9")
    assert shown(mlx_serve("up", "--show-config", MLX_SERVE_CONFIG="", HOME=str(tmp_path)))["port"][0] == "9"


def test_the_documented_file_can_be_used_and_every_setting_is_in_the_document(file: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file.write_text(example)
    assert read_config(file).common

    documented = set(re.findall(r"^\| `([a-z-]+)`", text, re.MULTILINE))
    commands = [main.get_command(click.Context(main), name) for name in ("up", "frontend", "worker")]
    shown = [
        option
        for command in commands
        if command
        for option in command.params
        if option.expose_value and not getattr(option, "hidden", False)
    ]
    options = {max(option.opts, key=len)[2:] for option in shown}
    assert documented == options
