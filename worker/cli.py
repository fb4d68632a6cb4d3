"""The command `mlx-serve worker`."""

from __future__ import annotations

import os

import click

from ..configuration import ConfiguredCommand
from ..logs import LOG_OPTIONS, log_to_stderr
from ..options import MODEL_OPTIONS, Size, model_or_demo, port_option, with_options
from ..protocol.endpoints import EndpointError, check_endpoint, default_endpoint


@click.command(cls=ConfiguredCommand, table="worker")
@with_options(MODEL_OPTIONS)
@click.option(
    "--connect",
    "endpoints",
    multiple=True,
    envvar="MLX_SERVE_CONNECT",
    metavar="ENDPOINT",
    help="A frontend's endpoint (ipc://...). May be given several times.  "
    "[default: that of the frontend on --port]",
)
@port_option("The port of this machine's frontend, whose endpoint is named after it.")
@click.option(
    "--name",
    envvar="MLX_SERVE_NAME",
    metavar="NAME",
    help="What the worker is called in logs and status.  [default: worker-PID]",
)
@click.option(
    "--step-timeout",
    type=click.FloatRange(1, 86_400),
    envvar="MLX_SERVE_STEP_TIMEOUT",
    metavar="SECONDS",
    help="How long the engine may stand still, once a frontend has given it up for that, before the process "
    "ends.  [default: 120]",
)
@click.option("--memory-limit", type=Size(), hidden=True, help="What is more than this gets the worker replaced.")
@with_options(LOG_OPTIONS)
@click.option("--lifeline", is_flag=True, hidden=True, help="End when standard input ends.")
def worker(
    model: str | None,
    adapter_file: str | None,
    endpoints: tuple[str, ...],
    port: int,
    name: str | None,
    max_batch: int | None,
    max_prefill_batch: int | None,
    prefill_chunk: int | None,
    prefix_cache_ram: int | None,
    prefix_cache_disk: int,
    prefix_cache_dir: str | None,
    kv_memory: int | None,
    no_widen: bool,
    canary_interval: float,
    step_timeout: float | None,
    memory_limit: int | None,
    log_format: str,
    lifeline: bool,
) -> None:
    """Run one worker: a process that loads a model and generates for one or more frontends.

    A worker may start before its frontend, and keeps its model when a frontend is restarted.
    """
    name = name or f"worker-{os.getpid()}"
    log_to_stderr(log_format, name)
    try:
        chosen = tuple(map(check_endpoint, endpoints)) or (default_endpoint(port),)
    except EndpointError as error:
        raise click.ClickException(str(error)) from error

    from .main import Options, run  # noqa: PLC0415 - `--help` is instant without zmq

    options = Options(
        model=model_or_demo(model),
        adapter_file=adapter_file,
        endpoints=chosen,
        name=name,
        max_batch=max_batch,
        max_prefill_batch=max_prefill_batch,
        prefill_chunk=prefill_chunk,
        prefix_cache_ram=prefix_cache_ram,
        prefix_cache_disk=prefix_cache_disk,
        prefix_cache_dir=prefix_cache_dir,
        kv_memory=kv_memory,
        widen=not no_widen,
        canary_seconds=canary_interval,
        step_seconds=step_timeout,
        memory_limit=memory_limit,
        lifeline=lifeline,
    )
    run(options)
