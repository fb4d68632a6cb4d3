"""The command `mlx-serve completion`: what a shell must know to complete our words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_PROGRAM = "mlx-serve"
# Where each shell looks for it.
_INSTALL = {
    "bash": "mlx-serve completion bash > ~/.local/share/bash-completion/completions/mlx-serve",
    "zsh": "mlx-serve completion zsh > a folder of $fpath/_mlx-serve",
    "fish": "mlx-serve completion fish > ~/.config/fish/completions/mlx-serve.fish",
}


@click.command(epilog="\b\n" + "\n".join(_INSTALL.values()))
@click.argument("shell", type=click.Choice(list(_INSTALL)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a SHELL (bash 4.4 or newer, zsh, fish)."""
    chosen = get_completion_class(shell)
    assert chosen is not None  # noqa: S101 - one of the choices
    variable = f"_{_PROGRAM}_COMPLETE".replace("-", "_").upper()
    script = chosen(ctx.find_root().command, {}, _PROGRAM, variable)
    # Not `source`, which starts the bash of this machine to look at its version.
    click.echo(script.source_template % script.source_vars())
