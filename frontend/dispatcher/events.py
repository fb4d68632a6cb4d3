"""What the dispatcher is told, and what it wants done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ...protocol.messages import Delta, FromFrontend, FromWorker, Generate, Inspect, Inspected, Model
from .queue import Priority

# --- events ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submitted:
    """A client wants a generation.

    Attributes:
        model: The name that the client gave.
        key: Whose it is: what of the same key waits has one share of the workers.
    """

    request: Generate
    model: str | None
    key: str = ""
    priority: Priority = Priority.INTERACTIVE


@dataclass(frozen=True, slots=True)
class Asked:
    """A client wants to know of a prompt, and waits so long; `model` is the name it gave."""

    question: Inspect
    model: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Nobody waits for a generation, or for the answer to a question, any more."""

    generation: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a worker."""

    identity: bytes
    message: FromWorker


class Cause(Enum):
    """How a worker's death was seen."""

    EXIT = "exit"
    LAST_WORDS = "last_words"
    UNREACHABLE = "unreachable"
    SILENCE = "silence"
    WEDGE = "wedge"
    LOADING = "loading"
    PROTOCOL = "protocol"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A message could not be sent or read: the worker's connection is gone, it does not read, or it garbles."""

    identity: bytes
    reason: str
    cause: Cause = Cause.UNREACHABLE


@dataclass(frozen=True, slots=True)
class Exited:
    """A process that we started has ended."""

    pid: int
    reason: str


@dataclass(frozen=True, slots=True)
class Expecting:
    """So many workers are about to come by themselves (started here, and not given up).

    Attributes:
        trouble: Why none of them is likely to get ready soon, in words for clients; None while there is hope.
    """

    workers: int
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Drain:
    """A worker is to be emptied: it gets nothing new, and may finish what it has for a while.

    Attributes:
        seconds: How long; what is left then goes on elsewhere.
        successor: Another one takes its place: what is left may wait for that one, and `Drained` tells when this
            one is empty. Otherwise it keeps what nobody else can take, and is refused once it is empty.
    """

    identity: bytes
    seconds: float
    successor: bool


@dataclass(frozen=True, slots=True)
class Pardoned:
    """An operator wants a convicted request to be tried again."""

    fingerprint: str


@dataclass(frozen=True, slots=True)
class Forgetting:
    """The workers shall clear their prefix caches."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; comes about once a second."""


Event = (
    Submitted | Asked | Abandoned | Received | Unreachable | Exited | Expecting | Drain | Pardoned | Forgetting
    | Tick
)  # fmt: skip

# --- actions ---------------------------------------------------------------------------------------------


class Why(Enum):
    """Why a generation failed, for the HTTP status that it becomes."""

    INVALID = "invalid"
    UNKNOWN_MODEL = "unknown model"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    CONVICTED = "convicted"
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
    """Hand something to whoever waits for a generation or an answer; `ends` tells which is the last."""

    generation: int
    item: Started | Delta | Failure | Inspected

    @property
    def ends(self) -> bool:
        """Whether nothing comes behind it."""
        if isinstance(self.item, Delta):
            return self.item.finish is not None
        return not isinstance(self.item, Started)


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


@dataclass(frozen=True, slots=True)
class BecameReady:
    """A worker takes work from now on."""

    worker: str
    pid: int


@dataclass(frozen=True, slots=True)
class Drained:
    """A worker that is to be replaced has nothing to do any more, or is lost: its process can be ended."""

    worker: str
    pid: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A generation that a worker had when it was lost; nothing of its text.

    Attributes:
        accepted: The worker had taken it into its batch.
        prompt_tokens: None while no worker has counted them.
        tokens: How many its client has of the answer.
        cancelled: Its client had left.
    """

    fingerprint: str
    accepted: bool
    prompt_tokens: int | None
    tokens: int
    age_seconds: float
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker is gone, or given up; it comes before what follows from that.

    Attributes:
        crash: The id of this death; clients hear it with their errors.
        model: Its name, or what the worker was told to load if it never was ready.
        leaving: The worker had said that it goes.
        reason: How it was seen.
        cause: The same in a word.
        still_seconds: Since its engine last went on, as far as it told.
        silent_seconds: Since its last sign of life.
    """

    crash: str
    worker: str
    pid: int
    model: str
    backend: str
    leaving: bool
    ready: bool
    reason: str
    step: int
    still_seconds: float
    silent_seconds: float
    generations: tuple[Interrupted, ...]
    cause: Cause = Cause.EXIT


ProcessNews = Retire | BecameReady | Drained
"""What concerns the one who started a worker's process."""

Action = Transmit | Deliver | ProcessNews | Lost
