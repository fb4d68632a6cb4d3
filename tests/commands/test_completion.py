"""What a shell is told of our words."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from mlx_llm_server.__main__ import COMMANDS, main

SHELLS = ("bash", "zsh", "fish")


def completed(*words: str, incomplete: str) -> set[str]:
    completion = ShellComplete(main, {}, "mlx-serve", "_MLX_SERVE_COMPLETE")
    return {item.value for item in completion.get_completions([*words], incomplete)}


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_it_can_read(shell: str) -> None:
    told = CliRunner().invoke(main, ["completion", shell], prog_name="mlx-serve")

    assert told.exit_code == 0
    assert f"_MLX_SERVE_COMPLETE={shell}_complete" in told.output
    if program := shutil.which(shell):
        checked = subprocess.run([program, "-n"], input=told.output, text=True, capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_commands_options_and_choices_are_completed() -> None:
    assert completed(incomplete="") == set(COMMANDS)
    assert completed("up", incomplete="--unk") == {"--unknown-fields"}
    assert completed("up", "--unknown-fields", incomplete="w") == {"warn"}
    assert completed("service", incomplete="") == {"install", "remove", "status"}
    assert completed("completion", incomplete="") == set(SHELLS)
