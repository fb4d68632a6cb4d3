"""What a command loads: a frontend never mlx, and `--help` hardly anything."""

import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterable

import pytest
from click.testing import CliRunner
from mlx_llm_server import __version__, commands, frontend, protocol
from mlx_llm_server.__main__ import COMMANDS, main

HEAVY = {"mlx", "mlx_lm", "transformers", "tokenizers", "numpy", "torch", "jinja2"}
NOT_FOR_HELP = {"tornado", "zmq", "pydantic", "huggingface_hub", "rich"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def imported_after(code: str) -> set[str]:
    """Return the top-level packages that a new process has imported after running `code`."""
    shown = run("-c", f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))")
    assert shown.returncode == 0, shown.stderr
    return {name.partition(".")[0] for name in json.loads(shown.stdout.splitlines()[-1])}


def modules_of(package_path: Iterable[str], name: str) -> list[str]:
    return [name, *(module.name for module in pkgutil.walk_packages(package_path, name + "."))]


def test_no_module_of_frontend_protocol_and_commands_imports_mlx_or_what_comes_with_it() -> None:
    modules = [
        *modules_of(frontend.__path__, frontend.__name__),
        *modules_of(protocol.__path__, protocol.__name__),
        *modules_of(commands.__path__, commands.__name__),
    ]
    assert {"mlx_llm_server.frontend.api.chat", "mlx_llm_server.commands.doctor"} <= set(modules)

    imported = imported_after("\n".join(f"import {module}" for module in modules))

    assert "tornado" in imported
    assert not imported & HEAVY


def test_help_is_given_without_tornado_zmq_and_mlx() -> None:
    calls = [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)]
    imported = imported_after(
        "from mlx_llm_server.__main__ import main\n"
        "import contextlib, os\n"
        f"for arguments in {calls!r}:\n"
        "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(open(os.devnull, 'w')):\n"
        "        main(arguments, prog_name='mlx-serve')\n"
    )

    assert "click" in imported
    assert not imported & (NOT_FOR_HELP | HEAVY)


def test_the_list_of_commands_is_given_without_any_of_them() -> None:
    shown = run("-X", "importtime", "-m", "mlx_llm_server", "--help")
    imported = {line.rpartition("|")[2].strip() for line in shown.stderr.splitlines()}

    assert shown.returncode == 0
    assert all(f"  {name} " in shown.stdout for name in COMMANDS)
    assert "click.core" in imported
    assert not {name for name in imported if name.startswith("mlx_llm_server.")} - {"mlx_llm_server.__main__"}
    assert not {name.partition(".")[0] for name in imported} & (NOT_FOR_HELP | HEAVY | {"asyncio"})


def test_the_package_runs_as_a_module() -> None:
    shown = run("-m", "mlx_llm_server", "--version")

    assert shown.returncode == 0
    assert shown.stdout == f"mlx-serve, version {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_own_help(command: str) -> None:
    shown = CliRunner().invoke(main, [command, "--help"], prog_name="mlx-serve")

    assert shown.exit_code == 0
    assert f"mlx-serve {command} [OPTIONS]" in shown.output


def test_a_command_that_there_is_not_is_refused() -> None:
    shown = run("-m", "mlx_llm_server", "fly")

    assert shown.returncode == 2
    assert "No such command 'fly'" in shown.stderr
