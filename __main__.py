"""The command group `mlx-serve`, and the command `mlx-llm-server`.

Each command is loaded when it is called: `--help` needs none of them, and frontend and worker never load each
other.
"""

from __future__ import annotations

import importlib

import click

from . import __version__

# name: (module of this package, function, one line for --help)
COMMANDS = {
    "up": ("frontend.cli", "up", "Serve a model: a frontend plus N supervised local workers."),
    "frontend": ("frontend.cli", "frontend", "Run the HTTP frontend alone; workers connect to it."),
    "worker": ("worker.cli", "worker", "Run one worker, which connects to a frontend."),
    "status": ("commands.status", "status", "Show a running server: its workers and their load."),
    "chat": ("commands.chat", "chat", "Talk to a running server."),
    "bench": ("commands.bench", "bench", "Measure a running server under load."),
    "doctor": ("commands.doctor", "doctor", "Look for what is wrong here, and say what to do."),
    "pull": ("commands.pull", "pull", "Download a model from the Hugging Face hub."),
    "models": ("commands.models", "models", "List the models on this machine, and which fit into its memory."),
    "config": ("commands.config", "config", "Check the configuration file, or show what is set and where."),
    "service": ("commands.service", "service", "Run the server as a service of launchd or systemd."),
    "completion": ("commands.completion", "completion", "Print the completion script of a shell."),
}


class _LateGroup(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, function, _ = COMMANDS[cmd_name]
        return getattr(importlib.import_module(f".{module}", __package__), function)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=_LateGroup)
@click.version_option(__version__, prog_name="mlx-serve")
def main() -> None:
    """Serve language models on Apple's MLX with an OpenAI-compatible API.

    A frontend speaks HTTP; workers own the GPU. When a worker dies, the frontend keeps serving.
    """
    from .logs import log_to_stderr  # noqa: PLC0415 - `--help` is instant

    log_to_stderr()


def single() -> None:
    """Run `mlx-llm-server`: `mlx-serve up` with one worker."""
    from .frontend.cli import llm_server  # noqa: PLC0415
    from .logs import log_to_stderr  # noqa: PLC0415

    log_to_stderr()
    llm_server()


if __name__ == "__main__":
    main(prog_name="mlx-serve")
