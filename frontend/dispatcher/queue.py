"""The generations that wait for a worker, and in which order they get one.

- Those that had a worker and lost it come first, in the order in which they came: their clients are in the middle
  of an answer.
- *Interactive* ones come before *batch* ones; but while both wait, every eighth that is given out is of the batch,
  so that it moves whatever comes in.
- Among the keys of clients, the one that was served least comes first, as told by virtual token counters (VTC,
  Sheng et al., https://arxiv.org/abs/2401.00588): a key is charged for the tokens of its prompts and answers as
  they are computed, and one that comes back after a pause begins where the others are, so that it saved up
  nothing. A key that is alone gets everything.
- Of one key and priority, the oldest comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

# Of so many that are given out while both priorities wait, one is of the batch.
BATCH_TURN = 8
# A token of an answer takes a row of a step, those of a prompt share one (VTC's own weights are 1 and 2).
_PROMPT_WEIGHT = 1
_ANSWER_WEIGHT = 2


class Priority(Enum):
    """How soon a client needs its answer."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


class Shares:
    """How much each key was served, in weighted tokens. There are as many as keys that the server knows."""

    def __init__(self) -> None:
        self._served: dict[str, int] = {}

    def of(self, key: str) -> int:
        """Return how much a key was served."""
        return self._served.get(key, 0)

    def charge_prompt(self, key: str, tokens: int) -> None:
        """Charge a key for tokens of a prompt; fewer than none corrects an estimate."""
        self._served[key] = self.of(key) + _PROMPT_WEIGHT * tokens

    def charge_answer(self, key: str, tokens: int) -> None:
        """Charge a key for tokens of an answer."""
        self._served[key] = self.of(key) + _ANSWER_WEIGHT * tokens

    def lift(self, key: str, least: int) -> None:
        """Let a key that begins to wait have been served no less than those who wait already."""
        self._served[key] = max(self.of(key), least)


class Queue:
    """Numbers of generations, in the order in which they get a worker."""

    def __init__(self) -> None:
        self.shares = Shares()
        # Each is a dictionary for its order and its quick removal.
        self._resuming: dict[int, None] = {}
        self._lanes: dict[tuple[Priority, str], dict[int, None]] = {}
        self._lane_of: dict[int, tuple[Priority, str] | None] = {}
        # How many interactive ones went before the batch, since it had its last turn.
        self._before_batch = 0
        self._last_key: str | None = None

    def __len__(self) -> int:
        return len(self._lane_of)

    def __contains__(self, number: int) -> bool:
        return number in self._lane_of

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers in their order; the queue must not be changed meanwhile."""
        yield from self._resuming
        first, second = Priority.INTERACTIVE, Priority.BATCH
        if self._before_batch >= BATCH_TURN - 1:
            first, second = second, first
        for priority in (first, second):
            lanes = [lane for lane in self._lanes if lane[0] is priority]
            for lane in sorted(lanes, key=lambda lane: self.shares.of(lane[1])):
                yield from self._lanes[lane]

    def ahead_of(self, number: int) -> int | None:
        """Return how many wait before this one; None if it does not wait."""
        return next((ahead for ahead, each in enumerate(self) if each == number), None)

    def surplus(self) -> int:
        """Return the one that goes if one must: the newest of the key that has most waiting.

        It is of the batch, if that takes more of the queue than its share of the turns. What had a worker stays;
        there must be one that had none.
        """
        batch = sum(len(numbers) for (priority, _), numbers in self._lanes.items() if priority is Priority.BATCH)
        wanted = Priority.BATCH if batch * BATCH_TURN > len(self) else Priority.INTERACTIVE
        lanes = [numbers for (priority, _), numbers in self._lanes.items() if priority is wanted]
        longest = max(lanes or self._lanes.values(), key=lambda numbers: (len(numbers), next(reversed(numbers))))
        return next(reversed(longest))

    def add(self, number: int, key: str, priority: Priority) -> None:
        """Let a new generation wait; numbers rise with time.

        Args:
            number: The generation's.
            key: Whose it is.
            priority: Of those of this key, and of all.
        """
        waiting = {lane[1] for lane in self._lanes}
        if key not in waiting:
            # After a time in which nobody waited, whoever was served last is the measure.
            others = waiting or ({self._last_key} if self._last_key is not None else set())
            self.shares.lift(key, min((self.shares.of(other) for other in others), default=0))
        self._lanes.setdefault((priority, key), {})[number] = None
        self._lane_of[number] = (priority, key)

    def resume(self, numbers: list[int]) -> None:
        """Let generations wait again that had a worker."""
        self._resuming = dict.fromkeys(sorted([*self._resuming, *numbers]))
        self._lane_of |= dict.fromkeys(numbers)

    def remove(self, number: int) -> None:
        """Take out one that waits no longer, whatever became of it."""
        lane = self._lane_of.pop(number)
        if lane is None:
            del self._resuming[number]
            return
        del self._lanes[lane][number]
        if not self._lanes[lane]:
            del self._lanes[lane]

    def take(self, number: int) -> None:
        """Take out one that a worker gets."""
        lane = self._lane_of[number]
        self.remove(number)
        if lane is None:
            return
        priority, self._last_key = lane
        if priority is Priority.BATCH:
            self._before_batch = 0
        elif any(other is Priority.BATCH for other, _ in self._lanes):
            self._before_batch += 1
