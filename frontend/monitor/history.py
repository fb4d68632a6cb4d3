"""The last minutes, a sample a second."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, fields
from typing import Any

HISTORY_SECONDS = 600
# A rate is told as the mean of so many samples: one second alone jumps.
RATE_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """What a second was like.

    Attributes:
        time: Its end, in Unix seconds.
        tokens_per_second: That all workers sampled.
        ttft_seconds: The median of the times to the first token of the answers that began; None if none did.
        running: Generations that workers had at its end.
        queued: Generations that waited for a worker at its end.
        memory_bytes: What all workers held, as far as that is known.
    """

    time: float
    tokens_per_second: float
    ttft_seconds: float | None
    running: int
    queued: int
    memory_bytes: int


class History:
    """A bounded number of samples, the oldest forgotten."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=HISTORY_SECONDS)

    def add(self, sample: Sample) -> None:
        """Take the latest one."""
        self._samples.append(sample)

    @property
    def tokens_per_second(self) -> float:
        """The rate of the last seconds."""
        return mean_rate([sample.tokens_per_second for sample in self._samples])

    def columns(self, seconds: float) -> dict[str, list[Any]]:
        """Return the samples of the last seconds, the oldest first, as a list for each attribute."""
        newest = self._samples[-1].time if self._samples else 0.0
        taken = [sample for sample in self._samples if sample.time > newest - seconds]
        return {field.name: [getattr(sample, field.name) for sample in taken] for field in fields(Sample)}


def mean_rate(rates: list[float]) -> float:
    """Return the mean of the latest rates, rounded; 0 if there are none."""
    latest = rates[-RATE_SAMPLES:]
    return round(sum(latest) / len(latest), 1) if latest else 0.0
