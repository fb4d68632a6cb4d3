"""The machine itself: every event's consequences. The states are told in the package's docstring."""

from __future__ import annotations

from collections import deque

from ...protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    Cancel,
    Cancelled,
    ClearPrefixCache,
    Dead,
    Failed,
    FromWorker,
    FrontendBeat,
    Hello,
    Inspected,
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
from .admission import estimated_tokens
from .assignment import Assignment
from .convictions import Conviction, Convictions
from .drains import DISMISSED, Drains
from .events import (
    Abandoned,
    Action,
    Asked,
    BecameReady,
    Cause,
    Deliver,
    Drain,
    Event,
    Exited,
    Expecting,
    Failure,
    Forgetting,
    Pardoned,
    Received,
    Started,
    Submitted,
    Tick,
    Transmit,
    Unreachable,
    Why,
)
from .loss import Losses
from .patience import expire, given_up
from .questions import Questions
from .state import Generation, Limits, State, Worker, WorkerState
from .tally import Tally

# For those who look about once a second, and want to know of each.
_FIRST_TOKENS_KEPT = 1024


class Dispatcher:
    """The state of every worker and every generation of a frontend."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._state = state = State(limits or Limits())
        # The same dictionaries, as everything here is about them.
        self._workers, self._generations = state.workers, state.generations
        self._models = state.models
        self._questions = Questions()
        self._convictions = Convictions(state.limits.conviction_seconds)
        self._losses = Losses(state, self._questions, self._convictions)
        self._drains = Drains(state, self._losses)
        self._assignment = Assignment(state)
        self._first_tokens: deque[tuple[float, float]] = deque(maxlen=_FIRST_TOKENS_KEPT)

    # --- what others may look at ---

    @property
    def workers(self) -> list[Worker]:
        """The workers that are known, in the order they came."""
        return list(self._workers.values())

    def worker(self, identity: bytes) -> Worker | None:
        """Return the worker of an identity, if it is known."""
        return self._workers.get(identity)

    @property
    def models(self) -> list[Model]:
        """The models that are served, or were a short while ago."""
        return self._models.all()

    @property
    def ready(self) -> bool:
        """Whether a worker takes work."""
        return any(worker.state is WorkerState.READY for worker in self._workers.values())

    @property
    def expected(self) -> int:
        """How many workers are kept running here, whatever state they are in."""
        return self._state.expected

    @property
    def trouble(self) -> str | None:
        """Why none of those is likely to get ready soon; None while there is hope."""
        return self._state.trouble

    @property
    def queued(self) -> int:
        """How many generations wait for a worker."""
        return len(self._state.queue)

    @property
    def unfinished(self) -> int:
        """How many generations somebody waits for."""
        return sum(not generation.cancelled for generation in self._generations.values())

    @property
    def convictions(self) -> list[Conviction]:
        """The requests that are refused because they crashed their workers, the oldest first."""
        return self._convictions.all()

    @property
    def tally(self) -> Tally:
        """What all workers have done, those that are gone among them."""
        return sum((worker.tally for worker in self._workers.values()), self._state.gone)

    def first_tokens(self, since: float) -> list[float]:
        """Return how long (seconds) those waited for their first token that got it after `since`, but bounded."""
        return [waited for at, waited in self._first_tokens if at > since]

    @property
    def queued_since(self) -> float | None:
        """Since when the one that waits longest for a worker has waited; None if none does."""
        return min((self._generations[number].queued_at for number in self._state.queue), default=None)

    def ahead_of(self, number: int) -> int | None:
        """Return how many generations wait before this one; None if it does not wait."""
        return self._state.queue.ahead_of(number)

    def prefilled_of(self, number: int) -> int:
        """Return how many tokens of a generation's prompt are computed, as far as its worker has told."""
        generation = self._generations.get(number)
        return 0 if generation is None else generation.prefilled

    def begun(self, worker: Worker) -> int:
        """How many of a worker's generations it has accepted; only the others can still go to another one."""
        return sum(self._generations[number].started for number in worker.running)

    # --- the one entry ---

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take one event and return what is to be done, in order."""
        # Before: what has run goes before what waits. After: the event may have emptied a worker.
        return self._settle_drains(now) + self._handle(event, now) + self._settle_drains(now)

    def _handle(self, event: Event, now: float) -> list[Action]:
        match event:
            case Received(identity, message):
                return [] if self._losses.fenced(identity) else self._received(identity, message, now)
            case Submitted():
                return self._submitted(event, now)
            case Asked():
                return self._asked(event, now)
            case Abandoned(generation):
                return self._abandoned(generation)
            case Unreachable(identity, reason, cause):
                return self._lose(identity, reason, now, cause)
            case Exited(pid, reason):
                return self._exited(pid, reason, now)
            case Expecting(workers, trouble):
                self._state.expected, self._state.trouble = workers, trouble
                return []
            case Pardoned(fingerprint):
                self._convictions.pardon(fingerprint)
                return []
            case Drain():
                self._drains.begin(event, now)
                return self._settle_drains(now) + self._dispatch()
            case Forgetting():
                ready = [worker for worker in self.workers if worker.ready is not None]
                for worker in ready:
                    worker.prefixes.clear()
                return [Transmit(worker.identity, ClearPrefixCache()) for worker in ready]
            case Tick():
                return self._tick(now)

    # --- clients ---

    def _submitted(self, event: Submitted, now: float) -> list[Action]:
        number = event.request.generation
        model = self._choose(event.model)
        if isinstance(model, Failure):
            return [Deliver(number, model)]
        if (refusal := self._convictions.refusal(event.request, now)) is not None:
            return [Deliver(number, refusal)]
        self._generations[number] = Generation(
            event.request,
            model,
            now,
            now,
            key=event.key,
            priority=event.priority,
            estimate=estimated_tokens(event.request),
        )
        queue = self._state.queue
        queue.add(number, event.key, event.priority)
        actions = self._dispatch()
        if number not in queue or len(queue) <= self._state.limits.queue_length:
            return actions
        refused = queue.surplus()
        queue.remove(refused)
        del self._generations[refused]
        failure = Failure(
            Why.OVERLOADED,
            f"The server is busy: {len(queue)} requests are waiting. Please try again later.",
        )
        return [*actions, Deliver(refused, failure)]

    def _asked(self, event: Asked, now: float) -> list[Action]:
        model = self._choose(event.model)
        if isinstance(model, Failure):
            return [Deliver(event.question.number, model)]
        self._questions.ask(event.question, model, now + event.seconds)
        return self._dispatch()

    def _choose(self, name: str | None) -> str | Failure | None:
        """Return the model that a client means, None for any, or why no worker will come to serve it."""
        model = self._models.choose(name)
        if isinstance(model, Failure):
            return model
        if not self._workers and not self._state.expected:
            return Failure(Why.UNAVAILABLE, "No worker is connected. Please try again in a moment.")
        if self._state.hopeless(model):
            return Failure(Why.UNAVAILABLE, f"No worker can serve: {self._state.trouble}.")
        return model

    def _abandoned(self, number: int) -> list[Action]:
        self._questions.forget(number)
        generation = self._generations.get(number)
        if generation is None or generation.cancelled:
            return []
        if generation.worker is None:
            self._state.queue.remove(number)
            del self._generations[number]
            self._state.keep_none_for(number)
            return self._dispatch()
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
            case WorkerBeat(step, _, still_seconds):
                worker.at_step(step, still_seconds, now)
                return []
            case Accepted(number, prompt_tokens):
                return self._accepted(worker, number, prompt_tokens)
            case Failed():
                return self._failed(worker, message)
            case Cancelled(number):
                return self._ended(worker, number, None)
            case Inspected(number):
                return [Deliver(number, message)] if self._questions.answered(identity, number) else []
            case Loading():
                worker.loads(message, now)
                return []
            case Ready():
                return self._became_ready(worker, message, now)
            case Leaving():
                return self._leaves(worker)
            case Dead(reason):
                return self._lose(identity, reason, now, Cause.LAST_WORDS)

    def _greeted(self, identity: bytes, hello: Hello, now: float) -> list[Action]:
        lost = self._lose(identity, "it started over", now, died=False) if identity in self._workers else []
        if not same_major(hello.protocol):
            reason = (
                f"this frontend speaks protocol {PROTOCOL_VERSION}, worker {hello.worker} speaks "
                f"{hello.protocol}; install the same version of mlx-llm-server on both sides"
            )
            return [*lost, Transmit(identity, Refused(reason))]
        if self._drains.dismissed(identity):
            return [*lost, Transmit(identity, Refused(DISMISSED))]
        worker = Worker(identity, hello, heard_at=now, loading_at=now, progress_at=now)
        self._workers[identity] = worker
        if identity in self._drains:
            worker.state = WorkerState.DRAINING
        return [*lost, Transmit(identity, Welcome(PROTOCOL_VERSION))]

    def _became_ready(self, worker: Worker, ready: Ready, now: float) -> list[Action]:
        worker.ready = ready
        told: list[Action] = []
        if worker.state is WorkerState.LOADING:
            worker.state = WorkerState.READY
            self._state.promised = False
            told = [BecameReady(worker.hello.worker, worker.hello.pid)]
        self._models.saw(ready.model, now)
        # A drained one's work, if that is due, goes before what waits.
        return told + self._settle_drains(now) + self._dispatch()

    def _leaves(self, worker: Worker) -> list[Action]:
        worker.take_no_more(WorkerState.LEAVING)
        return self._dispatch()

    def _stepped(self, worker: Worker, message: Step, now: float) -> list[Action]:
        worker.at_step(message.step, 0.0, now)
        actions: list[Action] = []
        shares = self._state.queue.shares
        finished = False
        for prefilled in message.prefilled:
            generation = self._generations.get(prefilled.generation)
            if generation is not None and generation.worker == worker.identity:
                generation.prefilled = prefilled.tokens
        for delta in message.deltas:
            worker.tokens += len(delta.tokens)
            generation = self._generations.get(delta.generation)
            if generation is None or generation.worker != worker.identity:
                continue
            if not (generation.started or generation.cancelled):
                return actions + self._give_up(worker, "it answered a generation that it had not accepted", now)
            if not generation.cancelled:
                if delta.tokens and not generation.received:
                    self._first_tokens.append((now, now - generation.submitted_at))
                generation.received += delta.tokens
                shares.charge_answer(generation.key, len(delta.tokens))
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
        generation.started = True
        if generation.prompt_tokens is None:
            self._state.queue.shares.charge_prompt(generation.key, prompt_tokens - generation.estimate)
            generation.prompt_tokens = prompt_tokens
        told: list[Action] = []
        if not generation.announced:
            generation.announced = True
            # What one model has begun no other can go on with.
            generation.model = worker.ready.model.id
            told = [Deliver(number, Started(worker.ready.model, prompt_tokens))]
        # Its prompt may be shorter than it was taken for.
        return told + self._dispatch()

    def _failed(self, worker: Worker, message: Failed) -> list[Action]:
        why = Why.INVALID if message.kind == "invalid" else Why.INTERNAL
        failure = Failure(why, message.message, message.param, message.code)
        if self._questions.answered(worker.identity, message.generation):
            return [Deliver(message.generation, failure)]
        return self._ended(worker, message.generation, failure)

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
        worker.ended += 1
        del self._generations[number]
        if worker.kept_for == number:
            worker.kept_for = None

    def _exited(self, pid: int, reason: str, now: float) -> list[Action]:
        self._drains.exited(pid)
        identities = [identity for identity, worker in self._workers.items() if worker.hello.pid == pid]
        return [action for identity in identities for action in self._lose(identity, reason, now)]

    def _lose(
        self, identity: bytes, reason: str, now: float, cause: Cause = Cause.EXIT, *, died: bool = True
    ) -> list[Action]:
        """Forget a worker; what it had goes on elsewhere. `died` is false if nothing it had can be to blame."""
        return self._losses.forget(identity, reason, now, cause, died=died) + self._dispatch()

    def _give_up(self, worker: Worker, reason: str, now: float) -> list[Action]:
        """Forget a worker whose process still lives."""
        return [
            *self._lose(worker.identity, reason, now, Cause.PROTOCOL),
            self._losses.retire(worker, reason, now),
        ]

    def _settle_drains(self, now: float) -> list[Action]:
        """Let go of the draining workers that are done; what is taken from them goes to others."""
        actions = self._drains.settle(now)
        return actions + self._dispatch() if actions else []

    # --- time ---

    def _tick(self, now: float) -> list[Action]:
        actions: list[Action] = []
        for worker in self.workers:
            if (why := given_up(worker, self._state.limits, now)) is not None:
                cause, reason = why
                actions += [
                    *self._losses.forget(worker.identity, reason, now, cause),
                    self._losses.retire(worker, reason, now),
                ]
            else:
                actions.append(Transmit(worker.identity, FrontendBeat()))
        # Only now: what one had must not go to another that is given up too.
        actions += self._dispatch()
        for worker in self._workers.values():
            if worker.ready is not None:
                self._models.saw(worker.ready.model, now)
        self._models.forget_old(now)
        self._convictions.forget_old(now)
        actions += self._questions.expire(now) + self._losses.open_fences(now)
        expired = expire(self._state, now)
        return actions + (expired + self._dispatch() if expired else [])

    # --- giving out work ---

    def _dispatch(self) -> list[Action]:
        """Give out what waits, as far as workers have room."""
        return self._questions.give(self._workers.values()) + self._assignment.give_out()
