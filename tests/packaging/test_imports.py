"""What a command loads: a frontend never mlx, and `--help` hardly anything."""

import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterable

import pytest
from mlx_llm_server import __version__, frontend, protocol

HEAVY = {"mlx", "mlx_lm", "transformers", "tokenizers", "numpy", "torch", "jinja2"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def imported_after(code: str) -> set[str]:
    """Return the top-level packages that a new process has imported after running `code`."""
    shown = run("-c", f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))")
    assert shown.returncode == 0, shown.stderr
    return {name.partition(".")[0] for name in json.loads(shown.stdout.splitlines()[-1])}


def after_command(*arguments: str) -> set[str]:
    return imported_after(
        "from mlx_llm_server.__main__ import main\n"
        "import contextlib, os\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(open(os.devnull, 'w')):\n"
        f"    main({list(arguments)!r}, prog_name='mlx-serve')\n"
    )


def modules_of(package_path: Iterable[str], name: str) -> list[str]:
    return [name, *(module.name for module in pkgutil.walk_packages(package_path, name + "."))]


def test_no_module_of_frontend_and_protocol_imports_mlx_or_what_comes_with_it() -> None:
    modules = [
        *modules_of(frontend.__path__, frontend.__name__),
        *modules_of(protocol.__path__, protocol.__name__),
    ]
    assert "mlx_llm_server.frontend.api.chat" in modules

    imported = imported_after("\n".join(f"import {module}" for module in modules))

    assert "tornado" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("up", "--help"), ("frontend", "--help"), ("worker", "--help")],
    ids=" ".join,
)
def test_help_is_given_without_tornado_zmq_and_mlx(arguments: tuple[str, ...]) -> None:
    imported = after_command(*arguments)

    assert "click" in imported
    assert not imported & ({"tornado", "zmq", "pydantic", "huggingface_hub"} | HEAVY)


def test_the_package_runs_as_a_module() -> None:
    shown = run("-m", "mlx_llm_server", "--version")

    assert shown.returncode == 0
    assert shown.stdout == f"mlx-serve, version {__version__}\n"


@pytest.mark.parametrize("command", ["up", "frontend", "worker"])
def test_every_command_is_listed_and_has_its_own_help(command: str) -> None:
    listed, own = run("-m", "mlx_llm_server", "--help"), run("-m", "mlx_llm_server", command, "--help")

    assert f"  {command} " in listed.stdout
    assert own.returncode == 0
    assert f"mlx-serve {command} [OPTIONS]" in own.stdout


def test_a_command_that_there_is_not_is_refused() -> None:
    shown = run("-m", "mlx_llm_server", "fly")

    assert shown.returncode == 2
    assert "No such command 'fly'" in shown.stderr
