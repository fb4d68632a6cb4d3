"""Who runs what: a pure state machine, `handle(event, now) -> actions`.

It knows nothing of sockets, HTTP, processes or clocks; `now` is seconds on any steady clock.

A worker, known by its socket identity, is

    loading    Hello -> Welcome; its generations, had it any, are lost
    ready      Ready; takes at most `capacity` generations
    leaving    Leaving; finishes what it has, gets nothing new
    (gone)     Dead, Exited, Unreachable, silence, or a wedge: beats arrive, work is there, no step is done

A generation, known by its number, is

    queued     no worker has room for it
    running    a worker has it, and one unit of that worker's credit, until a terminal message comes
    cancelled  running, but nobody waits for it; the credit is held until the worker says that it is gone
    (gone)     it ended exactly once: a finished delta, or a failure

What comes from an identity that is not known is late or lost, and is answered with `Introduce`; what comes
for a generation from another worker than its own is dropped.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from ..protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    Cancel,
    Cancelled,
    Dead,
    Delta,
    Failed,
    FromFrontend,
    FromWorker,
    FrontendBeat,
    Generate,
    Hello,
    Introduce,
    Leaving,
    Loading,
    Model,
    Ready,
    Refused,
    Step,
    Welcome,
    WorkerBeat,
    same_major,
)

# --- events ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submitted:
    """A client wants a generation; `model` is the name it gave."""

    request: Generate
    model: str | None


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Nobody waits for a generation any more."""

    generation: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a worker."""

    identity: bytes
    message: FromWorker


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A message could not be sent: the worker's connection is gone, or it does not read."""

    identity: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Exited:
    """A process that we started has ended."""

    pid: int
    reason: str


@dataclass(frozen=True, slots=True)
class Expecting:
    """So many workers are about to come by themselves (started here, and not given up)."""

    workers: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; comes about once a second."""


Event = Submitted | Abandoned | Received | Unreachable | Exited | Expecting | Tick

# --- actions ---------------------------------------------------------------------------------------------


class Why(Enum):
    """Why a generation failed, for the HTTP status that it becomes."""

    INVALID = "invalid"
    UNKNOWN_MODEL = "unknown model"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    WORKER_LOST = "worker lost"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """How a generation ended without an answer; the sentence is for the client."""

    why: Why
    message: str
    param: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send a message to a worker."""

    identity: bytes
    message: FromFrontend


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand something to whoever waits for a generation; a finished delta or a failure is the last."""

    generation: int
    item: Started | Delta | Failure


@dataclass(frozen=True, slots=True)
class Started:
    """A worker took the generation: its model and the exact length of the prompt in tokens."""

    model: Model
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Retire:
    """A worker was given up although its process may live: end it if it is ours."""

    pid: int
    reason: str


Action = Transmit | Deliver | Retire

# --- the machine -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait, and how long (seconds)."""

    queue_length: int = 512
    queue_seconds: float = 300.0
    # With no worker ready, waiting is a guess: a client is better told to come back.
    unready_seconds: float = 30.0
    silence_seconds: float = 15.0
    wedge_seconds: float = 300.0
    # A model whose workers are all gone is known so long: they are being restarted, or were stopped.
    model_memory_seconds: float = 300.0


class WorkerState(Enum):
    """Where a worker is in its life."""

    LOADING = "loading"
    READY = "ready"
    LEAVING = "leaving"


@dataclass(slots=True)
class Worker:
    """A worker, as the frontend knows it."""

    identity: bytes
    hello: Hello
    heard_at: float
    progress_at: float
    state: WorkerState = WorkerState.LOADING
    loading: Loading = field(default_factory=lambda: Loading("starting"))
    ready: Ready | None = None
    step: int = 0
    running: set[int] = field(default_factory=set)

    @property
    def room(self) -> int:
        """How many more generations it takes now."""
        if self.state is not WorkerState.READY or self.ready is None:
            return 0
        return self.ready.capacity - len(self.running)

    @property
    def load(self) -> float:
        """The share of its capacity in use."""
        return len(self.running) / self.ready.capacity if self.ready else 1.0

    def serves(self, model: str | None) -> bool:
        """Tell whether it serves `model`; None is any."""
        return self.ready is not None and model in (None, self.ready.model.id)


@dataclass(slots=True)
class _Generation:
    request: Generate
    model: str | None
    queued_at: float
    worker: bytes | None = None
    cancelled: bool = False


@dataclass(slots=True)
class _KnownModel:
    model: Model
    seen_at: float


class Dispatcher:
    """The state of every worker and every generation of a frontend."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._workers: dict[bytes, Worker] = {}
        self._generations: dict[int, _Generation] = {}
        self._queue: deque[int] = deque()
        self._models: dict[str, _KnownModel] = {}
        self._expected = 0

    # --- what others may look at ---

    @property
    def workers(self) -> list[Worker]:
        """The workers that are known, in the order they came."""
        return list(self._workers.values())

    @property
    def models(self) -> list[Model]:
        """The models that are served, or were a short while ago."""
        return [known.model for known in self._models.values()]

    @property
    def ready(self) -> bool:
        """Whether a worker takes work."""
        return any(worker.state is WorkerState.READY for worker in self._workers.values())

    @property
    def queued(self) -> int:
        """How many generations wait for a worker."""
        return len(self._queue)

    @property
    def unfinished(self) -> int:
        """How many generations somebody waits for."""
        return sum(not generation.cancelled for generation in self._generations.values())

    # --- the one entry ---

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take one event and return what is to be done, in order."""
        match event:
            case Received(identity, message):
                return self._received(identity, message, now)
            case Submitted():
                return self._submitted(event, now)
            case Abandoned(generation):
                return self._abandoned(generation)
            case Unreachable(identity, reason):
                return self._lose(identity, reason, now)
            case Exited(pid, reason):
                return self._exited(pid, reason, now)
            case Expecting(workers):
                self._expected = workers
                return []
            case Tick():
                return self._tick(now)

    # --- clients ---

    def _submitted(self, event: Submitted, now: float) -> list[Action]:
        number = event.request.generation
        model = event.model
        if len(self._models) <= 1:
            model = None  # with one model served, any name is answered
        elif model not in self._models:
            return [Deliver(number, self._unknown_model(model))]
        if not self._workers and not self._expected:
            failure = Failure(Why.UNAVAILABLE, "No worker is connected. Please try again in a moment.")
            return [Deliver(number, failure)]
        self._generations[number] = _Generation(event.request, model, now)
        self._queue.append(number)
        actions = self._dispatch()
        waiting = len(self._queue) - 1
        if self._generations[number].worker is None and waiting >= self._limits.queue_length:
            self._queue.remove(number)
            del self._generations[number]
            failure = Failure(
                Why.OVERLOADED, f"The server is busy: {waiting} requests are waiting. Please try again later."
            )
            actions.append(Deliver(number, failure))
        return actions

    def _unknown_model(self, model: str | None) -> Failure:
        names = ", ".join(repr(name) for name in self._models)
        what = "No model was named" if model is None else f"The model {model!r} does not exist"
        return Failure(
            Why.UNKNOWN_MODEL, f"{what}; this server has {names}.", param="model", code="model_not_found"
        )

    def _abandoned(self, number: int) -> list[Action]:
        generation = self._generations.get(number)
        if generation is None or generation.cancelled:
            return []
        if generation.worker is None:
            self._queue.remove(number)
            del self._generations[number]
            return []
        generation.cancelled = True
        return [Transmit(generation.worker, Cancel(number))]

    # --- workers ---

    def _received(self, identity: bytes, message: FromWorker, now: float) -> list[Action]:
        if isinstance(message, Hello):
            return self._greeted(identity, message, now)
        worker = self._workers.get(identity)
        if worker is None:
            return [] if isinstance(message, Dead) else [Transmit(identity, Introduce())]
        worker.heard_at = now
        match message:
            case Step():
                return self._stepped(worker, message, now)
            case WorkerBeat(step, _):
                if step != worker.step or not worker.running:
                    worker.step, worker.progress_at = step, now
                return []
            case Accepted(number, prompt_tokens):
                return self._accepted(worker, number, prompt_tokens)
            case Failed():
                why = Why.INVALID if message.kind == "invalid" else Why.INTERNAL
                failure = Failure(why, message.message, message.param, message.code)
                return self._ended(worker, message.generation, failure)
            case Cancelled(number):
                return self._ended(worker, number, None)
            case Loading():
                worker.loading = message
                return []
            case Ready():
                return self._became_ready(worker, message, now)
            case Leaving():
                worker.state = WorkerState.LEAVING
                return []
            case Dead(reason):
                return self._lose(identity, reason, now)

    def _greeted(self, identity: bytes, hello: Hello, now: float) -> list[Action]:
        if not same_major(hello.protocol):
            reason = (
                f"this frontend speaks protocol {PROTOCOL_VERSION}, worker {hello.worker} speaks "
                f"{hello.protocol}; install the same version of mlx-llm-server on both sides"
            )
            return [Transmit(identity, Refused(reason))]
        lost = self._lose(identity, "it started over", now) if identity in self._workers else []
        self._workers[identity] = Worker(identity, hello, heard_at=now, progress_at=now)
        return [*lost, Transmit(identity, Welcome(PROTOCOL_VERSION))]

    def _became_ready(self, worker: Worker, ready: Ready, now: float) -> list[Action]:
        worker.ready = ready
        if worker.state is WorkerState.LOADING:
            worker.state = WorkerState.READY
        self._models[ready.model.id] = _KnownModel(ready.model, now)
        return self._dispatch()

    def _stepped(self, worker: Worker, message: Step, now: float) -> list[Action]:
        worker.step, worker.progress_at = message.step, now
        actions: list[Action] = []
        finished = False
        for delta in message.deltas:
            generation = self._generations.get(delta.generation)
            if generation is None or generation.worker != worker.identity:
                continue
            if not generation.cancelled:
                actions.append(Deliver(delta.generation, delta))
            if delta.finish is not None:
                self._release(worker, delta.generation)
                finished = True
        return actions + self._dispatch() if finished else actions

    def _accepted(self, worker: Worker, number: int, prompt_tokens: int) -> list[Action]:
        generation = self._generations.get(number)
        if generation is None or generation.worker != worker.identity or generation.cancelled:
            return []
        if worker.ready is None:
            return []
        return [Deliver(number, Started(worker.ready.model, prompt_tokens))]

    def _ended(self, worker: Worker, number: int, failure: Failure | None) -> list[Action]:
        """End a running generation; without a failure it was cancelled, and nobody waits for it."""
        generation = self._generations.get(number)
        if generation is None or generation.worker != worker.identity:
            return []
        self._release(worker, number)
        told: list[Action] = []
        if failure is not None and not generation.cancelled:
            told = [Deliver(number, failure)]
        return told + self._dispatch()

    def _release(self, worker: Worker, number: int) -> None:
        worker.running.discard(number)
        del self._generations[number]

    def _exited(self, pid: int, reason: str, now: float) -> list[Action]:
        identities = [identity for identity, worker in self._workers.items() if worker.hello.pid == pid]
        return [action for identity in identities for action in self._lose(identity, reason, now)]

    def _lose(self, identity: bytes, reason: str, now: float) -> list[Action]:
        """Forget a worker; what it was computing fails."""
        worker = self._workers.pop(identity, None)
        if worker is None:
            return []
        if worker.ready is not None:
            self._models[worker.ready.model.id].seen_at = now
        actions: list[Action] = []
        for number in sorted(worker.running):
            generation = self._generations.pop(number)
            if not generation.cancelled:
                failure = Failure(
                    Why.WORKER_LOST,
                    f"The worker that was computing this answer is gone ({reason}). Please try again.",
                )
                actions.append(Deliver(number, failure))
        return actions

    # --- time ---

    def _tick(self, now: float) -> list[Action]:
        actions: list[Action] = []
        for worker in self.workers:
            if (reason := self._given_up(worker, now)) is not None:
                actions += [*self._lose(worker.identity, reason, now), Retire(worker.hello.pid, reason)]
            else:
                actions.append(Transmit(worker.identity, FrontendBeat()))
        self._forget_models(now)
        return actions + self._expire(now)

    def _given_up(self, worker: Worker, now: float) -> str | None:
        if now - worker.heard_at > self._limits.silence_seconds:
            return f"it said nothing for {now - worker.heard_at:.0f} s"
        if worker.running and now - worker.progress_at > self._limits.wedge_seconds:
            return f"it has work but did no step for {now - worker.progress_at:.0f} s"
        return None

    def _forget_models(self, now: float) -> None:
        for worker in self._workers.values():
            if worker.ready is not None:
                self._models[worker.ready.model.id].seen_at = now
        oldest = now - self._limits.model_memory_seconds
        self._models = {name: known for name, known in self._models.items() if known.seen_at >= oldest}

    def _expire(self, now: float) -> list[Action]:
        """End the waiting of those whom no worker could take in time."""
        actions: list[Action] = []
        for number in list(self._queue):
            generation = self._generations[number]
            waited = now - generation.queued_at
            served = any(worker.serves(generation.model) for worker in self._workers.values())
            if waited <= (self._limits.queue_seconds if served else self._limits.unready_seconds):
                continue
            self._queue.remove(number)
            del self._generations[number]
            why = "every worker is busy" if served else "no worker is ready"
            failure = Failure(
                Why.UNAVAILABLE, f"The request waited {waited:.0f} s: {why}. Please try again later."
            )
            actions.append(Deliver(number, failure))
        return actions

    # --- giving out work ---

    def _dispatch(self) -> list[Action]:
        """Give queued generations, oldest first, to the least loaded worker that serves their model."""
        actions: list[Action] = []
        for number in list(self._queue):
            free = [worker for worker in self._workers.values() if worker.room > 0]
            if not free:
                break
            generation = self._generations[number]
            able = [worker for worker in free if worker.serves(generation.model)]
            if not able:
                continue
            worker = min(able, key=lambda worker: worker.load)
            self._queue.remove(number)
            generation.worker = worker.identity
            worker.running.add(number)
            actions.append(Transmit(worker.identity, generation.request))
        return actions
