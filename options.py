"""Command-line options that commands of both layers have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

MODEL_OPTIONS = [
    click.option(
        "--model",
        required=True,
        envvar="MLX_SERVE_MODEL",
        metavar="PATH",
        help="A model's folder or a Hugging Face id; Hugging Face or quantized MLX format.",
    ),
    click.option(
        "--adapter-file",
        envvar="MLX_SERVE_ADAPTER_FILE",
        metavar="PATH",
        help="A LoRA adapter: its folder, or its weights file with adapter_config.json beside it.",
    ),
    click.option(
        "--max-batch",
        type=click.IntRange(1, 1024),
        default=32,
        show_default=True,
        envvar="MLX_SERVE_MAX_BATCH",
        help="Generations that a worker decodes together; more wait in the frontend's queue.",
    ),
]


def with_options(options: list[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds options in the order of the list."""
    return lambda command: functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)
