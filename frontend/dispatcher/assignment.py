"""Which worker gets which of the generations that wait."""

from __future__ import annotations

from dataclasses import replace

from .events import Action, Transmit
from .routing import Trail, choose_worker, trail_of
from .state import Generation, State, Worker


class Assignment:
    """Gives queued generations to workers with room.

    Args:
        state: The dispatcher's.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def give_out(self) -> list[Action]:
        """Give queued generations, oldest first, to the least loaded worker that serves their model."""
        state = self._state
        actions = self._give_to_suspect()
        for number in list(state.queue):
            free = [worker for worker in state.workers.values() if worker.room > 0]
            if not free:
                break
            generation = state.generations[number]
            able = [worker for worker in free if worker.serves(generation.model)]
            if able and not generation.suspect:
                actions.append(self._give(number, choose_worker(able, self._trail(generation))))
        return actions

    def _give_to_suspect(self) -> list[Action]:
        """Keep a worker for the oldest suspect that one serves, and give it to it once it is empty."""
        workers = self._state.workers
        keeping = next((worker for worker in workers.values() if worker.kept_for is not None), None)
        if keeping is None:
            for number in self._state.queue:
                generation = self._state.generations[number]
                able = [worker for worker in workers.values() if worker.takes(generation.model)]
                if generation.suspect and able:
                    keeping = min(able, key=lambda worker: worker.load)
                    keeping.kept_for = number
                    break
        if keeping is None or keeping.kept_for is None or keeping.running:
            return []
        return [self._give(keeping.kept_for, keeping)]

    def _give(self, number: int, worker: Worker) -> Transmit:
        """Let a worker do, or go on with, a queued generation."""
        generation = self._state.generations[number]
        self._state.queue.remove(number)
        generation.worker = worker.identity
        worker.running.add(number)
        if (trail := self._trail(generation)) is not None:
            worker.prefixes.add(trail)
        return Transmit(worker.identity, replace(generation.request, resume=tuple(generation.received)))

    def _trail(self, generation: Generation) -> Trail | None:
        """Return the trail of a prompt; None where there is nothing to choose."""
        if generation.trail is None and len(self._state.workers) > 1:
            generation.trail = trail_of(generation.request)
        return generation.trail
