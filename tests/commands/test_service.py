"""The server as a service: what would be written and run."""

from __future__ import annotations

import getpass
import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from mlx_llm_server.__main__ import main
from mlx_llm_server.commands.service import launchd, systemd
from mlx_llm_server.commands.service.command import take
from mlx_llm_server.commands.service.plan import Delete, MakeFolder, Run, Service, Write

# launchd.plist(5): the keys that are used, and what is in them.
LAUNCHD_KEYS: dict[str, Any] = {
    "Label": str,
    "ProgramArguments": [str],
    "EnvironmentVariables": {str: str},
    "WorkingDirectory": str,
    "RunAtLoad": bool,
    "KeepAlive": {"SuccessfulExit": bool},
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "ProcessType": str,
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "SoftResourceLimits": {"NumberOfFiles": int},
    "HardResourceLimits": {"NumberOfFiles": int},
    "UserName": str,
}


def a_service(*arguments: str, system: bool = True, **environment: str) -> Service:
    home = Path("/Users/ann")
    return Service(
        "llm",
        (sys.executable, "-m", "mlx_llm_server", "up", *arguments),
        system,
        "ann",
        home,
        home / ".mlx-serve/log",
        environment,
        60,
    )


def fits(value: Any, shape: Any) -> bool:
    match shape:
        case [inner]:
            return isinstance(value, list) and all(fits(each, inner) for each in value)
        case dict() if set(shape) == {str}:
            return isinstance(value, dict) and all(fits(each, shape[str]) for each in value.values())
        case dict():
            return isinstance(value, dict) and all(key in shape and fits(value[key], shape[key]) for key in value)
        case _:
            return type(value) is shape


@pytest.mark.parametrize("system", [True, False])
def test_the_property_list_has_keys_that_launchd_knows(system: bool) -> None:
    keys = plistlib.loads(launchd.plist(a_service("--model", "a & <b>", system=system, HF_HOME="/hf")))

    assert fits(keys, LAUNCHD_KEYS)
    assert keys["ProgramArguments"][-2:] == ["--model", "a & <b>"]
    assert Path(keys["ProgramArguments"][0]).is_absolute()
    assert keys["EnvironmentVariables"] == {"HOME": "/Users/ann", "HF_HOME": "/hf"}
    assert keys["KeepAlive"] == {"SuccessfulExit": False}
    assert ("UserName" in keys) is system


def test_a_daemon_of_launchd_runs_before_a_login_and_an_agent_is_its_users() -> None:
    daemon, agent = launchd.install(a_service()), launchd.install(a_service(system=False))

    assert isinstance(daemon[2], Write)
    assert daemon[2].path == Path("/Library/LaunchDaemons/io.github.mlx-llm-server.llm.plist")
    assert isinstance(agent[2], Write)
    assert agent[2].path == Path("/Users/ann/Library/LaunchAgents/io.github.mlx-llm-server.llm.plist")
    assert daemon[-1] == Run(("launchctl", "bootstrap", "system", str(daemon[2].path)), tries=60)
    assert f"gui/{os.getuid()}" in str(agent[-1])


def test_a_unit_of_a_user_runs_without_its_login() -> None:
    steps = systemd.install(a_service(system=False))

    assert steps[0] == MakeFolder(Path("/Users/ann/.mlx-serve/log"), "ann")
    assert steps[-1] == Run(("loginctl", "enable-linger", "ann"))
    assert "User=" not in systemd.unit(a_service(system=False))
    assert "User=ann" in systemd.unit(a_service())


def test_what_was_installed_is_removed() -> None:
    for manager, path in ((systemd, systemd.unit_path(a_service())), (launchd, launchd.plist_path(a_service()))):
        assert Delete(path) in manager.remove(a_service())
        assert any(isinstance(step, Write) and step.path == path for step in manager.install(a_service()))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
@pytest.mark.parametrize("system", [True, False])
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path, system: bool) -> None:
    described = a_service("--model", "a b$c%d\"e'f\\g;h", "", system=system, HF_HOME="/a b%c")
    path = tmp_path / "llm.service"
    path.write_text(systemd.unit(described))

    checked = subprocess.run(
        ["systemd-analyze", *([] if system else ["--user"]), "verify", "--man=no", str(path)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_systemd_is_told_each_argument_as_it_is() -> None:
    (line,) = [
        line for line in systemd.unit(a_service('a b$c%d"e', "x;y", "")).splitlines() if "ExecStart" in line
    ]

    assert line.endswith(' up "a b$$c%%d\\"e" "x;y" ""')


def mlx_serve(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["service", *arguments], env={"MLX_SERVE_CONFIG": os.devnull})


def test_a_dry_run_prints_the_file_and_what_would_be_run() -> None:
    told = mlx_serve("install", "--manager", "launchd", "--system", "--dry-run", "--", "--port", "9000")

    assert told.exit_code == 0, told.output
    assert "<string>9000</string>" in told.output
    assert "# run: launchctl bootstrap system" in told.output
    removed = mlx_serve("remove", "--manager", "systemd", "--user", "--dry-run")
    assert "systemctl --user disable --now mlx-serve" in removed.output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--", "--api-key", "secret"], "--api-key-file"),
        (["--", "--prot", "9000"], "No such option"),
        (["--", "--port", "x"], "not a valid integer"),
        (["--", "--model", "tests"], "the whole path"),
        (["--config", "/nowhere.toml"], "No such file"),
        (["--name", "a/b"], "letters"),
        (["--user", "--run-as", "ann"], "--system"),
    ],
)
def test_what_would_not_run_is_refused_before_it_is_installed(
    arguments: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])

    told = mlx_serve("install", "--dry-run", *arguments)

    assert told.exit_code != 0
    assert complaint in told.output
    assert "secret" not in told.output


def test_steps_are_taken_in_turn_until_one_fails(tmp_path: Path) -> None:
    folder, file = tmp_path / "a" / "log", tmp_path / "b" / "unit"
    user = getpass.getuser()
    take(
        [MakeFolder(folder, user), Run(("false",), may_fail=True), Write(file, b"x"), Run(("true",))],
        dry_run=False,
    )
    assert folder.is_dir()
    assert file.read_bytes() == b"x"

    with pytest.raises(click.ClickException, match="false ended with exit code 1"):
        take([Run(("false",)), Delete(file)], dry_run=False)
    assert file.exists()
    take([Delete(file), Delete(file)], dry_run=False)
    assert not file.exists()
    with pytest.raises(click.ClickException, match="no /nowhere/program"):
        take([Run(("/nowhere/program",))], dry_run=False)
