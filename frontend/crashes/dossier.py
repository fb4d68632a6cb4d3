"""The content of a crash dossier."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ... import __version__
from ..dispatcher import Interrupted, Lost


@dataclass(frozen=True)
class Dossier:
    """A worker's death.

    Attributes:
        id: Ten hexadecimal digits; in the log and in the errors that clients got.
        time: When it was noticed, in UTC, as ISO 8601 has it.
        endpoint: Of the frontend that noticed.
        own: The frontend had started the worker, and so knows how it ended and what it printed.
        state: `starting` before it greeted, `loading`, `ready` or `leaving`.
        reason: How the death was seen.
        exit: The exit code or the signal, in words; None while it is not known.
        seconds_since_progress: Since its step number last rose, or since it had nothing to do.
        seconds_since_heard: Since its last message.
        memory_bytes: What it held when that was last looked at, a second before at most; None where that can't be.
        generations: What it ran, or was given to run.
        stderr: The last lines it printed; None of a worker that is not our own.
    """

    id: str
    time: str
    endpoint: str
    worker: str
    pid: int
    own: bool
    state: str
    reason: str
    model: str | None = None
    backend: str | None = None
    exit: str | None = None
    exit_code: int | None = None
    step: int | None = None
    seconds_since_progress: float | None = None
    seconds_since_heard: float | None = None
    memory_bytes: int | None = None
    generations: tuple[Interrupted, ...] = ()
    stderr: tuple[str, ...] | None = None
    version: str = __version__

    def as_json(self) -> dict[str, Any]:
        """Return what `json.dumps` takes."""
        return asdict(self)


def of_loss(lost: Lost, *, time: str, endpoint: str, own: bool, memory_bytes: int | None) -> Dossier:
    """Return the dossier of a worker that the dispatcher lost; how its process ended is added once it is known."""
    state = "leaving" if lost.leaving else "ready" if lost.ready else "loading"
    return Dossier(
        id=lost.crash,
        time=time,
        endpoint=endpoint,
        worker=lost.worker,
        pid=lost.pid,
        own=own,
        state=state,
        reason=lost.reason,
        model=lost.model,
        backend=lost.backend or None,
        step=lost.step,
        seconds_since_progress=lost.still_seconds,
        seconds_since_heard=lost.silent_seconds,
        memory_bytes=memory_bytes,
        generations=lost.generations,
    )
