"""Workers that are gone or given up: what is told of them, and what becomes of the generations that they had."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from ...protocol.messages import Introduce
from .convictions import Convictions
from .events import Action, Cause, Deliver, Interrupted, Lost, Retire, Transmit
from .fingerprint import fingerprint
from .questions import Questions
from .state import Generation, State, Worker, WorkerState

_ID_BYTES = 5


class Losses:
    """Forgets workers.

    Args:
        state: The dispatcher's.
        questions: Those that workers were asked.
        convictions: Remembers what killed its workers.
    """

    def __init__(self, state: State, questions: Questions, convictions: Convictions) -> None:
        self._state = state
        self._questions = questions
        self._convictions = convictions
        self._fenced: dict[bytes, float] = {}

    def forget(
        self, identity: bytes, reason: str, now: float, cause: Cause = Cause.EXIT, *, died: bool = True
    ) -> list[Action]:
        """Forget a worker, and put what it had back into the queue, to be resumed; but a convict's way ends.

        Args:
            identity: The worker's; an unknown one is lost already.
            reason: How it was seen.
            now: The time.
            cause: The kind of the reason.
            died: False if nothing that it had can be to blame.
        """
        worker = self._state.workers.pop(identity, None)
        if worker is None:
            return []
        self._state.gone += worker.tally
        if worker.ready is not None:
            self._state.models.saw(worker.ready.model, now)
        numbers = sorted(worker.running)
        actions: list[Action] = []
        if died:
            had = [self._state.generations[number] for number in numbers]
            lost = describe_loss(worker, had, reason, now, cause)
            actions.append(lost)
            reason += f"; crash {lost.crash}"
        # Told to go and not done in time: that is nobody's fault.
        died = died and worker.state is not WorkerState.LEAVING
        surviving: list[int] = []
        for number in numbers:
            generation = self._state.generations[number]
            if generation.cancelled:
                del self._state.generations[number]
                continue
            if died:
                alone = generation.suspect  # suspects always are
                generation.survive()
                if alone and generation.suspect:
                    del self._state.generations[number]
                    actions.append(Deliver(number, self._convictions.convict(generation.request, reason, now)))
                    continue
            surviving.append(number)
        self._state.wait_again(surviving, now)
        return actions + self._questions.lost(identity, reason, died=died)

    def retire(self, worker: Worker, reason: str, now: float) -> Retire:
        """Have a worker's process ended, and hear nothing of what it still says until that had time to happen."""
        self._fenced[worker.identity] = now + self._state.limits.fence_seconds
        return Retire(worker.hello.pid, reason)

    def fenced(self, identity: bytes) -> bool:
        """Tell whether nothing is heard of a worker now."""
        return identity in self._fenced

    def open_fences(self, now: float) -> list[Action]:
        """Let those speak again that were given up and whose process is not ours to end."""
        over = [identity for identity, until in self._fenced.items() if until <= now]
        for identity in over:
            del self._fenced[identity]
        return [Transmit(identity, Introduce()) for identity in over]


def describe_loss(
    worker: Worker, generations: Iterable[Generation], reason: str, now: float, cause: Cause
) -> Lost:
    """Return what can be told of a worker's end, and of the generations that it had.

    Call it before the generations are changed: it tells how far they were.
    """
    # An identity is drawn at a worker's start, and the same one may be lost again later.
    crash = hashlib.blake2b(worker.identity + repr(now).encode(), digest_size=_ID_BYTES).hexdigest()
    return Lost(
        crash=crash,
        worker=worker.hello.worker,
        pid=worker.hello.pid,
        model=worker.ready.model.id if worker.ready else worker.hello.model,
        backend=worker.ready.backend if worker.ready else "",
        leaving=worker.state is WorkerState.LEAVING,
        ready=worker.ready is not None,
        reason=reason,
        cause=cause,
        step=worker.step,
        still_seconds=round(now - worker.progress_at, 3),
        silent_seconds=round(now - worker.heard_at, 3),
        generations=tuple(
            Interrupted(
                fingerprint=fingerprint(generation.request),
                accepted=generation.started,
                prompt_tokens=generation.prompt_tokens,
                tokens=len(generation.received),
                age_seconds=round(now - generation.submitted_at, 3),
                cancelled=generation.cancelled,
            )
            for generation in generations
        ),
    )
