"""The commands `mlx-serve up`, `mlx-serve frontend` and `mlx-llm-server`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..configuration import ConfiguredCommand
from ..logs import LOG_OPTIONS, log_to_stderr
from ..options import (
    MODEL_OPTIONS,
    Size,
    as_arguments,
    host_option,
    model_or_demo,
    names_of,
    port_option,
    with_options,
)
from ..protocol.endpoints import EndpointError, check_endpoint, default_endpoint, user_dir
from .access import AccessPolicy
from .dispatcher import Limits
from .memory import CAN_TELL
from .settings import RequestRules, Settings, SettingsError, WorkerSettings, check_exposure, read_keys

_HTTP_OPTIONS = [
    host_option("The address to listen on. One that other machines can reach needs an API key."),
    port_option("The port to listen on."),
    click.option(
        "--api-key",
        envvar="MLX_SERVE_API_KEY",
        metavar="KEY",
        help="Ask every client for this key. Prefer the variable or the file: others can read a command line.",
    ),
    click.option(
        "--api-key-file",
        envvar="MLX_SERVE_API_KEY_FILE",
        metavar="FILE",
        help="A file of keys, one a line; any of them is accepted. 'NAME: KEY' gives one a name for the log.",
    ),
    click.option(
        "--allow-no-key",
        is_flag=True,
        envvar="MLX_SERVE_ALLOW_NO_KEY",
        help="Serve other machines without asking for a key.",
    ),
    click.option(
        "--allowed-host",
        "allowed_hosts",
        multiple=True,
        envvar="MLX_SERVE_ALLOWED_HOST",
        metavar="NAME",
        help="A further name of this server that requests may use as Host. May be given several times.",
    ),
    click.option(
        "--allowed-origin",
        "allowed_origins",
        multiple=True,
        envvar="MLX_SERVE_ALLOWED_ORIGIN",
        metavar="ORIGIN",
        help="An origin whose pages may call the server, such as https://chat.example; * allows all. "
        "May be given several times.  [default: pages from this machine]",
    ),
    click.option(
        "--share-prefix-cache",
        is_flag=True,
        envvar="MLX_SERVE_SHARE_PREFIX_CACHE",
        help="Let requests of different API keys use what each other left in the prefix cache. Who holds a key "
        "can then find out, by the time of an answer, how prompts of others begin.",
    ),
    click.option(
        "--max-body",
        type=click.IntRange(1, 128),
        default=8,
        show_default=True,
        envvar="MLX_SERVE_MAX_BODY",
        metavar="MIB",
        help="The largest request body, in MiB.",
    ),
    click.option(
        "--max-tokens-limit",
        type=click.IntRange(1, 1_000_000),
        envvar="MLX_SERVE_MAX_TOKENS_LIMIT",
        metavar="N",
        help="Refuse requests for longer answers than this.  [default: the model's context length bounds them]",
    ),
    click.option(
        "--unknown-fields",
        type=click.Choice(["refuse", "warn"]),
        default="refuse",
        show_default=True,
        envvar="MLX_SERVE_UNKNOWN_FIELDS",
        help="What becomes of a request with a field that neither OpenAI nor this server knows: it is refused, or "
        "the field is ignored, and named in the answer's x-ignored-fields and in the log.",
    ),
    click.option(
        "--break-repetition",
        is_flag=True,
        envvar="MLX_SERVE_BREAK_REPETITION",
        help="End an answer that goes round in a circle: up to 64 tokens, 8 times, and 128 tokens in all. "
        "A request may say otherwise (break_repetition).",
    ),
    click.option(
        "--comment-interval",
        type=click.FloatRange(0, 3600),
        default=10,
        show_default=True,
        envvar="MLX_SERVE_COMMENT_INTERVAL",
        metavar="SECONDS",
        help="A stream that has nothing to say for so long carries a comment, so that nobody times out. "
        "0 is never.",
    ),
    click.option(
        "--max-queue",
        type=click.IntRange(0, 100_000),
        default=512,
        show_default=True,
        envvar="MLX_SERVE_MAX_QUEUE",
        help="Requests that may wait for a worker; more are answered with 429.",
    ),
    click.option(
        "--queue-timeout",
        type=click.FloatRange(0, 86_400),
        default=300,
        show_default=True,
        envvar="MLX_SERVE_QUEUE_TIMEOUT",
        metavar="SECONDS",
        help="How long a request may wait for a worker before it is answered with 503.",
    ),
    click.option(
        "--worker-timeout",
        type=click.FloatRange(1, 86_400),
        default=15,
        show_default=True,
        envvar="MLX_SERVE_WORKER_TIMEOUT",
        metavar="SECONDS",
        help="A worker that says nothing for so long is given up; it beats once a second, whatever it computes.",
    ),
    click.option(
        "--step-timeout",
        type=click.FloatRange(1, 86_400),
        envvar="MLX_SERVE_STEP_TIMEOUT",
        metavar="SECONDS",
        help="A worker whose engine is at one step for so long is given up.  "
        "[default: ten times its longest step so far, but not less than 30 s, and 300 s for the first]",
    ),
    click.option(
        "--load-timeout",
        type=click.FloatRange(1, 864_000),
        default=3600,
        show_default=True,
        envvar="MLX_SERVE_LOAD_TIMEOUT",
        metavar="SECONDS",
        help="A worker whose loading stands still for so long is given up.",
    ),
    click.option(
        "--stall-timeout",
        type=click.FloatRange(0.1, 86_400),
        default=60,
        show_default=True,
        envvar="MLX_SERVE_STALL_TIMEOUT",
        metavar="SECONDS",
        help="A client that takes less than 16 KiB of what waits for it in so long is given up.",
    ),
    click.option(
        "--grace",
        type=click.FloatRange(0, 86_400),
        default=30,
        show_default=True,
        envvar="MLX_SERVE_GRACE",
        metavar="SECONDS",
        help="How long running answers may go on after Ctrl-C or SIGTERM; a second one ends at once.",
    ),
    click.option(
        "--drain-timeout",
        type=click.FloatRange(0, 86_400),
        default=30,
        show_default=True,
        envvar="MLX_SERVE_DRAIN_TIMEOUT",
        metavar="SECONDS",
        help="How long a worker that is drained or replaced may finish answers; others go on with the rest.",
    ),
    click.option(
        "--public-metrics",
        is_flag=True,
        envvar="MLX_SERVE_PUBLIC_METRICS",
        help="Answer /metrics without an API key.",
    ),
    *LOG_OPTIONS,
    click.option(
        "--log-prompts",
        is_flag=True,
        envvar="MLX_SERVE_LOG_PROMPTS",
        help="Log what clients send, with every word of their prompts.",
    ),
    click.option(
        "--bind",
        "endpoint",
        envvar="MLX_SERVE_BIND",
        metavar="ENDPOINT",
        help="Where workers connect (ipc://...).  [default: a socket named after the port, in ~/.mlx-serve/run]",
    ),
    click.option(
        "--crash-dir",
        envvar="MLX_SERVE_CRASH_DIR",
        metavar="FOLDER",
        help="Where a file about each death of a worker is kept, without any text of a prompt. "
        "Made private to you.  [default: ~/.mlx-serve/crashes]",
    ),
    click.option(
        "--keep-crashes",
        type=click.IntRange(0, 1000),
        default=50,
        show_default=True,
        envvar="MLX_SERVE_KEEP_CRASHES",
        help="How many of these files are kept.",
    ),
]


_NURSERY_OPTIONS = [
    click.option(
        "--worker-memory-limit",
        type=Size(),
        default="0",
        envvar="MLX_SERVE_WORKER_MEMORY_LIMIT",
        metavar="SIZE",
        help="Replace a worker that holds more memory than this (8GiB, 500MB); its answers go on.  [default: off]",
    ),
    click.option(
        "--max-requests-per-worker",
        type=click.IntRange(min=0),
        default=0,
        envvar="MLX_SERVE_MAX_REQUESTS_PER_WORKER",
        metavar="N",
        help="Replace a worker that has ended so many requests.  [default: off]",
    ),
]


@click.command(cls=ConfiguredCommand, table="frontend")
@with_options(_HTTP_OPTIONS)
def frontend(**http: Any) -> None:
    """Run the HTTP frontend alone.

    It starts no worker: run `mlx-serve worker --model PATH` as often as you like, before or after.
    """
    _begin_log(http)
    _serve(http, workers=None)


@click.command(cls=ConfiguredCommand, table="up")
@with_options(MODEL_OPTIONS)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    envvar="MLX_SERVE_WORKERS",
    help="How many workers to start and keep running; each loads the model.",
)
@with_options(_NURSERY_OPTIONS)
@with_options(_HTTP_OPTIONS)
def up(workers: int, **options: Any) -> None:
    """Serve a model: a frontend plus workers that are restarted when they die.

    Further workers, of this or another model, may join with `mlx-serve worker`.
    """
    _serve_with_workers(options, workers)


@click.command(cls=ConfiguredCommand, table="up")
@click.version_option(__version__, prog_name="mlx-llm-server")
@with_options(MODEL_OPTIONS)
@with_options(_NURSERY_OPTIONS)
@with_options(_HTTP_OPTIONS)
def llm_server(**options: Any) -> None:
    """Serve a model on Apple's MLX with an OpenAI-compatible API.

    This is `mlx-serve up` with one worker. HOST and PORT may come from the environment.
    """
    _serve_with_workers(options, 1)


def _begin_log(options: dict[str, Any]) -> None:
    log_to_stderr(options["log_format"], "frontend")


def _serve_with_workers(options: dict[str, Any], count: int) -> None:
    _begin_log(options)
    memory_limit = options["worker_memory_limit"]
    if memory_limit and not CAN_TELL:
        raise click.ClickException("--worker-memory-limit: this system does not tell what a process holds")
    for_workers = {name: options.pop(name) for name in names_of(MODEL_OPTIONS)}
    for_workers["model"] = model_or_demo(for_workers["model"])
    for_workers["memory_limit"] = memory_limit or None
    for_workers["log_format"] = options["log_format"]
    arguments = tuple(as_arguments(for_workers))
    _serve(options, WorkerSettings(count, arguments, memory_limit, options["max_requests_per_worker"]))


def _serve(http: dict[str, Any], workers: WorkerSettings | None) -> None:
    try:
        settings = _settings(http, workers)
    except (SettingsError, EndpointError) as error:
        raise click.ClickException(str(error)) from error

    from .server import run  # noqa: PLC0415 - `--help` is instant without tornado and zmq

    sys.exit(run(settings))


def _settings(http: dict[str, Any], workers: WorkerSettings | None) -> Settings:
    keys = read_keys(http["api_key"], http["api_key_file"])
    policy = AccessPolicy(http["host"], tuple(keys), http["allowed_hosts"], http["allowed_origins"], keys)
    check_exposure(policy, http["allow_no_key"])
    return Settings(
        host=http["host"],
        port=http["port"],
        endpoint=check_endpoint(http["endpoint"] or default_endpoint(http["port"])),
        policy=policy,
        max_body_bytes=http["max_body"] * 1024 * 1024,
        stall_seconds=http["stall_timeout"],
        grace_seconds=http["grace"],
        drain_seconds=http["drain_timeout"],
        limits=Limits(
            queue_length=http["max_queue"],
            queue_seconds=http["queue_timeout"],
            silence_seconds=http["worker_timeout"],
            step_seconds=http["step_timeout"],
            loading_seconds=http["load_timeout"],
        ),
        crash_dir=_crash_dir(http["crash_dir"]),
        keep_crashes=http["keep_crashes"],
        share_prefix_cache=http["share_prefix_cache"],
        workers=workers,
        rules=RequestRules(
            ignore_unknown=http["unknown_fields"] == "warn",
            max_tokens_limit=http["max_tokens_limit"],
            break_repetition=http["break_repetition"],
            silence_seconds=http["comment_interval"],
        ),
        log_prompts=http["log_prompts"],
        public_metrics=http["public_metrics"],
    )


def _crash_dir(chosen: str | None) -> Path:
    # A relative path would be another one after a change of the working directory.
    return user_dir() / "crashes" if chosen is None else Path(chosen).expanduser().absolute()
