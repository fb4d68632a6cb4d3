"""The machine itself: every event's consequences. The states are told in the package's docstring."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

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
from .convictions import Conviction, Convictions
from .drains import DISMISSED, Drains
from .events import (
    Abandoned,
    Action,
    Asked,
    BecameReady,
    Deliver,
    Drain,
    Drained,
    Event,
    Exited,
    Expecting,
    Failure,
    Forgetting,
    Pardoned,
    Received,
    Retire,
    Started,
    Submitted,
    Tick,
    Transmit,
    Unreachable,
    Why,
)
from .loss import describe_loss
from .models import KnownModels
from .questions import Questions
from .state import Generation, Limits, Worker, WorkerState


class Dispatcher:
    """The state of every worker and every generation of a frontend."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._workers: dict[bytes, Worker] = {}
        self._generations: dict[int, Generation] = {}
        self._queue: deque[int] = deque()
        self._models = KnownModels(self._limits.model_memory_seconds)
        self._fenced: dict[bytes, float] = {}
        self._expected = 0
        self._trouble: str | None = None
        self._drains = Drains()
        # A drained worker's successor is on its way, and nobody else serves.
        self._promised = False
        self._questions = Questions()
        self._convictions = Convictions(self._limits.conviction_seconds)

    # --- what others may look at ---

    @property
    def workers(self) -> list[Worker]:
        """The workers that are known, in the order they came."""
        return list(self._workers.values())

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
        return self._expected

    @property
    def trouble(self) -> str | None:
        """Why none of those is likely to get ready soon; None while there is hope."""
        return self._trouble

    @property
    def queued(self) -> int:
        """How many generations wait for a worker."""
        return len(self._queue)

    @property
    def unfinished(self) -> int:
        """How many generations somebody waits for."""
        return sum(not generation.cancelled for generation in self._generations.values())

    @property
    def convictions(self) -> list[Conviction]:
        """The requests that are refused because they crashed their workers, the oldest first."""
        return self._convictions.all()

    def ahead_of(self, number: int) -> int | None:
        """Return how many generations wait before this one; None if it does not wait."""
        return self._queue.index(number) if number in self._queue else None

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
                return [] if identity in self._fenced else self._received(identity, message, now)
            case Submitted():
                return self._submitted(event, now)
            case Asked():
                return self._asked(event, now)
            case Abandoned(generation):
                return self._abandoned(generation)
            case Unreachable(identity, reason):
                return self._lose(identity, reason, now)
            case Exited(pid, reason):
                return self._exited(pid, reason, now)
            case Expecting(workers, trouble):
                self._expected, self._trouble = workers, trouble
                return []
            case Pardoned(fingerprint):
                self._convictions.pardon(fingerprint)
                return []
            case Drain():
                return self._drain(event, now)
            case Forgetting():
                ready = [worker for worker in self.workers if worker.ready is not None]
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
        has_room = any(worker.room > 0 and worker.serves(model) for worker in self._workers.values())
        if not has_room and len(self._queue) >= self._limits.queue_length:
            failure = Failure(
                Why.OVERLOADED,
                f"The server is busy: {len(self._queue)} requests are waiting. Please try again later.",
            )
            return [Deliver(number, failure)]
        self._generations[number] = Generation(event.request, model, now, now)
        self._queue.append(number)
        return self._dispatch()

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
        if not self._workers and not self._expected:
            return Failure(Why.UNAVAILABLE, "No worker is connected. Please try again in a moment.")
        if self._hopeless(model):
            return Failure(Why.UNAVAILABLE, f"No worker can serve: {self._trouble}.")
        return model

    def _hopeless(self, model: str | None) -> bool:
        """Tell whether nobody serves `model`, and those who might are in trouble."""
        return self._trouble is not None and not any(worker.serves(model) for worker in self._workers.values())

    def _abandoned(self, number: int) -> list[Action]:
        self._questions.forget(number)
        generation = self._generations.get(number)
        if generation is None or generation.cancelled:
            return []
        if generation.worker is None:
            self._queue.remove(number)
            del self._generations[number]
            self._keep_none_for(number)
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
                return self._lose(identity, reason, now)

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
            self._promised = False
            told = [BecameReady(worker.hello.worker, worker.hello.pid)]
        self._models.saw(ready.model, now)
        # A drained one's work, if that is due, goes before what waits.
        return told + self._settle_drains(now) + self._dispatch()

    def _leaves(self, worker: Worker) -> list[Action]:
        self._take_no_more(worker, WorkerState.LEAVING)
        return self._dispatch()

    def _take_no_more(self, worker: Worker, state: WorkerState) -> None:
        worker.state = state
        if worker.kept_for not in worker.running:
            worker.kept_for = None  # another one may be

    def _stepped(self, worker: Worker, message: Step, now: float) -> list[Action]:
        worker.at_step(message.step, 0.0, now)
        actions: list[Action] = []
        finished = False
        for prefilled in message.prefilled:
            generation = self._generations.get(prefilled.generation)
            if generation is not None and generation.worker == worker.identity:
                generation.prefilled = prefilled.tokens
        for delta in message.deltas:
            generation = self._generations.get(delta.generation)
            if generation is None or generation.worker != worker.identity:
                continue
            if not (generation.started or generation.cancelled):
                return actions + self._give_up(worker, "it answered a generation that it had not accepted", now)
            if not generation.cancelled:
                generation.received += delta.tokens
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
        generation.prompt_tokens = prompt_tokens
        if generation.announced:
            return []
        generation.announced = True
        # What one model has begun no other can go on with.
        generation.model = worker.ready.model.id
        return [Deliver(number, Started(worker.ready.model, prompt_tokens))]

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

    def _lose(self, identity: bytes, reason: str, now: float, *, died: bool = True) -> list[Action]:
        """Forget a worker; what it had goes on elsewhere. `died` is false if nothing it had can be to blame."""
        return self._forget(identity, reason, now, died=died) + self._dispatch()

    def _give_up(self, worker: Worker, reason: str, now: float) -> list[Action]:
        """Forget a worker whose process still lives."""
        return [*self._lose(worker.identity, reason, now), self._retire(worker, reason, now)]

    def _retire(self, worker: Worker, reason: str, now: float) -> Retire:
        """Have a worker's process ended, and hear nothing of what it still says until that had time to happen."""
        self._fenced[worker.identity] = now + self._limits.fence_seconds
        return Retire(worker.hello.pid, reason)

    def _forget(self, identity: bytes, reason: str, now: float, *, died: bool = True) -> list[Action]:
        """Forget a worker, and put what it had back into the queue, to be resumed; but a convict's way ends."""
        worker = self._workers.pop(identity, None)
        if worker is None:
            return []
        if worker.ready is not None:
            self._models.saw(worker.ready.model, now)
        numbers = sorted(worker.running)
        actions: list[Action] = []
        if died:
            had = [self._generations[number] for number in numbers]
            lost = describe_loss(worker, had, reason, now)
            actions.append(lost)
            reason += f"; crash {lost.crash}"
        # Told to go and not done in time: that is nobody's fault.
        died = died and worker.state is not WorkerState.LEAVING
        for number in numbers:
            generation = self._generations[number]
            if generation.cancelled:
                del self._generations[number]
                continue
            if died:
                alone = generation.suspect  # suspects always are
                generation.survive()
                if alone and generation.suspect:
                    del self._generations[number]
                    actions.append(Deliver(number, self._convictions.convict(generation.request, reason, now)))
                    continue
            generation.wait_again(now)
            self._queue.append(number)
        self._sort_queue()
        return actions + self._questions.lost(identity, reason, died=died)

    def _sort_queue(self) -> None:
        # Numbers rise with time, so this is the order in which they came.
        self._queue = deque(sorted(self._queue))

    # --- draining ---

    def _drain(self, order: Drain, now: float) -> list[Action]:
        worker = self._workers.get(order.identity)
        if worker is None or order.identity in self._drains:
            return []
        self._drains.begin(order, worker.hello, now)
        if worker.state is not WorkerState.LEAVING:
            self._take_no_more(worker, WorkerState.DRAINING)
        self._promised |= order.successor and not self._others_take(worker)
        return self._settle_drains(now) + self._dispatch()

    def _settle_drains(self, now: float) -> list[Action]:
        """Let go of the draining workers that are empty, or whose time is up; a lost one is empty too."""
        actions: list[Action] = []
        for identity, drain in self._drains.under_way():
            worker = self._workers.get(identity)
            if worker is not None and worker.running:
                if now < drain.until or not (drain.successor or self._others_take(worker)):
                    continue
                actions += self._take_away(worker, now)
            drain.over = True
            if drain.successor:
                actions.append(Drained(drain.worker, drain.pid))
            elif worker is not None:
                self._forget(identity, DISMISSED, now, died=False)
                actions.append(Transmit(identity, Refused(DISMISSED)))
        return actions + self._dispatch() if actions else []

    def _others_take(self, worker: Worker) -> bool:
        """Tell whether another worker takes work for this one's model."""
        return worker.ready is not None and any(
            other.takes(worker.ready.model.id) for other in self._workers.values()
        )

    def _take_away(self, worker: Worker, now: float) -> list[Action]:
        """Put what a living worker has back into the queue, to be resumed; what it still says of it is dropped."""
        actions: list[Action] = []
        for number in sorted(worker.running):
            generation = self._generations[number]
            if generation.cancelled:
                del self._generations[number]
                continue
            generation.wait_again(now)
            self._queue.append(number)
            actions.append(Transmit(worker.identity, Cancel(number)))
        worker.running.clear()
        worker.kept_for = None
        self._sort_queue()
        return actions

    # --- time ---

    def _tick(self, now: float) -> list[Action]:
        actions: list[Action] = []
        for worker in self.workers:
            if (reason := self._given_up(worker, now)) is not None:
                actions += [*self._forget(worker.identity, reason, now), self._retire(worker, reason, now)]
            else:
                actions.append(Transmit(worker.identity, FrontendBeat()))
        # Only now: what one had must not go to another that is given up too.
        actions += self._dispatch()
        for worker in self._workers.values():
            if worker.ready is not None:
                self._models.saw(worker.ready.model, now)
        self._models.forget_old(now)
        self._convictions.forget_old(now)
        return actions + self._questions.expire(now) + self._open_fences(now) + self._expire(now)

    def _given_up(self, worker: Worker, now: float) -> str | None:
        if now - worker.heard_at > self._limits.silence_seconds:
            return f"it said nothing for {now - worker.heard_at:.0f} s"
        if worker.state is not WorkerState.LOADING and worker.still > self._limits.longest_step(worker):
            return f"its engine has stood still for {worker.still:.0f} s"
        if worker.state is WorkerState.LOADING and now - worker.loading_at > self._limits.loading_seconds:
            return f"its loading has stood still for {now - worker.loading_at:.0f} s ({worker.loading.stage})"
        return None

    def _open_fences(self, now: float) -> list[Action]:
        """Let those speak again that were given up and whose process is not ours to end."""
        over = [identity for identity, until in self._fenced.items() if until <= now]
        for identity in over:
            del self._fenced[identity]
        return [Transmit(identity, Introduce()) for identity in over]

    def _expire(self, now: float) -> list[Action]:
        """End the waiting of those whom no worker could take in time."""
        actions: list[Action] = []
        for number in list(self._queue):
            generation = self._generations[number]
            waited = now - generation.queued_at
            served = any(worker.serves(generation.model) for worker in self._workers.values())
            unready = 0.0 if served else now - max(generation.queued_at, self._models.served_at(generation.model))
            # Who has a part of the answer already waits for a worker as long as it may take to load; so do all if
            # it was we who ended the last one.
            may_load = generation.announced or generation.deaths or self._promised
            patience = self._limits.queue_seconds if may_load else self._limits.unready_seconds
            in_vain = self._hopeless(generation.model) and not generation.announced
            if waited <= self._limits.queue_seconds and unready <= patience and not in_vain:
                continue
            self._queue.remove(number)
            del self._generations[number]
            self._keep_none_for(number)
            why = "every worker is busy" if served else self._trouble or "no worker is ready"
            failure = Failure(
                Why.UNAVAILABLE, f"The request waited {waited:.0f} s: {why}. Please try again later."
            )
            actions.append(Deliver(number, failure))
        return actions + self._dispatch() if actions else []

    # --- giving out work ---

    def _dispatch(self) -> list[Action]:
        """Give queued generations, oldest first, to the least loaded worker that serves their model."""
        actions = self._questions.give(self._workers.values()) + self._dispatch_suspect()
        for number in list(self._queue):
            free = [worker for worker in self._workers.values() if worker.room > 0]
            if not free:
                break
            generation = self._generations[number]
            able = [worker for worker in free if worker.serves(generation.model)]
            if able and not generation.suspect:
                actions.append(self._give(number, min(able, key=lambda worker: worker.load)))
        return actions

    def _dispatch_suspect(self) -> list[Action]:
        """Keep a worker for the oldest suspect that one serves, and give it to it once it is empty."""
        keeping = next((worker for worker in self._workers.values() if worker.kept_for is not None), None)
        if keeping is None:
            for number in self._queue:
                generation = self._generations[number]
                able = [worker for worker in self._workers.values() if worker.takes(generation.model)]
                if generation.suspect and able:
                    keeping = min(able, key=lambda worker: worker.load)
                    keeping.kept_for = number
                    break
        if keeping is None or keeping.kept_for is None or keeping.running:
            return []
        return [self._give(keeping.kept_for, keeping)]

    def _give(self, number: int, worker: Worker) -> Transmit:
        """Let a worker do, or go on with, a queued generation."""
        generation = self._generations[number]
        self._queue.remove(number)
        generation.worker = worker.identity
        worker.running.add(number)
        return Transmit(worker.identity, replace(generation.request, resume=tuple(generation.received)))

    def _keep_none_for(self, number: int) -> None:
        """Let the worker that was kept for a suspect serve all again."""
        for worker in self._workers.values():
            if worker.kept_for == number:
                worker.kept_for = None
