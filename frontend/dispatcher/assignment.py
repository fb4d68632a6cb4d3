"""Which worker gets which of the generations that wait."""

from __future__ import annotations

from dataclasses import replace

from .admission import MOST_OVERTAKING, Credit, with_memory
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
        """Give queued generations to workers with room and memory, in the queue's order."""
        actions = self._give_to_suspect()
        while (next_one := self._next()) is not None:
            actions.append(self._give(*next_one))
        return actions

    def _next(self) -> tuple[int, Worker] | None:
        """Return the first generation that a worker can take, and the worker.

        One that needs more memory than is free may be overtaken by others, but not for ever: then the worker that
        is nearest to having it takes no others.
        """
        state = self._state
        free = [worker for worker in state.workers.values() if worker.room > 0]
        # By model, as the queue may be long: who has room, and what is held of all memory.
        able: dict[str | None, list[Worker]] = {}
        credits_: dict[str | None, dict[bytes, Credit]] = {}
        overtaken: list[Generation] = []
        for number in state.queue:
            if not free:
                return None
            generation = state.generations[number]
            model = generation.model
            if model not in able:
                able[model] = [worker for worker in free if worker.serves(model)]
                credits_[model] = self._credits(model) if able[model] else {}
            if generation.suspect or not able[model]:
                continue
            if chosen := with_memory(able[model], credits_[model], generation):
                for each in overtaken:
                    each.passed_by += 1
                return number, choose_worker(chosen, self._trail(generation))
            overtaken.append(generation)
            if generation.passed_by >= MOST_OVERTAKING:
                of = credits_[model]
                free.remove(min(able[model], key=lambda worker: of[worker.identity].in_use))
                able.clear()
        return None

    def _credits(self, model: str | None) -> dict[bytes, Credit]:
        """Return what is held of the memory of each worker that takes work for a model."""
        workers, generations = self._state.workers, self._state.generations
        return {
            identity: Credit(worker, generations) for identity, worker in workers.items() if worker.takes(model)
        }

    def _give_to_suspect(self) -> list[Action]:
        """Keep a worker for the oldest suspect that one serves, and give it to it once it is empty."""
        workers = self._state.workers
        keeping = next((worker for worker in workers.values() if worker.kept_for is not None), None)
        if keeping is None:
            for number in self._state.queue:
                generation = self._state.generations[number]
                if not generation.suspect:
                    continue
                if able := [worker for worker in workers.values() if worker.takes(generation.model)]:
                    keeping = min(able, key=lambda worker: worker.load)
                    keeping.kept_for = number
                    break
        if keeping is None or keeping.kept_for is None or keeping.running:
            return []
        return [self._give(keeping.kept_for, keeping)]

    def _give(self, number: int, worker: Worker) -> Transmit:
        """Let a worker do, or go on with, a queued generation."""
        generation = self._state.generations[number]
        self._state.queue.take(number)
        if generation.prompt_tokens is None:
            self._state.queue.shares.charge_prompt(generation.key, generation.estimate)
        generation.worker = worker.identity
        worker.running.add(number)
        if (trail := self._trail(generation)) is not None:
            worker.prefixes.add(trail)
        worker.resumed += bool(generation.received or generation.deaths)
        return Transmit(worker.identity, replace(generation.request, resume=tuple(generation.received)))

    def _trail(self, generation: Generation) -> Trail | None:
        """Return the trail of a prompt; None where there is nothing to choose."""
        if generation.trail is None and len(self._state.workers) > 1:
            generation.trail = trail_of(generation.request)
        return generation.trail
