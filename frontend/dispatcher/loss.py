"""What is known of a worker at the moment it is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .events import Cause, Interrupted, Lost
from .fingerprint import fingerprint
from .state import Generation, Worker, WorkerState

_ID_BYTES = 5


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
