"""The worker's I/O thread: its sockets, beats, and everything that is not MLX.

One DEALER for each frontend. Messages of the frontends, prepared prompts and engine steps become events of the
`Scheduler`; its actions become messages, work for the prompt thread, and orders for the main thread.

A frontend is *greeting* (we said `Hello`), *welcomed*, or *refused*. One that falls silent, or that asks us to
introduce ourselves, loses its generations here and is greeted anew: it may have been restarted, or it gave us up
because our engine stood still. So we are `Ready` for it again once the main thread answers; if it never does, the
process ends, for whoever supervises it to start another.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any, NoReturn

import zmq

from .. import tracing
from ..protocol import codec
from ..protocol.messages import (
    PROTOCOL_VERSION,
    Cancel,
    ClearPrefixCache,
    Dead,
    Failed,
    FromWorker,
    FrontendBeat,
    Generate,
    Hello,
    Inspect,
    Introduce,
    Leaving,
    Loading,
    Message,
    Ready,
    Refused,
    Step,
    Welcome,
    WorkerBeat,
    same_major,
)
from .bounds import unknown_token
from .dialect import open_text, opens_thought, thinking_budget
from .grammar.compiler import GrammarCompiler, GrammarFault
from .mailbox import Mailbox
from .orders import Call, Clear, Orders, Start, Stop
from .prompts import InvalidRequest, PromptBuilder
from .scheduler import (
    Action,
    CancelRequested,
    Event,
    FrontendLost,
    Insert,
    Key,
    Prepare,
    Prepared,
    Remove,
    Requested,
    Scheduler,
    Send,
    Stepped,
    Unprepared,
)
from .traces import WorkerTraces

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
SILENCE_SECONDS = 15.0
LEAVE_SECONDS = 30.0
# So long the main thread may take to answer a frontend that greeted us anew.
ANSWER_SECONDS = 120.0
# Messages waiting for a frontend that does not read; more, and it is treated as gone.
_SEND_QUEUE = 10_000
_LINGER_MS = 1_000
# How late a beat may be.
_POLL_MS = 500

# --- what the main thread tells us -----------------------------------------------------------------------


@dataclass(frozen=True)
class Loaded:
    """The model is ready to generate.

    Attributes:
        fetch: Reads what the disk has of a prompt in a scope, if there is a disk, then calls what it is given.
    """

    ready: Ready
    tokenizer: Any
    vocabulary: int
    fetch: Callable[[str | None, Sequence[int], Callable[[], None]], None] = lambda _scope, _prompt, then: then()


@dataclass(frozen=True)
class Here:
    """The answer to a `Call`."""

    frontend: int


@dataclass(frozen=True)
class Looked:
    """What came of an `Inspect`, for the frontend as it was before it was lost the next time."""

    frontend: int
    losses: int
    message: FromWorker


@dataclass(frozen=True)
class Leave:
    """Finish what runs, take nothing new, then stop."""


@dataclass(frozen=True)
class LastWords:
    """The process ends now."""

    reason: str


_Posted = Event | Loading | Loaded | Here | Looked | Leave | LastWords


class _State(Enum):
    GREETING = "greeting"
    WELCOMED = "welcomed"
    REFUSED = "refused"


@dataclass
class _Peer:
    """A frontend, as this worker sees it.

    Attributes:
        beat_at: When it last heard how far the engine is.
        called_at: When the main thread was called for it, if it has not answered.
        losses: How often it was lost.
    """

    index: int
    endpoint: str
    socket: zmq.Socket[bytes]
    state: _State
    heard_at: float
    beat_at: float
    called_at: float | None = None
    losses: int = 0


class Link:
    """The I/O thread, once started.

    Args:
        hello: What to introduce ourselves with.
        endpoints: One for each frontend.
        orders: What the main thread is told to do.
        answer_seconds: How long the main thread may take to answer a `Call`; then the process ends.
        lifeline: A descriptor that reaches its end when our parent dies; then the process ends at once.
    """

    def __init__(
        self,
        hello: Hello,
        endpoints: tuple[str, ...],
        orders: Orders,
        lifeline: int | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._hello = hello
        self._endpoints = endpoints
        self._orders = orders
        self._answer_seconds = answer_seconds
        self._lifeline = lifeline
        self._mailbox: Mailbox[_Posted] = Mailbox()
        self._context = zmq.Context()
        self._peers: list[_Peer] = []
        self._loading = Loading("starting")
        self._loaded: Loaded | None = None
        self._scheduler: Scheduler | None = None
        self._prompts: PromptBuilder | None = None
        self._grammars: GrammarCompiler | None = None
        # Two, so that one very long prompt does not hold up the others.
        self._prompt_thread = ThreadPoolExecutor(2, thread_name_prefix="prompts")
        self._traces: WorkerTraces | None = None
        self._step = 0
        self._start_ordered = False
        self._leave_by: float | None = None
        self._stop_ordered = False
        self._running = True

    # --- for other threads ---

    def start(self) -> None:
        """Connect and introduce ourselves."""
        self._thread.start()

    def post(self, item: _Posted) -> None:
        """Hand something to this thread."""
        self._mailbox.post(item)

    def report_loading(self, stage: str, done: int, total: int) -> None:
        """Tell the frontends how far the loading is (see `progress.Report`)."""
        self._mailbox.post(Loading(stage, done, total))

    def end(self, reason: str) -> None:
        """Tell the frontends that the process ends, and wait a moment until that is on its way."""
        self._mailbox.post(LastWords(reason))
        self._thread.join(2 * _LINGER_MS / 1000)

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._serve()
        except Exception:  # whatever it is: a worker without its link is of no use
            log.exception("the I/O thread failed")
            os._exit(70)

    def _serve(self) -> None:
        poller = zmq.Poller()
        poller.register(self._mailbox.fileno(), zmq.POLLIN)
        if self._lifeline is not None:
            poller.register(self._lifeline, zmq.POLLIN)
        for index, endpoint in enumerate(self._endpoints):
            peer = self._connect(index, endpoint)
            self._peers.append(peer)
            poller.register(peer.socket, zmq.POLLIN)
            self._greet(peer)
        while self._running:
            readable = dict(poller.poll(_POLL_MS))
            if self._lifeline in readable and not os.read(self._lifeline or 0, 1024):
                os._exit(0)  # our parent is gone, and whatever runs is for nobody
            for peer in self._peers:
                if peer.socket in readable:
                    self._receive(peer)
            for item in self._mailbox.take_all():
                self._on_posted(item)
            self._keep_time(time.monotonic())
        self._prompt_thread.shutdown(wait=False, cancel_futures=True)
        if self._traces is not None:
            self._traces.close()
        self._context.destroy(linger=_LINGER_MS)

    def _connect(self, index: int, endpoint: str) -> _Peer:
        socket = self._context.socket(zmq.DEALER)
        # New at every start: libzmq ignores a second peer with a living identity, and what a dead worker
        # sent late must never be taken for ours.
        socket.setsockopt_string(zmq.IDENTITY, f"{self._hello.worker}.{os.urandom(8).hex()}")
        socket.set_hwm(_SEND_QUEUE)
        socket.setsockopt(zmq.MAXMSGSIZE, codec.MAX_MESSAGE_BYTES)
        socket.connect(endpoint)
        now = time.monotonic()
        return _Peer(index, endpoint, socket, _State.GREETING, now, now)

    def _receive(self, peer: _Peer) -> None:
        while True:
            try:
                data = peer.socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            peer.heard_at = time.monotonic()
            try:
                message = codec.decode(data)
            except codec.ProtocolError as error:
                log.warning("%s sent what is no message: %s", peer.endpoint, error)
                continue
            self._on_message(peer, message)

    def _on_message(self, peer: _Peer, message: Message) -> None:
        match message:
            case Generate() if self._scheduler is not None:
                self._handle(Requested(peer.index, message))
            case Cancel() if self._scheduler is not None:
                self._handle(CancelRequested(peer.index, message.generation))
            case ClearPrefixCache() if self._scheduler is not None:
                log.info("the frontend at %s clears the prefix cache", peer.endpoint)
                self._orders.give(Clear())
            case Inspect() if self._prompts is not None:
                self._prompt_thread.submit(self._look, self._prompts, peer.index, peer.losses, message)
            case FrontendBeat():
                pass  # hearing it was all
            case Welcome(protocol):
                self._on_welcome(peer, protocol)
            case Introduce():
                self._lose(peer)
            case Refused(reason):
                self._on_refused(peer, reason)
            case _:
                log.warning("%s sent an unexpected %s", peer.endpoint, type(message).__name__)

    def _on_welcome(self, peer: _Peer, protocol: str) -> None:
        if not same_major(protocol):
            self._on_refused(peer, f"it speaks protocol {protocol}, this worker {PROTOCOL_VERSION}")
            return
        peer.state = _State.WELCOMED
        log.info("welcomed by the frontend at %s", peer.endpoint)
        if not self._start_ordered:
            self._start_ordered = True
            self._orders.give(Start())
        if self._leave_by is not None:  # before `Ready`, which would bring new work
            self._send(peer, Leaving("the worker was told to stop"))
        if self._loaded is None:
            self._send(peer, self._loading)
            return
        if peer.called_at is None:
            peer.called_at = time.monotonic()
        self._orders.give(Call(peer.index))

    def _on_refused(self, peer: _Peer, reason: str) -> None:
        log.error("refused by the frontend at %s: %s", peer.endpoint, reason)
        peer.state = _State.REFUSED
        if all(other.state is _State.REFUSED for other in self._peers):
            self._orders.give(Stop(os.EX_CONFIG))

    def _on_posted(self, item: _Posted) -> None:
        match item:
            case Loading():
                self._loading = item
                self._send_all(item)
            case Loaded():
                self._loaded = item
                self._scheduler = Scheduler(item.ready.model.context_length, item.ready.kv_memory)
                self._prompts = PromptBuilder(item.tokenizer)
                self._grammars = GrammarCompiler(item.tokenizer, item.vocabulary)
                if (tracer := tracing.open_tracer(self._hello.worker)) is not None:
                    self._traces = WorkerTraces(tracer, self._hello.worker, item.ready.model.id)
                self._send_all(item.ready)
            case Here(frontend):
                self._on_answer(self._peers[frontend])
            case Looked(frontend, losses, message):
                if self._peers[frontend].losses == losses:
                    self._send(self._peers[frontend], message)
            case Leave():
                if self._loaded is None:
                    self._end_early()
                if self._leave_by is None:
                    self._leave_by = time.monotonic() + LEAVE_SECONDS
                    self._send_all(Leaving("the worker was told to stop"))
            case LastWords(reason):
                self._send_all(Dead(reason))
                self._running = False
            case _:
                self._handle(item)

    def _end_early(self) -> NoReturn:
        """End the process while it loads: nothing runs, and the main thread may be deep in an import."""
        reason = "told to stop before it was ready"
        log.info("worker %s ends: %s", self._hello.worker, reason)
        self._send_all(Dead(reason))
        self._context.destroy(linger=_LINGER_MS)
        os._exit(0)

    def _on_answer(self, peer: _Peer) -> None:
        peer.called_at = None
        if self._loaded is not None:
            self._send(peer, self._loaded.ready)

    # --- the scheduler's side ---

    def _handle(self, event: Event) -> None:
        if self._scheduler is None:
            return
        if isinstance(event, Stepped):
            self._step = event.step
        actions = self._scheduler.handle(event)
        for action in actions:
            self._perform(action)
        if self._traces is not None:
            self._traces.see(event, actions, time.time())

    def _perform(self, action: Action) -> None:
        match action:
            case Send(frontend, message):
                self._send(self._peers[frontend], message)
            case Insert() | Remove():
                self._orders.give(action)
            case Prepare(key, request):
                self._prompt_thread.submit(self._prepare, key, request)

    def _prepare(self, key: Key, request: Generate) -> None:
        """Make a prompt; runs on the prompt thread."""
        assert self._prompts is not None  # noqa: S101 - there is no scheduler, hence no Prepare, before it
        assert self._loaded is not None  # noqa: S101 - likewise
        assert self._grammars is not None  # noqa: S101 - likewise
        tokenizer = self._loaded.tokenizer
        try:
            if (wrong := unknown_token(request, self._loaded.vocabulary)) is not None:
                raise InvalidRequest(*wrong)
            prompt = self._prompts.build(request)
            grammar = self._grammars.compile(request, thinking=opens_thought(tokenizer, prompt))
            text = open_text(tokenizer, request, prompt, held=grammar is not None)
            text.replay(request.resume)
            thinking = thinking_budget(tokenizer, request, prompt, held=grammar is not None)
        except (InvalidRequest, GrammarFault) as error:
            self.post(Unprepared(key, "invalid", str(error), error.param))
        except Exception as error:
            log.exception("a prompt could not be made")
            self.post(Unprepared(key, "internal", f"The prompt could not be made: {error!r}"))
        else:
            ready = Prepared(key, prompt, text, grammar, thinking)
            # Read before it joins the batch, so that nobody there waits for the disk.
            self._loaded.fetch(request.cache_scope, [*prompt, *request.resume], partial(self.post, ready))

    def _look(self, prompts: PromptBuilder, frontend: int, losses: int, question: Inspect) -> None:
        """Answer what a prompt is; runs on the prompt thread."""
        assert self._loaded is not None  # noqa: S101 - `prompts` come with it
        number = question.number
        try:
            if (wrong := unknown_token(question.request, self._loaded.vocabulary)) is not None:
                raise InvalidRequest(*wrong)
            answer: FromWorker = prompts.inspect(question)
        except InvalidRequest as error:
            answer = Failed(number, "invalid", str(error), error.param)
        except Exception as error:
            log.exception("a prompt could not be made")
            answer = Failed(number, "internal", f"The prompt could not be made: {error!r}")
        self.post(Looked(frontend, losses, answer))

    # --- sending, beats, silence ---

    def _greet(self, peer: _Peer) -> None:
        peer.state = _State.GREETING
        self._transmit(peer, replace(self._hello, protocol=PROTOCOL_VERSION))

    def _lose(self, peer: _Peer) -> None:
        """Forget a frontend's generations and greet it anew."""
        if peer.state is _State.REFUSED:
            return
        peer.heard_at = time.monotonic()
        peer.losses += 1
        self._handle(FrontendLost(peer.index))
        self._greet(peer)

    def _send(self, peer: _Peer, message: FromWorker) -> None:
        if peer.state is _State.WELCOMED:
            self._transmit(peer, message)

    def _send_all(self, message: FromWorker) -> None:
        for peer in self._peers:
            self._send(peer, message)

    def _transmit(self, peer: _Peer, message: FromWorker) -> None:
        try:
            peer.socket.send(codec.encode(message), zmq.NOBLOCK)
            if isinstance(message, Step | WorkerBeat):
                peer.beat_at = time.monotonic()
        except zmq.Again:
            if peer.state is _State.WELCOMED:
                log.warning("the frontend at %s does not read; dropping its generations", peer.endpoint)
                peer.state = _State.GREETING
                self._handle(FrontendLost(peer.index))

    def _keep_time(self, now: float) -> None:
        for peer in self._peers:
            if peer.called_at is not None and now - peer.called_at > self._answer_seconds:
                self._die_standing()
            if peer.state is not _State.WELCOMED:
                continue
            if now - peer.heard_at > SILENCE_SECONDS:
                log.warning("the frontend at %s is silent; dropping its generations", peer.endpoint)
                self._lose(peer)
            elif now - peer.beat_at >= BEAT_SECONDS:
                running = 0 if self._scheduler is None else self._scheduler.running(peer.index)
                self._send(peer, WorkerBeat(self._step, running, round(self._orders.still_seconds, 3)))
        done = self._scheduler is None or self._scheduler.idle
        if self._leave_by is not None and (done or now >= self._leave_by) and not self._stop_ordered:
            self._stop_ordered = True
            self._orders.give(Stop(0))

    def _die_standing(self) -> None:
        """End the process, whose main thread does nothing any more."""
        log.critical("the engine has stood still for %.0f s; this is where:", self._orders.still_seconds)
        faulthandler.dump_traceback(sys.stderr)
        os._exit(os.EX_SOFTWARE)
