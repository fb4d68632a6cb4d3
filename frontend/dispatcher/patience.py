"""How long is waited: for a sign of a worker, and by a generation for a worker."""

from __future__ import annotations

from .events import Action, Cause, Deliver, Failure, Why
from .state import Limits, State, Worker, WorkerState


def given_up(worker: Worker, limits: Limits, now: float) -> tuple[Cause, str] | None:
    """Return why a worker is waited for no longer, or None."""
    if now - worker.heard_at > limits.silence_seconds:
        return Cause.SILENCE, f"it said nothing for {now - worker.heard_at:.0f} s"
    if worker.state is not WorkerState.LOADING and worker.still > limits.longest_step(worker):
        return Cause.WEDGE, f"its engine has stood still for {worker.still:.0f} s"
    if worker.state is WorkerState.LOADING and now - worker.loading_at > limits.loading_seconds:
        stage = worker.loading.stage
        return Cause.LOADING, f"its loading has stood still for {now - worker.loading_at:.0f} s ({stage})"
    return None


def expire(state: State, now: float) -> list[Action]:
    """End the waiting of those whom no worker could take in time."""
    actions: list[Action] = []
    for number in list(state.queue):
        generation = state.generations[number]
        waited = now - generation.queued_at
        served = state.served(generation.model)
        unready = 0.0 if served else now - max(generation.queued_at, state.models.served_at(generation.model))
        # Who has a part of the answer already waits for a worker as long as it may take to load; so do all if
        # it was we who ended the last one.
        may_load = generation.announced or generation.deaths or state.promised
        patience = state.limits.queue_seconds if may_load else state.limits.unready_seconds
        in_vain = state.hopeless(generation.model) and not generation.announced
        if waited <= state.limits.queue_seconds and unready <= patience and not in_vain:
            continue
        state.queue.remove(number)
        del state.generations[number]
        state.keep_none_for(number)
        why = "every worker is busy" if served else state.trouble or "no worker is ready"
        failure = Failure(Why.UNAVAILABLE, f"The request waited {waited:.0f} s: {why}. Please try again later.")
        actions.append(Deliver(number, failure))
    return actions
