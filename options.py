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
    click.option(
        "--canary-interval",
        type=click.FloatRange(0, 86_400),
        default=120,
        show_default=True,
        envvar="MLX_SERVE_CANARY_INTERVAL",
        metavar="SECONDS",
        help="How long a worker without work waits before it answers a fixed prompt again, as it does at its "
        "start; one whose answer has changed ends, and is replaced. 0 is never.",
    ),
]


def with_options(options: list[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds options in the order of the list."""
    return lambda command: functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


def names_of(options: list[Callable[..., Any]]) -> list[str]:
    """Return what the options of a list are called as parameters of a command."""
    command = click.command()(with_options(options)(lambda: None))
    return [str(parameter.name) for parameter in command.params]


def as_arguments(values: dict[str, Any]) -> list[str]:
    """Return parameters of a command as another one's command line has them; what is None or off is left out."""
    arguments: list[str] = []
    for name, value in values.items():
        if value is not None and value is not False:
            option = "--" + name.replace("_", "-")
            arguments += [option] if value is True else [option, str(value)]
    return arguments


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
