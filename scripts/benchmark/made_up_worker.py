"""A worker without a model: it says words to whoever asks, as fast as they are taken from it.

A child of `scripts/bench frontend`: ENDPOINT, CAPACITY and RATE are its arguments. It speaks the real protocol,
through the project's own codec. Once as many generations as its capacity have come, it prints a line, waits for
one on stdin, and then sends steps of one token for each of them, until all have ended: so many tokens a second,
or with a rate of 0 as many as are taken.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from typing import Any

import zmq

from ...protocol import codec
from ...protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    Cancel,
    Cancelled,
    Delta,
    FromWorker,
    Generate,
    Hello,
    Model,
    Ready,
    Step,
    Welcome,
    WorkerBeat,
)

_WORDS = (
    " the",
    " quick",
    " brown",
    " fox",
    " jumps",
    " over",
    " a",
    " lazy",
    " dog",
    ",",
    " and",
    " sleeps",
    ".\n",
)
# Steps on their way that the frontend has not taken: enough that it never waits.
_STEPS_AHEAD = 32
_BEAT = 1000  # milliseconds: a worker that is silent is given up
_MODEL = Model("made-up", 0, 1 << 20)


class MadeUpWorker:
    """Answers every generation with words.

    Args:
        endpoint: The frontend's.
        capacity: How many generations it takes, and waits for.
        rate: Tokens per second of all together; 0 sets no bound.
    """

    def __init__(self, endpoint: str, capacity: int, rate: float) -> None:
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt_string(zmq.IDENTITY, f"made-up.{os.urandom(8).hex()}")
        self._socket.setsockopt(zmq.SNDHWM, _STEPS_AHEAD)
        self._socket.connect(endpoint)
        self._capacity = capacity
        self._seconds = capacity / rate if rate else 0.0  # of a step
        self._left: dict[int, int] = {}

    def run(self) -> None:
        """Serve rounds of generations until the process is ended."""
        self._send(Hello(PROTOCOL_VERSION, "made-up", os.getpid(), _MODEL.id))
        steps = itertools.count(1)
        while True:
            while len(self._left) < self._capacity:
                if self._socket.poll(_BEAT):
                    self._hear(self._socket.recv())
                else:
                    self._send(WorkerBeat(0, len(self._left), 0.0))
            print("all are here", flush=True)
            if not sys.stdin.readline():
                return
            due = time.monotonic()
            while self._left:
                due += self._seconds
                while self._socket.poll(1000 * max(0.0, due - time.monotonic())):
                    self._hear(self._socket.recv())
                self._send(self._step(next(steps)))

    def _hear(self, data: bytes) -> None:
        match codec.decode(data):
            case Welcome():
                self._send(Ready(_MODEL, self._capacity))
            case Generate() as request:
                self._left[request.generation] = request.max_tokens
                self._send(Accepted(request.generation, 10))
            case Cancel(number):
                if self._left.pop(number, None) is not None:
                    self._send(Cancelled(number))
            case _:
                pass

    def _step(self, step: int) -> Step:
        deltas: list[Delta] = []
        for number, left in list(self._left.items()):
            if left == 1:
                del self._left[number]
            else:
                self._left[number] = left - 1
            text = _WORDS[(step + number) % len(_WORDS)]
            deltas.append(Delta(number, (1000 + (step + number) % 99,), text, "length" if left == 1 else None))
        return Step(step, tuple(deltas))

    def _send(self, message: FromWorker) -> None:
        self._socket.send(codec.encode(message))


if __name__ == "__main__":
    MadeUpWorker(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])).run()
