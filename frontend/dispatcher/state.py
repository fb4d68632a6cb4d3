"""What the dispatcher knows: its limits, the workers, the generations, and which of these wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ...protocol.messages import Generate, Hello, Loading, Model, Ready
from .models import KnownModels
from .queue import Priority, Queue
from .routing import Prefixes, Trail
from .tally import Tally


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait, and how long (seconds)."""

    queue_length: int = 512
    queue_seconds: float = 300.0
    # With no worker ready, waiting is a guess: a client is better told to come back.
    unready_seconds: float = 30.0
    silence_seconds: float = 15.0
    # A worker that was given up is not listened to for so long: if its process is ours it is gone by then.
    fence_seconds: float = 5.0
    # So long may one step of an engine take; None follows what its steps took so far.
    step_seconds: float | None = None
    # So long may loading stand still. A download does not tell how far it is.
    loading_seconds: float = 3600.0
    # So long a request that killed a worker alone is refused when it comes again.
    conviction_seconds: float = 600.0
    # A model whose workers are all gone is known so long: they are being restarted, or were stopped.
    model_memory_seconds: float = 300.0

    def longest_step(self, worker: Worker) -> float:
        """Return the seconds that a worker's engine may be at one step before it is taken for wedged."""
        if self.step_seconds is not None:
            return self.step_seconds
        if worker.step == 0:
            return _FIRST_STEP_SECONDS
        return max(_SHORTEST_BOUND_SECONDS, _STEPS_TO_A_WEDGE * worker.slowest)


# The first step may compile kernels.
_FIRST_STEP_SECONDS = 300.0
_SHORTEST_BOUND_SECONDS = 30.0
# Steps grow with the batch and the context, but not tenfold from one to the next.
_STEPS_TO_A_WEDGE = 10

SUSPECT_DEATHS = 2
# So many tokens behind its last death, a generation has passed what could have killed its worker there: a fault
# that it brings along strikes again at the same place. Two or three tokens may be computed but not yet delivered.
_PROGRESS_TOKENS = 16


class WorkerState(Enum):
    """Where a worker is in its life."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"
    LEAVING = "leaving"


@dataclass(slots=True)
class Worker:
    """A worker, as the frontend knows it.

    Attributes:
        loading_at: When its loading last advanced.
        progress_at: When its engine last went on, or waited for work.
        still: How long its engine was at one step, when it last said so.
        slowest: The longest that this has been before the engine went on.
        kept_for: The suspect that it is kept for, which runs on it alone.
        prefixes: What it has probably computed before.
    """

    identity: bytes
    hello: Hello
    heard_at: float
    loading_at: float
    progress_at: float
    state: WorkerState = WorkerState.LOADING
    loading: Loading = field(default_factory=lambda: Loading("starting"))
    ready: Ready | None = None
    step: int = 0
    still: float = 0.0
    slowest: float = 0.0
    running: set[int] = field(default_factory=set)
    kept_for: int | None = None
    prefixes: Prefixes = field(default_factory=Prefixes)
    # How many generations ended on it, and how many tokens came from it.
    ended: int = 0
    tokens: int = 0
    resumed: int = 0

    def at_step(self, step: int, still_seconds: float, now: float) -> None:
        """Take which step the engine is at, and for how long."""
        if step != self.step or still_seconds < self.still:
            self.slowest = max(self.slowest, self.still)
        self.step, self.still, self.progress_at = step, still_seconds, now - still_seconds

    def loads(self, loading: Loading, now: float) -> None:
        """Take how far its loading is."""
        if loading != self.loading:
            self.loading, self.loading_at = loading, now

    @property
    def room(self) -> int:
        """How many more generations it takes now."""
        if self.state is not WorkerState.READY or self.ready is None or self.kept_for is not None:
            return 0
        return self.ready.capacity - len(self.running)

    @property
    def load(self) -> float:
        """The share of its capacity in use."""
        return len(self.running) / self.ready.capacity if self.ready else 1.0

    def take_no_more(self, state: WorkerState) -> None:
        """Get nothing new from now on."""
        self.state = state
        if self.kept_for not in self.running:
            self.kept_for = None  # another one may be

    @property
    def tally(self) -> Tally:
        """What it has done."""
        return Tally(self.tokens, self.resumed)

    def takes(self, model: str | None) -> bool:
        """Tell whether it takes work for `model`, perhaps once it has room; None is any."""
        return self.state is WorkerState.READY and self.serves(model)

    def serves(self, model: str | None) -> bool:
        """Tell whether it serves `model`; None is any."""
        return self.ready is not None and model in (None, self.ready.model.id)


@dataclass(slots=True)
class Generation:
    """A generation that has not ended.

    Attributes:
        model: The one that answers it; None is any, until a worker has accepted it.
        queued_at: When it began to wait for a worker, the last time.
        started: Its worker has accepted it.
        announced: Its client was told so.
        received: The tokens that its client has, from however many workers.
        deaths: How many workers died with it in a row, without progress in between.
        died_at: How many tokens it had at the last death.
        prompt_tokens: The length of its prompt, once a worker has accepted it.
        trail: Of its prompt, once it was compared with what workers know.
        key: Whose it is.
        estimate: The length of its prompt in tokens, as far as that can be told by its characters.
        passed_by: How many others got a worker whose memory was too short for this one, which came before them.
        prefilled: How many tokens of its prompt its worker has computed, when it last said so.
    """

    request: Generate
    model: str | None
    submitted_at: float
    queued_at: float
    worker: bytes | None = None
    started: bool = False
    announced: bool = False
    cancelled: bool = False
    received: list[int] = field(default_factory=list)
    deaths: int = 0
    died_at: int = 0
    prompt_tokens: int | None = None
    trail: Trail | None = None
    key: str = ""
    priority: Priority = Priority.INTERACTIVE
    estimate: int = 0
    passed_by: int = 0
    prefilled: int = 0

    def length(self, model: Model) -> int:
        """Return how many tokens its prompt and its answer may have together."""
        prompt = self.estimate if self.prompt_tokens is None else self.prompt_tokens
        return min(model.context_length, prompt + self.request.max_tokens)

    def wait_again(self, now: float) -> None:
        """Be without a worker from now on."""
        self.worker, self.started, self.queued_at, self.prefilled = None, False, now, 0

    def survive(self) -> None:
        """Count a death of its worker; those before some progress are of no account."""
        progress = len(self.received) - self.died_at >= _PROGRESS_TOKENS
        self.deaths = 1 if progress else self.deaths + 1
        self.died_at = len(self.received)

    @property
    def suspect(self) -> bool:
        """Whether it may be what its workers died of; then it runs alone, so that one more death convicts it."""
        return self.deaths >= SUSPECT_DEATHS


class State:
    """What the parts of the dispatcher share.

    Attributes:
        queue: The numbers of the generations that wait for a worker.
        models: Those that are served, or were a short while ago.
        expected: How many workers are kept running here.
        trouble: Why none of those is likely to get ready soon; None while there is hope.
        promised: A drained worker's successor is on its way, and nobody else serves.
        gone: What those workers did that are gone.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.workers: dict[bytes, Worker] = {}
        self.generations: dict[int, Generation] = {}
        self.queue = Queue()
        self.models = KnownModels(limits.model_memory_seconds)
        self.expected = 0
        self.trouble: str | None = None
        self.promised = False
        self.gone = Tally()

    def served(self, model: str | None) -> bool:
        """Tell whether a worker serves a model, whether or not it takes work; None is any."""
        return any(worker.serves(model) for worker in self.workers.values())

    def hopeless(self, model: str | None) -> bool:
        """Tell whether nobody serves `model`, and those who might are in trouble."""
        return self.trouble is not None and not self.served(model)

    def others_take(self, worker: Worker) -> bool:
        """Tell whether another worker takes work for this one's model."""
        return worker.ready is not None and any(
            other is not worker and other.takes(worker.ready.model.id) for other in self.workers.values()
        )

    def wait_again(self, numbers: list[int], now: float) -> None:
        """Put generations that lost their worker back into the queue, before everything that came later."""
        for number in numbers:
            self.generations[number].wait_again(now)
        self.queue.resume(numbers)

    def keep_none_for(self, number: int) -> None:
        """Let the worker that was kept for a suspect serve all again."""
        for worker in self.workers.values():
            if worker.kept_for == number:
                worker.kept_for = None
