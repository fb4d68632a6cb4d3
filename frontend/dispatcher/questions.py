"""Questions about prompts: asked of any worker that is ready, and of another one if that worker is lost.

They take no credit, as a worker answers them beside its steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...protocol.messages import Inspect
from .events import Action, Deliver, Failure, Transmit, Why
from .state import Worker

# A question that so many workers died with is not asked again: it may be what they died of.
_MOST_DEATHS = 2


@dataclass(slots=True)
class _Question:
    """A question that has no answer yet.

    Attributes:
        model: The one that is asked about; None is any.
        until: How long somebody waits for the answer.
        worker: Who was asked; None while nobody can be.
    """

    message: Inspect
    model: str | None
    until: float
    worker: bytes | None = None
    deaths: int = 0


class Questions:
    """The questions that somebody waits for, by their numbers."""

    def __init__(self) -> None:
        self._asked: dict[int, _Question] = {}

    def ask(self, message: Inspect, model: str | None, until: float) -> None:
        """Take a question; `give` sends it."""
        self._asked[message.number] = _Question(message, model, until)

    def forget(self, number: int) -> None:
        """Nobody waits for the answer any more."""
        self._asked.pop(number, None)

    def give(self, workers: Iterable[Worker]) -> list[Action]:
        """Ask the least loaded of the workers that serve a question's model."""
        actions: list[Action] = []
        for question in self._asked.values():
            if question.worker is None:
                able = [worker for worker in workers if worker.takes(question.model)]
                if able:
                    question.worker = min(able, key=lambda worker: worker.load).identity
                    actions.append(Transmit(question.worker, question.message))
        return actions

    def answered(self, identity: bytes, number: int) -> bool:
        """Tell whether it is this worker's to answer a question, which is over then."""
        question = self._asked.get(number)
        if question is None or question.worker != identity:
            return False
        del self._asked[number]
        return True

    def lost(self, identity: bytes, reason: str, *, died: bool) -> list[Action]:
        """Have others answer what a worker was asked that is gone; `died` if a question may be to blame."""
        actions: list[Action] = []
        for number, question in list(self._asked.items()):
            if question.worker == identity:
                question.worker = None
                question.deaths += died
                if question.deaths >= _MOST_DEATHS:
                    del self._asked[number]
                    failure = Failure(
                        Why.INTERNAL, f"The workers that were asked are gone; the last one: {reason}."
                    )
                    actions.append(Deliver(number, failure))
        return actions

    def expire(self, now: float) -> list[Action]:
        """End the waiting of those who had no answer in time."""
        over = [number for number, question in self._asked.items() if question.until <= now]
        for number in over:
            del self._asked[number]
        late = Failure(Why.UNAVAILABLE, "No worker has answered in time. Please try again later.")
        return [Deliver(number, late) for number in over]
