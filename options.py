"""Command-line options that commands of both layers have."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import click

from .demo import DEMO_MODEL

log = logging.getLogger(__name__)

MODEL_OPTIONS = [
    click.option(
        "--model",
        envvar="MLX_SERVE_MODEL",
        metavar="PATH",
        help="A model's folder or a Hugging Face id; Hugging Face or quantized MLX format.  "
        "[default: the small demo model that comes with the package]",
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
    click.option(
        "--no-widen",
        is_flag=True,
        envvar="MLX_SERVE_NO_WIDEN",
        help="On a CPU, keep the weights as they are stored instead of in float32: less memory, and much slower.",
    ),
]


def with_options(options: list[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds options in the order of the list."""
    return lambda command: functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


def model_or_demo(model: str | None) -> str:
    """Return the model that was asked for, or else the demo model's folder, and say so."""
    if model is not None:
        return model
    log.info(
        "No --model given: serving the bundled demo model %s. "
        "It adds, counts, repeats, remembers and calls tools; for real work give --model.",
        DEMO_MODEL.name,
    )
    return str(DEMO_MODEL)
