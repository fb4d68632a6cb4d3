"""The life of a worker process: greet, load, generate, leave.

Exit codes: 0 told to stop, 70 (EX_SOFTWARE) the engine failed, 75 (EX_TEMPFAIL) a download failed,
78 (EX_CONFIG) starting again would not help.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..protocol.endpoints import user_dir
from ..protocol.messages import PROTOCOL_VERSION, Hello, Ready
from . import blas, cuda, heap
from .kept_structure import keep_structure
from .link import ANSWER_SECONDS, Here, Leave, Link, Loaded
from .memory import available_memory
from .orders import Call, Clear, Orders, Start, Stop
from .scheduler import Insert, Key, Remove, Stepped

if TYPE_CHECKING:  # importing them imports mlx; see _live
    from .canary import Canary
    from .engine import Engine
    from .loading import LoadedModel
    from .prefix_cache import DiskTier

log = logging.getLogger(__name__)

# So often it is told how far prompts are.
_PROGRESS_SECONDS = 0.5


@dataclass(frozen=True)
class Options:
    """What the command line says.

    Attributes:
        model: A local folder or a Hugging Face id.
        adapter_file: An adapter's folder or weights file.
        endpoints: The frontends to serve.
        name: How the worker is called in logs and status.
        max_batch: Generations that decode together; None is what suits the device.
        widen: On a CPU, widen the weights to float32 if they fit.
        canary_seconds: How long an idle engine waits before it is checked again; 0 is never.
        step_seconds: How long the engine may stand still before the process ends, once a frontend has given it
            up; None is the default.
        prefix_cache_ram: Bytes of caches that are kept for prompts to come; None takes a share of what is free.
        prefix_cache_disk: Bytes of them that outlive the process; 0 is none.
        prefix_cache_dir: Where these are; None is in the user's own directory.
        kv_memory: Bytes that the caches of what runs may take; 0 is without a bound, None takes a share of what is
            free.
        prefill_chunk: Prompt tokens that a step processes; None lets them follow the measured speed.
        max_prefill_batch: Prompts that are prefilled together; None is as many as decode together.
        memory_limit: A worker that holds more bytes than this is replaced; None if none is.
        lifeline: End when standard input ends: the parent holds its other end.
    """

    model: str
    adapter_file: str | None
    endpoints: tuple[str, ...]
    name: str
    max_batch: int | None
    widen: bool = True
    canary_seconds: float = 0.0
    step_seconds: float | None = None
    prefix_cache_ram: int | None = None
    prefix_cache_disk: int = 0
    prefix_cache_dir: str | None = None
    kv_memory: int | None = None
    prefill_chunk: int | None = None
    max_prefill_batch: int | None = None
    memory_limit: int | None = None
    lifeline: bool = False


# How long an idle engine waits for orders before it brings more on its way to the disk.
_TEND_SECONDS = 0.002
# Of what is on its way to the disk, in bytes, if a quarter of what is kept in memory is less.
_LEAST_BACKLOG = 64 << 20


def run(options: Options) -> NoReturn:
    """Run a worker on the calling (main) thread, and end the process with its exit code."""
    # A segmentation fault or an abort says where it was: the frontend keeps what we print last.
    faulthandler.enable()
    # And so does a hang: a frontend that gives us up asks where before it kills.
    faulthandler.register(signal.SIGUSR1)
    orders = Orders()
    # A path need not be UTF-8, a message is.
    model = os.fsencode(options.model).decode(errors="replace")
    hello = Hello(PROTOCOL_VERSION, options.name, os.getpid(), model)
    lifeline = sys.stdin.fileno() if options.lifeline else None
    link = Link(hello, options.endpoints, orders, lifeline, options.step_seconds or ANSWER_SECONDS)
    _on_signal(_Leaver(link))
    link.start()
    log.info("worker %s waits for a frontend at %s", options.name, ", ".join(options.endpoints))
    try:
        code, reason = _live(options, orders, link)
    except Exception as error:
        # After an error in an evaluation the MLX context is suspect: only a new process is safe.
        log.exception("the engine failed")
        code, reason = os.EX_SOFTWARE, f"the engine failed: {error!r}"
    log.log(logging.INFO if code == 0 else logging.ERROR, "worker %s ends: %s", options.name, reason)
    link.end(reason)
    # Without taking the process apart: an evaluation may be under way, and OpenBLAS, told to end its threads
    # beneath one, waited for ever in every third try.
    os._exit(code)


def _live(options: Options, orders: Orders, link: Link) -> tuple[int, str]:
    if isinstance(first := orders.take(), Stop):
        return first.code, "refused by every frontend"
    orders.rest()  # loading has a limit of its own
    link.report_loading("Importing MLX", 0, 0)
    blas.prefer_openblas()
    cuda.prefer_settings()
    heap.keep_freed_memory(min(available_memory(), options.memory_limit or sys.maxsize))
    keep_structure(user_dir() / "cache")
    gc.disable()  # what is imported stays: the collector would look at all of it for nothing, now and later
    # Imported here: they import mlx, whose BLAS is decided by then, and greeting should not wait for them.
    from .canary import Canary  # noqa: PLC0415
    from .engine import Engine, default_max_batch  # noqa: PLC0415
    from .kv_memory import kv_memory  # noqa: PLC0415
    from .loading import LoadError, load  # noqa: PLC0415
    from .progress import LoadProgress  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    try:
        with LoadProgress(link.report_loading) as progress:
            loaded = load(options.model, options.adapter_file, progress, widen=options.widen)
    except LoadError as error:
        return os.EX_CONFIG, str(error)
    except OSError as error:
        return os.EX_TEMPFAIL, str(error)
    blas.share_cores(loaded.nbytes)
    backend = _describe_backend(loaded.weights)
    prefix_cache, disk = _prefix_cache(options, loaded, backend)
    ends = loaded.tokenizer.eos_token_ids
    max_batch = options.max_batch or default_max_batch()
    engine = Engine(
        loaded.model,
        ends,
        max_batch,
        {*loaded.tokenizer.encode("\n"), *ends},
        max_prefill_batch=options.max_prefill_batch,
        prefill_chunk=options.prefill_chunk,
        prefix_cache=prefix_cache,
        disk=disk,
    )
    link.report_loading("Warming up", 0, 0)
    engine.warm_up()
    canary = Canary(loaded.model, loaded.tokenizer)
    canary.check()
    log.info("serving %s on %s", loaded.info.id, backend)
    memory = kv_memory(loaded.model, options.kv_memory, prefix_cache, options.memory_limit, engine.slack)
    if memory is not None:
        log.info(
            "memory for running requests: %.2f GB, %d tokens for one", memory.budget / 1e9, memory.most_tokens()
        )
    ready = Ready(loaded.info, max_batch, backend, memory)
    gc.freeze()
    link.post(Loaded(ready, loaded.tokenizer, engine.vocabulary, engine.fetch_prefix))
    code = _Loop(engine, canary, orders, link, options.canary_seconds).run()
    engine.close()
    return code, "told to stop"


class _Loop:
    """Orders and steps, one after the other; when there is nothing to do for a while, a look at the canary."""

    def __init__(self, engine: Engine, canary: Canary, orders: Orders, link: Link, canary_seconds: float) -> None:
        self._engine = engine
        self._canary = canary
        self._orders = orders
        self._link = link
        self._canary_seconds = canary_seconds or None
        self._told_at = 0.0

    def run(self) -> int:
        """Generate until told to stop, and return the exit code."""
        while True:
            if (stop := self._take_orders()) is not None:
                return stop.code
            self._orders.begin()
            tokens = self._engine.step()
            self._link.post(Stepped(self._engine.steps, tokens, self._engine.take_scored(), self._prefilled()))
            self._engine.tend_prefix_cache()

    def _prefilled(self) -> list[tuple[Key, int]]:
        """Return how far prompts are, if that was not told just now."""
        now = time.monotonic()
        if now - self._told_at < _PROGRESS_SECONDS:
            return []
        self._told_at = now
        return self._engine.prefilled

    def _take_orders(self) -> Stop | None:
        """Apply the orders that wait; with nothing to compute, wait for one."""
        while not self._engine.busy or self._orders:
            left = not self._engine.busy and not self._orders and self._engine.tend_prefix_cache(idle=True)
            match self._orders.take(_TEND_SECONDS if left else self._canary_seconds):
                case Insert() as order:
                    self._engine.insert(order)
                case Remove(keys):
                    self._engine.remove(keys)
                case Clear():
                    self._engine.clear_prefix_cache()
                case Call(frontend):
                    self._link.post(Here(frontend))
                case Stop() as stop:
                    return stop
                case Start():
                    pass
                case None if not left:
                    self._canary.check()
        return None


def _prefix_cache(options: Options, loaded: LoadedModel, backend: str) -> tuple[int, DiskTier | None]:
    """Return how many bytes are kept in memory, and what outlives the process."""
    from .prefix_cache import default_budget, open_disk  # noqa: PLC0415 - see _live
    from .prefix_cache.disk import fingerprint  # noqa: PLC0415

    ram = default_budget() if options.prefix_cache_ram is None else options.prefix_cache_ram
    log.info("prefix cache: %s", f"{ram / 1e9:.2f} GB" if ram else "off")
    if not options.prefix_cache_disk:
        return ram, None
    if not ram:
        log.warning("no prefix cache on disk: it needs some memory (--prefix-cache-ram)")
        return ram, None
    root = user_dir() / "prefixes"
    if options.prefix_cache_dir is not None:
        root = Path(options.prefix_cache_dir).expanduser().absolute()
    model = fingerprint(loaded.model, loaded.config, backend)
    return ram, open_disk(root, model, options.prefix_cache_disk, max(_LEAST_BACKLOG, ram // 4))


def _describe_backend(weights: str) -> str:
    import mlx.core as mx  # noqa: PLC0415 - see _live

    device = mx.default_device()
    name = mx.device_info().get("device_name", "")
    kind = "cpu" if device.type == mx.cpu else "gpu"
    return f"{kind} ({name}; {blas.describe()}; {weights})" if kind == "cpu" else f"{kind} ({name})"


class _Leaver:
    """Lets the link end the process once what runs is finished; at the second signal, ends it at once.

    An exception would be shorter, but what an import or a finalizer is doing swallows it.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._told = False

    def __call__(self, number: int, _frame: object) -> None:
        if self._told:
            os._exit(128 + number)
        self._told = True
        self._link.post(Leave())


def _on_signal(handler: Callable[[int, object], None]) -> None:
    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
