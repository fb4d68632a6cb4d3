"""The life of a worker process: greet, load, generate, leave.

Exit codes: 0 told to stop, 70 (EX_SOFTWARE) the engine failed, 75 (EX_TEMPFAIL) a download failed,
78 (EX_CONFIG) starting again would not help.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..protocol.messages import PROTOCOL_VERSION, Hello, Ready
from . import blas
from .link import ANSWER_SECONDS, Here, Leave, Link, Loaded
from .orders import Call, Clear, Orders, Start, Stop
from .scheduler import Insert, Key, Remove, Stepped

if TYPE_CHECKING:  # importing them imports mlx; see _live
    from .canary import Canary
    from .engine import Engine

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
        max_batch: Generations that decode together.
        widen: On a CPU, widen the weights to float32 if they fit.
        canary_seconds: How long an idle engine waits before it is checked again; 0 is never.
        step_seconds: How long the engine may stand still before the process ends, once a frontend has given it
            up; None is the default.
        prefix_cache: Bytes of caches that are kept for prompts to come; None takes a share of what is free.
        prefill_chunk: Prompt tokens that a step processes; None lets them follow the measured speed.
        max_prefill_batch: Prompts that are prefilled together; None is as many as decode together.
        lifeline: End when standard input ends: the parent holds its other end.
    """

    model: str
    adapter_file: str | None
    endpoints: tuple[str, ...]
    name: str
    max_batch: int
    widen: bool = True
    canary_seconds: float = 0.0
    step_seconds: float | None = None
    prefix_cache: int | None = None
    prefill_chunk: int | None = None
    max_prefill_batch: int | None = None
    lifeline: bool = False


class _ToldToStop(BaseException):
    """A signal came before there was anything to finish."""


def run(options: Options) -> int:
    """Run a worker on the calling (main) thread and return its exit code."""
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
    _on_signal(_stop_now)
    link.start()
    log.info("worker %s waits for a frontend at %s", options.name, ", ".join(options.endpoints))
    try:
        code, reason = _live(options, orders, link)
    except _ToldToStop:
        code, reason = 0, "told to stop before it was ready"
    except Exception as error:
        # After an error in an evaluation the MLX context is suspect: only a new process is safe.
        log.exception("the engine failed")
        code, reason = os.EX_SOFTWARE, f"the engine failed: {error!r}"
    log.log(logging.INFO if code == 0 else logging.ERROR, "worker %s ends: %s", options.name, reason)
    link.end(reason)
    return code


def _live(options: Options, orders: Orders, link: Link) -> tuple[int, str]:
    if isinstance(first := orders.take(), Stop):
        return first.code, "refused by every frontend"
    orders.rest()  # loading has a limit of its own
    blas.prefer_openblas()
    # Imported here: they import mlx, whose BLAS is decided by then, and greeting should not wait for them.
    from .canary import Canary  # noqa: PLC0415
    from .engine import Engine  # noqa: PLC0415
    from .loading import LoadError, load  # noqa: PLC0415
    from .prefix_cache import default_budget  # noqa: PLC0415
    from .progress import LoadProgress  # noqa: PLC0415

    try:
        with LoadProgress(link.report_loading) as progress:
            loaded = load(options.model, options.adapter_file, progress, widen=options.widen)
    except LoadError as error:
        return os.EX_CONFIG, str(error)
    except OSError as error:
        return os.EX_TEMPFAIL, str(error)
    prefix_cache = default_budget() if options.prefix_cache is None else options.prefix_cache
    log.info("prefix cache: %s", f"{prefix_cache / 1e9:.2f} GB" if prefix_cache else "off")
    ends = loaded.tokenizer.eos_token_ids
    engine = Engine(
        loaded.model,
        ends,
        options.max_batch,
        {*loaded.tokenizer.encode("\n"), *ends},
        max_prefill_batch=options.max_prefill_batch,
        prefill_chunk=options.prefill_chunk,
        prefix_cache=prefix_cache,
    )
    engine.warm_up()
    canary = Canary(loaded.model, loaded.tokenizer)
    canary.check()
    backend = _describe_backend(loaded.weights)
    log.info("serving %s on %s", loaded.info.id, backend)
    _on_signal(_Leaver(link))
    link.post(Loaded(Ready(loaded.info, options.max_batch, backend), loaded.tokenizer, engine.vocabulary))
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
            match self._orders.take(self._canary_seconds):
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
                case None:
                    self._canary.check()
        return None


def _describe_backend(weights: str) -> str:
    import mlx.core as mx  # noqa: PLC0415 - see _live

    device = mx.default_device()
    name = mx.device_info().get("device_name", "")
    kind = "cpu" if device.type == mx.cpu else "gpu"
    return f"{kind} ({name}; {blas.describe()}; {weights})" if kind == "cpu" else f"{kind} ({name})"


def _stop_now(_number: int, _frame: object) -> None:
    raise _ToldToStop


class _Leaver:
    """Lets the running generations finish; at the second signal, ends at once."""

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
