"""What every program is asked to do, and what one measurement of it says."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

SENTENCE = "Say {}. "


@dataclass(frozen=True, slots=True)
class Job:
    """So many streams at once, each making its requests one after the other.

    `prompts` holds one list of user messages for each stream; `max_tokens` is the length of every answer.
    `sampled` answers are drawn, each stream with settings of its own (`settings`); others are greedy.
    """

    prompts: list[list[str]]
    max_tokens: int
    sampled: bool = False

    def settings(self, stream: int) -> dict[str, float]:
        """How a stream's tokens are drawn, in OpenAI's words."""
        if not self.sampled:
            return {"temperature": 0.0}
        return {"temperature": 0.6 + 0.05 * (stream % 8), "top_p": 0.8 + 0.02 * (stream % 10)}


@dataclass(slots=True)
class Measurement:
    """All times in seconds: of the whole, to each request's first token, and between tokens of a request.

    `decoded` tokens came after their request's first one, in `decoding` seconds of all requests together.
    """

    seconds: float = 0.0
    tokens: int = 0
    decoded: int = 0
    decoding: float = 0.0
    ttft: list[float] = field(default_factory=list)
    itl: list[float] = field(default_factory=list)

    def add(self, begin: float, times: list[float], tokens: int) -> None:
        """Count one request: when it was made, when each part of its text came, and its number of tokens."""
        self.tokens += tokens
        if times:
            self.ttft.append(times[0] - begin)
            self.decoded += tokens - 1
            self.decoding += times[-1] - times[0]
            self.itl.extend(after - before for before, after in pairwise(times))


def job(
    streams: int, rounds: int, max_tokens: int, turn: int, sentences: int = 1, *, sampled: bool = False
) -> Job:
    """The job of a turn: no prompt occurs twice, so that no prefix cache shortens one; lengths differ.

    A prompt is `sentences` to `sentences + 2` sentences long.
    """
    return Job(
        [
            [
                SENTENCE.format(((turn * 1000 + streams) * streams + stream) * rounds + part)
                * (sentences + stream % 3)
                for part in range(rounds)
            ]
            for stream in range(streams)
        ],
        max_tokens,
        sampled,
    )


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that at least so many percent do not exceed; NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else math.nan
