"""Generations for nobody, before the first for somebody: kernels are compiled, and the device's speed is measured.

On a GPU every number of rows that a step computes has kernels or graphs of its own, and so have a prompt's chunk,
prompts that end before others, and each way to draw a token: what was first met in a request took an H200 up to
3 s there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from ..protocol.messages import Sampling
from .decode import Device
from .pace import LARGEST, PrefillPace
from .scheduler import Insert, Key

# Tokens: less than any chunk.
_FEW = 16
# A device that has done a chunk in so many seconds is given one twice as large.
_SHORT_SECONDS = 0.2
# Of the rows, one after the other.
_SAMPLINGS = (
    Sampling(0, temperature=0, ignore_eos=True),
    Sampling(0, ignore_eos=True),
    Sampling(0, ignore_eos=True, top_p=0.9, logprobs=True, top_logprobs=2),
    Sampling(
        0,
        ignore_eos=True,
        min_p=0.1,
        top_k=20,
        xtc_probability=0.5,
        repetition_penalty=1.1,
        presence_penalty=0.1,
        frequency_penalty=0.1,
    ),
)


class Rehearsed(Protocol):
    """An engine.

    Attributes:
        pace: How many prompt tokens its steps process.
    """

    pace: PrefillPace

    @property
    def busy(self) -> bool:
        """Whether there is anything to step for."""
        ...

    def insert(self, order: Insert) -> None:
        """Queue a prompt."""
        ...

    def step(self) -> Sequence[object]:
        """Do a step and return its tokens."""
        ...


def rehearse(engine: Rehearsed, device: Device, max_batch: int, token: int, fixed: int | None = None) -> None:
    """Generate what comes later in all its shapes, and give the engine a pace that knows its speed.

    Args:
        engine: The engine, which is idle.
        device: Where it runs; if nothing is compiled there, one short generation is enough.
        max_batch: The most rows that decode together.
        token: Of the prompts.
        fixed: Prompt tokens that a step processes; None lets them follow the measured speed.

    Raises:
        Exception: Whatever MLX raises: this model can't run.
    """

    def new_pace(overhead: float = 0.0) -> PrefillPace:
        return PrefillPace(device.least_chunk, fixed, largest=device.largest_chunk, overhead=overhead)

    def play(lengths: list[int]) -> float:
        """Let prompts of these lengths be processed and their rows decode; return the first token's seconds."""
        for row, length in enumerate(lengths):
            sampling = replace(_SAMPLINGS[row % len(_SAMPLINGS)], seed=row)
            engine.insert(Insert(Key(-1, row), [token] * length, sampling, 4))
        begin = perf_counter()
        while not engine.step():
            pass
        seconds = perf_counter() - begin
        while engine.busy:
            engine.step()
        return seconds

    play([2])
    engine.pace = new_pace()  # compiling says nothing of the speed
    if not device.needs_rehearsal:
        return
    # All together. And fewer than each number of rows, which others stand in for.
    engine.pace = PrefillPace(1, device.largest_chunk)
    for rows in (each for size in device.sizes or (2,) for each in (size - 1, size)):
        if 1 < rows <= max_batch:
            play([2 + row % 2 for row in range(rows)])  # of different lengths, as those to come
    # Prompts of which some are done before others.
    share = device.least_share
    engine.pace = PrefillPace(1, 3 * share)
    play([share // 2, 2 * share, share // 2])
    engine.pace = PrefillPace(1, device.largest_chunk)
    several = [_FEW, _FEW - 1] * 2
    engine.pace = new_pace(min(play(several) for _ in range(3)))
    size, seconds = device.least_chunk, 0.0
    while fixed is None and size <= device.largest_chunk and seconds < _SHORT_SECONDS:
        play(_prompts(size))
        seconds = play(_prompts(size))
        size *= 2


def _prompts(tokens: int) -> list[int]:
    """Return the lengths of prompts of so many tokens together, and their last ones."""
    count = -(-tokens // LARGEST)
    return [tokens // count + 1] * count
