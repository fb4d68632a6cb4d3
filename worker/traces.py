"""A worker's part of the traces: what it did for each generation that came with a `traceparent`.

    generate                   from the message to the terminal one
    |- prepare                 template, tokens, grammar
    |- prefill                 waiting for the batch, and the prompt, until the first token
    '- decode                  until the last one

Its spans are made once a generation is over, so those of a worker that dies are lost; the frontend's tell of that.
It runs on the I/O thread, and sees what goes into the scheduler and what comes out of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..protocol.messages import Accepted, Cancelled, Delta, Failed, Step
from ..tracing import SERVICE, Tracer
from .scheduler import Action, Event, FrontendLost, Requested, Send


@dataclass(slots=True)
class _Generation:
    traceparent: str
    requested_at: float
    resumed: int
    accepted_at: float | None = None
    first_at: float | None = None
    prompt_tokens: int = 0
    tokens: int = 0


class WorkerTraces:
    """Follows generations, each known by (frontend, number).

    Args:
        tracer: Makes the spans.
        worker: This one's name.
        model: What it serves.
    """

    def __init__(self, tracer: Tracer, worker: str, model: str) -> None:
        self._tracer = tracer
        self._worker = worker
        self._model = model
        self._generations: dict[tuple[int, int], _Generation] = {}

    def see(self, event: Event, actions: list[Action], now: float) -> None:
        """Take what happened, in seconds of Unix time."""
        if isinstance(event, Requested) and event.request.traceparent:
            request = event.request
            generation = _Generation(request.traceparent, now, len(request.resume))
            self._generations[event.frontend, request.generation] = generation
        for action in actions:
            if isinstance(action, Send):
                self._sent(action, now)
        if isinstance(event, FrontendLost):
            for key in [key for key in self._generations if key[0] == event.frontend]:
                self._end(key, now, "frontend_lost", "frontend_lost")

    def close(self) -> None:
        """Send what was made; the process ends."""
        self._tracer.flush()

    def _sent(self, action: Send, now: float) -> None:
        frontend, message = action.frontend, action.message
        match message:
            case Step(_, deltas):
                for delta in deltas:
                    self._stepped((frontend, delta.generation), delta, now)
            case Accepted(number, prompt_tokens):
                if (generation := self._generations.get((frontend, number))) is not None:
                    generation.accepted_at, generation.prompt_tokens = now, prompt_tokens
            case Failed(number, kind, _, _, code):
                self._end((frontend, number), now, "failed", code or kind)
            case Cancelled(number):
                self._end((frontend, number), now, "cancelled")
            case _:
                pass

    def _stepped(self, key: tuple[int, int], delta: Delta, now: float) -> None:
        generation = self._generations.get(key)
        if generation is None:
            return
        if generation.first_at is None:
            generation.first_at = now
        generation.tokens += len(delta.tokens)
        if delta.finish is not None:
            self._end(key, now, delta.finish)

    def _end(self, key: tuple[int, int], now: float, outcome: str, error: str | None = None) -> None:
        generation = self._generations.pop(key, None)
        if generation is None:
            return
        tracer = self._tracer
        span = tracer.begin(
            "generate", {"traceparent": generation.traceparent}, generation.requested_at, server=True
        )
        begin = generation.requested_at
        for name, end in (("prepare", generation.accepted_at), ("prefill", generation.first_at), ("decode", now)):
            if end is None:
                tracer.add(span, name, begin, now, {})
                break
            tracer.add(span, name, begin, end, {})
            begin = end
        attributes = {
            "gen_ai.provider.name": SERVICE,
            "gen_ai.request.model": self._model,
            "gen_ai.usage.input_tokens": generation.prompt_tokens,
            "gen_ai.usage.output_tokens": generation.tokens,
            "mlx_serve.worker": self._worker,
            "mlx_serve.resumed_tokens": generation.resumed,
            "mlx_serve.outcome": outcome,
        }
        tracer.end(span, now, attributes, error)
