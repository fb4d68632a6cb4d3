"""Lessons as batches of token ids, made by processes of their own, because a GPU learns faster than Python writes.

A batch's rows are about as long as each other: lessons wait in buckets by length until a bucket fills a batch.
Process p of n makes the batches p, p + n, p + 2n ...: the same seed and number of processes give the same batches.
"""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from .exercise import Source
from .lessons import Teacher
from .template import END_OF_TEXT, MARKS, TURN_END, TURN_START

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

# A row is cut to the last length, which is the model's context; only the longest recalls come near.
LENGTHS = (96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
_CHUNK = 512
_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one length.

    Attributes:
        tokens: (rows, length + 1) uint16 ids.
        weights: (rows, length) float32; of each token but the first as something to predict. 0 for what is not the
            assistant's.
    """

    tokens: np.ndarray
    weights: np.ndarray


class Marker:
    """Turns a lesson's ids into what is to be predicted and how much each token counts."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._start, self._end, self._separator = map(tokenizer.token_to_id, (TURN_START, TURN_END, END_OF_TEXT))
        self._think = tokenizer.token_to_id(MARKS[0])
        opening = tokenizer.encode(f"{TURN_START}assistant\n").ids
        if len(opening) != 3:
            raise ValueError(f"the start of a turn is {len(opening)} tokens long, not 3")
        self._assistant = opening[1]

    def mark(self, ids: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return ids (n) without separators and weights (n - 1) of the tokens after the first.

        A turn of k tokens counts sqrt(k) in all: a long answer more than a short one, but not k times as much.
        """
        tokens = np.array(ids, np.uint16)
        tokens = tokens[tokens != self._separator]
        weights = np.zeros(len(tokens), np.float32)
        ends = np.flatnonzero(tokens == self._end)
        opened = np.flatnonzero((tokens[:-1] == self._start) & (tokens[1:] == self._assistant)) + 3
        for first, last in zip(opened, ends[np.searchsorted(ends, opened)], strict=True):
            weights[first : last + 1] = (last + 1 - first) ** -0.5
        # The prompt opens a thought, the model never does.
        weights[tokens == self._think] = 0
        return tokens, weights[1:]


def batches(tokenizer: Tokenizer, seed: int, size: int) -> Iterator[Batch]:
    """Yield batches of about `size` tokens, without end."""
    teacher, marker = Teacher(Source(seed, held_out=False)), Marker(tokenizer)
    waiting: dict[int, list[tuple[np.ndarray, np.ndarray]]] = defaultdict(list)
    while True:
        texts = [teacher.lesson().text for _ in range(_CHUNK)]
        for encoding in tokenizer.encode_batch_fast(texts):
            tokens, weights = marker.mark(encoding.ids)
            length = next((length for length in LENGTHS if len(weights) <= length), LENGTHS[-1])
            rows = waiting[length]
            rows.append((tokens[: length + 1], weights[:length]))
            if len(rows) * length >= size:
                yield _padded(rows, length)
                rows.clear()


def _padded(rows: list[tuple[np.ndarray, np.ndarray]], length: int) -> Batch:
    tokens = np.zeros((len(rows), length + 1), np.uint16)
    weights = np.zeros((len(rows), length), np.float32)
    for row, (ids, counts) in enumerate(rows):
        tokens[row, : len(ids)] = ids
        weights[row, : len(counts)] = counts
    return Batch(tokens, weights)


@contextmanager
def made_ahead(path: Path, seed: int, size: int, processes: int) -> Iterator[Iterator[Batch]]:
    """Yield an iterator of batches that processes of their own make.

    Args:
        path: Of the tokenizer.json.
        seed: Of the first process; the next one has the next.
        size: Tokens in a batch, about.
        processes: How many.
    """
    context = multiprocessing.get_context("spawn")
    queues = [context.Queue(_AHEAD) for _ in range(processes)]
    children = [
        context.Process(target=_make, args=(str(path), seed * 1000 + number, size, queue), daemon=True)
        for number, queue in enumerate(queues)
    ]
    for child in children:
        child.start()
    try:
        yield _in_turn(queues)
    finally:
        for child in children:
            child.terminate()
            child.join()


def _in_turn(queues: list[Queue[Batch]]) -> Iterator[Batch]:
    while True:
        for queue in queues:
            yield queue.get()


def _make(path: str, seed: int, size: int, queue: Queue[Batch]) -> None:
    for batch in batches(Tokenizer.from_file(path), seed, size):
        queue.put(batch)
