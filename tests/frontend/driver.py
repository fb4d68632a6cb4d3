"""A dispatcher with a clock of its own, driven in the words of its tests."""

from dataclasses import replace
from typing import Any

from mlx_llm_server.frontend.dispatcher import (
    Abandoned,
    Action,
    BecameReady,
    Deliver,
    Dispatcher,
    Drain,
    Event,
    Failure,
    Limits,
    Lost,
    Priority,
    Received,
    Submitted,
    Tick,
    Transmit,
    Why,
    Worker,
)
from mlx_llm_server.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    ChatMessage,
    Delta,
    FromWorker,
    Generate,
    Hello,
    KvMemory,
    Model,
    Ready,
    Sampling,
    Step,
    WorkerBeat,
)

A, B, C = b"a.1", b"b.2", b"c.3"


def hello(pid: int = 1, protocol: str = PROTOCOL_VERSION) -> Hello:
    return Hello(protocol, f"worker-{pid}", pid, "path/of/model")


def ready(capacity: int = 2, model: str = "m", kv_memory: KvMemory | None = None) -> Ready:
    return Ready(Model(model, 0, 4096), capacity, kv_memory=kv_memory)


def request(number: int) -> Generate:
    return Generate(number, (ChatMessage("user", f"hi {number}"),), Sampling(number), 10)


def generate(identity: bytes, number: int, *resume: int) -> Transmit:
    """Return the action that gives a generation to a worker, behind the tokens that its client has."""
    return Transmit(identity, replace(request(number), resume=resume))


def piece(number: int, finish: str | None = None) -> Delta:
    return Delta(number, (7,), "text", finish)


def failures(actions: list[Action]) -> list[tuple[int, Why]]:
    return [(a.generation, a.item.why) for a in actions if isinstance(a, Deliver) and isinstance(a.item, Failure)]


class Driver:
    """Hands events to a dispatcher; `now` is the tests' to set."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.dispatcher = Dispatcher(limits)
        self.now = 1000.0
        self.accepted: set[int] = set()
        self.lost: list[Lost] = []
        self.ready: list[BecameReady] = []

    def handle(self, event: Event) -> list[Action]:
        """Return what is to be done; losses and readiness are only told, and collected in `lost` and `ready`."""
        actions = self.dispatcher.handle(event, self.now)
        self.lost += [action for action in actions if isinstance(action, Lost)]
        self.ready += [action for action in actions if isinstance(action, BecameReady)]
        # Whoever gets a generation has not accepted it yet.
        given = [action.message for action in actions if isinstance(action, Transmit)]
        self.accepted -= {message.generation for message in given if isinstance(message, Generate)}
        return [action for action in actions if not isinstance(action, Lost | BecameReady)]

    def hear(self, identity: bytes, message: FromWorker) -> list[Action]:
        return self.handle(Received(identity, message))

    def step(self, identity: bytes, *deltas: Delta, step: int = 1) -> list[Action]:
        """Let a worker answer generations, each accepted before its first delta."""
        for delta in deltas:
            if delta.generation not in self.accepted:
                self.accepted.add(delta.generation)
                self.hear(identity, Accepted(delta.generation, 5))
        return self.hear(identity, Step(step, deltas))

    def join(
        self, identity: bytes, capacity: int = 2, model: str = "m", kv_memory: KvMemory | None = None
    ) -> list[Action]:
        """Let a worker greet and get ready; return what its readiness brings. Its pid is its identity's digit."""
        self.hear(identity, hello(int(identity[-1:])))
        return self.hear(identity, ready(capacity, model, kv_memory))

    def submit(
        self, number: int, model: str | None = None, *, key: str = "", batch: bool = False, **fields: Any
    ) -> list[Action]:
        """Submit a generation with these fields of `Generate`."""
        priority = Priority.BATCH if batch else Priority.INTERACTIVE
        return self.handle(Submitted(replace(request(number), **fields), model, key, priority))

    def given_to(self, number: int, **fields: Any) -> bytes | None:
        """Submit a generation, and return which worker gets it at once."""
        given = [action for action in self.submit(number, **fields) if isinstance(action, Transmit)]
        return given[0].identity if given else None

    def finish(self, identity: bytes, number: int) -> list[int]:
        """Let a worker end a generation, and return which ones are given out for that."""
        actions = self.step(identity, piece(number, "stop"))
        given = [action.message for action in actions if isinstance(action, Transmit)]
        return [message.generation for message in given if isinstance(message, Generate)]

    def begin(self, identity: bytes, number: int) -> None:
        """Submit a generation that this worker gets, and let the worker begin it."""
        assert generate(identity, number) in self.submit(number)
        self.hear(identity, Accepted(number, 5))

    def drain(self, identity: bytes, *, seconds: float = 30, successor: bool = True) -> list[Action]:
        return self.handle(Drain(identity, seconds, successor))

    def abandon(self, number: int) -> list[Action]:
        return self.handle(Abandoned(number))

    def beat(self, identity: bytes, still_seconds: float = 0.0, step: int | None = None) -> None:
        """Let a worker beat, at the same step as before if no other one is given."""
        worker = self.worker(identity)
        step = worker.step if step is None else step
        assert self.hear(identity, WorkerBeat(step, len(worker.running), still_seconds)) == []

    def tick(self, seconds: float, *, beating: tuple[bytes, ...] = ()) -> list[Action]:
        """Let time pass, in which these workers beat."""
        self.now += seconds
        for identity in beating:
            self.beat(identity)
        return self.handle(Tick())

    def worker(self, identity: bytes) -> Worker:
        (worker,) = [worker for worker in self.dispatcher.workers if worker.identity == identity]
        return worker
