"""What the I/O thread tells the main thread to do, and how it sees whether that goes on."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass

from .scheduler import Insert, Remove


@dataclass(frozen=True)
class Start:
    """A frontend welcomed us: load the model."""


@dataclass(frozen=True)
class Call:
    """Say that the engine goes on: a frontend welcomed us anew, and wants to know."""

    frontend: int


@dataclass(frozen=True)
class Clear:
    """Forget what the prefix cache holds."""


@dataclass(frozen=True)
class Stop:
    """End the process with this exit code."""

    code: int


Order = Start | Call | Insert | Remove | Clear | Stop


class Orders:
    """Orders on their way to the main thread, which says through it when it begins a piece of work.

    MLX gives no sign of itself while it computes, or while it hangs. So each piece of work begins with a new
    time: what is old stands still.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._begun: float | None = None  # one attribute, written by one thread: no lock

    # --- for the I/O thread ---

    def give(self, order: Order) -> None:
        """Add an order."""
        self._queue.put(order)

    @property
    def still_seconds(self) -> float:
        """How long the main thread has been at its piece of work; 0 while it waits for an order."""
        begun = self._begun
        return 0.0 if begun is None else time.monotonic() - begun

    # --- for the main thread ---

    def begin(self) -> None:
        """Begin a piece of work."""
        self._begun = time.monotonic()

    def rest(self) -> None:
        """Begin what no step's bound holds for: waiting, or loading."""
        self._begun = None

    def take(self, seconds: float | None = None) -> Order | None:
        """Wait for the next order and begin it, or return None if there is none in so many seconds.

        Args:
            seconds: None waits for ever.
        """
        self.rest()
        try:
            return self._queue.get(timeout=seconds)
        except queue.Empty:
            return None
        finally:
            self.begin()

    def __bool__(self) -> bool:
        """Whether an order waits."""
        return not self._queue.empty()
