"""The loop around the dispatcher: the ROUTER socket, the clock, and those who wait for answers."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import zmq

from ..protocol import codec
from ..protocol.messages import Delta, FromWorker, Generate, Inspect, Inspected
from .crashes import CrashRegister
from .dispatcher import (
    Abandoned,
    Action,
    Asked,
    BecameReady,
    Cause,
    Deliver,
    Dispatcher,
    Drained,
    Event,
    Failure,
    Forgetting,
    Lost,
    Priority,
    ProcessNews,
    Received,
    Retire,
    Started,
    Submitted,
    Tick,
    Transmit,
    Unreachable,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """A worker was given a generation; not the first one, if another had it before."""

    worker: str


Sink = Callable[[Given | Started | Delta | Failure], None]
"""Takes what comes for a generation: one `Started`, then deltas, the last one finished; or a `Failure`.

Before, and whenever it goes on in another worker, it is `Given`.
"""

TICK_SECONDS = 1.0
ANSWER_SECONDS = 30.0
_LATE_SECONDS = 1.0
# Messages taken in one turn of the event loop, so that HTTP gets its turn under any load. What these say to one
# client goes out in one write.
_MESSAGES_PER_TURN = 16
_SEND_QUEUE = 10_000
_LINGER_MS = 200


class Exchange:
    """Connects clients and workers on the running event loop.

    Args:
        dispatcher: Decides everything.
        endpoint: Where workers connect.
        supervise: Called with what concerns the one who started a worker's process.
        crashes: Is told of every worker that is lost.
        on_tick: Is told, about once a second, how many seconds too late that is.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        endpoint: str,
        supervise: Callable[[ProcessNews], None],
        crashes: CrashRegister,
        on_tick: Callable[[float], None],
    ) -> None:
        self.dispatcher = dispatcher
        self.endpoint = endpoint
        self._supervise = supervise
        self._crashes = crashes
        self._on_tick = on_tick
        self._sinks: dict[int, Callable[[Any], None]] = {}
        self._numbers = itertools.count(1)
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        # Without it a ROUTER silently drops what it can't send.
        self._socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self._socket.set_hwm(_SEND_QUEUE)
        self._socket.setsockopt(zmq.MAXMSGSIZE, codec.MAX_MESSAGE_BYTES)
        self._loop = asyncio.get_running_loop()
        self._looking = False
        self._ticker: asyncio.TimerHandle | None = None
        self._due = self._loop.time()

    def open(self) -> None:
        """Bind the socket and begin. Raises `zmq.ZMQError` if the endpoint can't be bound."""
        self._socket.bind(self.endpoint)
        self._bound = self._inode()
        self._loop.add_reader(self._socket.FD, self._look)
        self._tick()

    def close(self) -> None:
        """End; whoever still waits gets nothing more."""
        if self._ticker is not None:
            self._ticker.cancel()
        self._loop.remove_reader(self._socket.FD)
        self._context.destroy(linger=_LINGER_MS)
        # libzmq leaves the file; it may be another's by now: a frontend started while we drained.
        if self._bound is not None and self._inode() == self._bound:
            self._path().unlink()

    def submit(
        self,
        request: Generate,
        model: str | None,
        sink: Sink,
        key: str = "",
        priority: Priority = Priority.INTERACTIVE,
    ) -> int:
        """Ask for a generation (its number is set here) and return its number; see `Submitted`."""
        number = next(self._numbers)
        self._sinks[number] = sink
        self.handle(Submitted(replace(request, generation=number), model, key, priority))
        return number

    async def ask(self, question: Inspect, model: str | None) -> Inspected | Failure:
        """Have a worker answer a question; its number is set here."""
        number = next(self._numbers)
        answer: asyncio.Future[Inspected | Failure] = self._loop.create_future()
        self._sinks[number] = answer.set_result
        try:
            self.handle(Asked(replace(question, number=number), model, ANSWER_SECONDS))
            return await answer
        finally:
            self.abandon(number)

    def abandon(self, number: int) -> None:
        """Nobody waits for a generation any more. Idempotent."""
        if self._sinks.pop(number, None) is not None:
            self.handle(Abandoned(number))

    def now(self) -> float:
        """Return the time on the dispatcher's clock."""
        return self._loop.time()

    def handle(self, event: Event) -> None:
        """Give the dispatcher an event and do what it says."""
        self._perform(self.dispatcher.handle(event, self.now()))

    def clear_prefix_caches(self) -> int:
        """Let the workers clear their prefix caches; return how many were told."""
        actions = self.dispatcher.handle(Forgetting(), self._loop.time())
        self._perform(actions)
        return len(actions)

    def receive_pending(self) -> None:
        """Take every message that has come so far."""
        while self._take(_MESSAGES_PER_TURN):
            pass

    def fail_all(self, failure: Failure) -> None:
        """End every generation that somebody waits for."""
        for number, sink in list(self._sinks.items()):
            self.abandon(number)
            sink(failure)

    # --- inside ---

    def _path(self) -> Path:
        return Path(self.endpoint.removeprefix("ipc://"))

    def _inode(self) -> int | None:
        try:
            return self._path().stat().st_ino
        except FileNotFoundError:
            return None

    def _perform(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Deliver():
                    self._deliver(action)
                case Transmit():
                    self._transmit(action)
                case Retire():
                    log.warning("worker process %d is given up: %s", action.pid, action.reason)
                    self._supervise(action)
                case BecameReady() | Drained():
                    self._supervise(action)
                case Lost():
                    self._crashes.lost(action)

    def _deliver(self, action: Deliver) -> None:
        number = action.generation
        sink = self._sinks.pop(number, None) if action.ends else self._sinks.get(number)
        if sink is not None:
            sink(action.item)

    def _transmit(self, action: Transmit) -> None:
        if isinstance(action.message, Generate):
            self._tell_who(action.identity, action.message.generation)
        try:
            self._socket.send_multipart([action.identity, codec.encode(action.message)], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            reason = "its connection is gone" if error.errno == zmq.EHOSTUNREACH else "it does not read"
            self.handle(Unreachable(action.identity, reason))
        # The descriptor tells of new messages only once, and sending may have swallowed that.
        self._look_soon()

    def _tell_who(self, identity: bytes, number: int) -> None:
        worker, sink = self.dispatcher.worker(identity), self._sinks.get(number)
        if worker is not None and sink is not None:
            sink(Given(worker.hello.worker))

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        """Take the messages that are there."""
        self._looking = False
        if not self._socket.closed and self._take(_MESSAGES_PER_TURN):
            self._look_soon()

    def _take(self, most: int) -> bool:
        """Take up to `most` messages; return whether there may be more."""
        for _ in range(most):
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return False
            self._on_frames(frames)
        return True

    def _on_frames(self, frames: list[Any]) -> None:
        identity = frames[0]
        try:
            if len(frames) != 2:
                raise codec.ProtocolError(f"a message is one frame, this is {len(frames) - 1}")
            message = codec.decode(frames[1])
            if not isinstance(message, FromWorker):
                raise codec.ProtocolError(f"a worker does not send {type(message).__name__}")
        except codec.UnknownType as error:
            log.warning("%r sent what this version does not know: %s", identity[:40], error)
            return
        except codec.ProtocolError as error:
            log.warning("%r sent what is no message: %s", identity[:40], error)
            # What a worker of ours wanted to say is lost, perhaps tokens: its answers go on behind those we have.
            self.handle(Unreachable(identity, "it sent what is no message", Cause.PROTOCOL))
            return
        self.handle(Received(identity, message))

    def _tick(self) -> None:
        now = self._loop.time()
        self._on_tick(now - self._due)
        late = now - self._due > _LATE_SECONDS
        self._due = now + TICK_SECONDS
        self._ticker = self._loop.call_at(self._due, self._tick)
        if late:  # we were stopped or slow ourselves: what workers said in the meantime is still on its way
            return
        self.receive_pending()
        self._crashes.observe(worker.hello.pid for worker in self.dispatcher.workers)
        self.handle(Tick())
