"""Command-line options that commands of both layers have."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable
from typing import Any

import click

from .demo import DEMO_MODEL

log = logging.getLogger(__name__)

_UNITS = {
    "": 1,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "KI": 2**10,
    "MI": 2**20,
    "GI": 2**30,
    "TI": 2**40,
}


class Size(click.ParamType):
    """A number of bytes, such as `8GB`, `512 MiB` or `1000000`; `off` is 0."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        text = str(value).strip()
        if text.lower() == "off":
            return 0
        match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?I?)B?", text, re.IGNORECASE | re.ASCII)
        if match is None or (unit := match[2].upper()) not in _UNITS:
            self.fail(f"{text!r} is neither a size, such as 8GB or 512MiB, nor 'off'.", param, ctx)
        return int(float(match[1]) * _UNITS[unit])


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
        "--max-prefill-batch",
        type=click.IntRange(1, 1024),
        envvar="MLX_SERVE_MAX_PREFILL_BATCH",
        help="Prompts that a worker processes together.  [default: as many as --max-batch]",
    ),
    click.option(
        "--prefill-chunk",
        type=click.IntRange(1, 1_000_000),
        envvar="MLX_SERVE_PREFILL_CHUNK",
        metavar="TOKENS",
        help="Prompt tokens that a worker processes between two tokens of running answers.  "
        "[default: by the measured speed, so that answers keep moving]",
    ),
    click.option(
        "--prefix-cache",
        type=Size(),
        envvar="MLX_SERVE_PREFIX_CACHE",
        metavar="SIZE|off",
        help="Memory of a worker for what it computed of prompts and answers, so that requests which begin alike "
        "need not wait for it again; such as 8GB.  [default: a quarter of what is free beside the model]",
    ),
    click.option(
        "--no-widen",
        is_flag=True,
        envvar="MLX_SERVE_NO_WIDEN",
        help="On a CPU, keep the weights as they are stored instead of in float32: less memory, and much slower.",
    ),
]


def model_arguments(
    model: str | None,
    adapter_file: str | None,
    max_batch: int,
    max_prefill_batch: int | None,
    prefill_chunk: int | None,
    prefix_cache: int | None,
    no_widen: bool,
) -> tuple[str, ...]:
    """Return the command line that says what `MODEL_OPTIONS` were given."""
    arguments = ["--model", model_or_demo(model), "--max-batch", str(max_batch)]
    optional = {
        "--adapter-file": adapter_file,
        "--max-prefill-batch": max_prefill_batch,
        "--prefill-chunk": prefill_chunk,
        "--prefix-cache": prefix_cache,
    }
    for option, value in optional.items():
        if value is not None:
            arguments += [option, str(value)]
    return (*arguments, "--no-widen") if no_widen else tuple(arguments)


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
