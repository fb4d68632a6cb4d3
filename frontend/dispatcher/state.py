"""What the dispatcher knows: its limits, the workers, the generations, the models."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ...protocol.messages import Generate, Hello, Loading, Model, Ready


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
class Generation:
    """A generation that has not ended."""

    request: Generate
    model: str | None
    queued_at: float
    worker: bytes | None = None
    started: bool = False
    cancelled: bool = False
    lost_before: bool = False
    prompt_tokens: int | None = None
    received: list[int] = field(default_factory=list)


@dataclass(slots=True)
class KnownModel:
    """A model, and when a worker last served it."""

    model: Model
    seen_at: float
