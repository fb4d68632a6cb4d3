"""`python -m mlx_llm_server.scripts.models`: write a model directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import PRESETS, TEMPLATES, random, successor
from .checkpoint import DTYPES

_OUT = click.argument("out", type=click.Path(path_type=Path, file_okay=False))
_TOKENS = click.option("--context-length", type=click.IntRange(min=1), default=4096, help="In tokens.")
_DTYPE = click.option("--dtype", type=click.Choice(list(DTYPES)), default=None)


@click.group(context_settings={"show_default": True})
def main() -> None:
    """Write a model that stock mlx-lm loads."""


@main.command("successor")
@_OUT
@click.option("--last", type=click.IntRange(min=1), default=400, help="The number that ends an answer.")
@click.option("--chat-template", type=click.Choice(list(TEMPLATES)), default="count")
@click.option("--work", type=click.FloatRange(min=0), default=0.0, help="Extra work a token, in M multiply-adds.")
@click.option("--layers", type=click.IntRange(min=1), default=2)
@_TOKENS
@_DTYPE
def count(out: Path, dtype: str | None, **options: Any) -> None:
    """A model that counts: after " 40" it says " 41", " 42" and so on."""
    print(successor(out, dtype=dtype or "float32", **options))


@main.command("random")
@_OUT
@click.option("--preset", type=click.Choice(list(PRESETS)), default="tiny", help="The shape to start from.")
@click.option("--seed", type=int, default=0)
@click.option("--hidden", type=click.IntRange(min=64), help="Instead of the preset's, as all below.")
@click.option("--layers", type=click.IntRange(min=1))
@click.option("--heads", type=click.IntRange(min=1))
@click.option("--kv-heads", type=click.IntRange(min=1))
@click.option("--vocab", type=click.IntRange(min=1024))
@click.option("--chat-template", type=click.Choice(list(TEMPLATES)), default="chatml")
@click.option("--endless", is_flag=True, help="It never ends its turn.")
@_TOKENS
@_DTYPE
def nonsense(out: Path, **options: Any) -> None:
    """A model of seeded random weights that says nonsense."""
    print(random(out, **options))


if __name__ == "__main__":
    main()
