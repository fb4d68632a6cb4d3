"""Command-line options that commands of both layers have."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import click

from .demo import DEMO_MODEL
from .protocol.endpoints import DEFAULT_PORT
from .sizes import parse_size

log = logging.getLogger(__name__)


class Size(click.ParamType):
    """A number of bytes, as `sizes.parse_size` reads it."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        try:
            return value if isinstance(value, int) else parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _no_quantized_cache(_: click.Context, __: click.Parameter, value: int | None) -> None:
    if value is not None:
        raise click.BadParameter(
            "mlx-lm can't batch quantized key-value caches (its QuantizedKVCache has no merge), and all requests "
            "run in one batch here. Quantized weights, --kv-memory and --prefix-cache-ram save memory."
        )


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
        envvar="MLX_SERVE_MAX_BATCH",
        help="Generations that a worker decodes together; more wait in a queue.  [default: 32; on CUDA 128]",
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
        "--prefix-cache-ram",
        type=Size(),
        envvar="MLX_SERVE_PREFIX_CACHE_RAM",
        metavar="SIZE|off",
        help="Memory of a worker for what it computed of prompts and answers, so that requests which begin alike "
        "need not wait for it again; such as 8GB.  [default: a quarter of what is free beside the model]",
    ),
    click.option(
        "--prefix-cache-disk",
        type=Size(),
        default="0",
        envvar="MLX_SERVE_PREFIX_CACHE_DISK",
        metavar="SIZE|off",
        help="Disk for the same, which is found again after a restart; such as 20GB, for each model. Prompts and "
        "answers lie there as token ids and numbers, private to you.  [default: off]",
    ),
    click.option(
        "--prefix-cache-dir",
        envvar="MLX_SERVE_PREFIX_CACHE_DIR",
        metavar="FOLDER",
        help="Where that is. Made private to you.  [default: ~/.mlx-serve/prefixes]",
    ),
    click.option(
        "--kv-memory",
        type=Size(),
        envvar="MLX_SERVE_KV_MEMORY",
        metavar="SIZE|off",
        help="Memory of a worker for the requests that it runs, each by its prompt and max_tokens; others wait "
        "until theirs is free. Such as 16GB; off sets no bound.  [default: most of what is free beside the model "
        "and the prefix cache]",
    ),
    click.option(
        "--kv-bits",
        type=int,
        metavar="BITS",
        expose_value=False,
        callback=_no_quantized_cache,
        help="Refused: mlx-lm can't batch quantized key-value caches.",
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


def host_option(meaning: str) -> Callable[..., Any]:
    """Return the option `--host`, which every command reads from the same places."""
    return click.option(
        "--host", default="127.0.0.1", show_default=True, envvar=["MLX_SERVE_HOST", "HOST"], help=meaning
    )


def port_option(meaning: str) -> Callable[..., Any]:
    """Return the option `--port`, likewise."""
    return click.option(
        "--port",
        type=click.IntRange(1, 65535),
        default=DEFAULT_PORT,
        show_default=True,
        envvar=["MLX_SERVE_PORT", "PORT"],
        help=meaning,
    )


def with_options(options: list[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds options in the order of the list."""
    return lambda command: functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


def names_of(options: list[Callable[..., Any]]) -> list[str]:
    """Return what the options of a list are called as parameters of a command."""
    command = click.command()(with_options(options)(lambda: None))
    return [str(parameter.name) for parameter in command.params if parameter.expose_value]


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
