"""A trace of each request that generates: its spans are made of its record, once it is over.

    chat MODEL                 from the headers to the end; child of the client's `traceparent`
    |- queue                   until a worker has the generation
    |- prefill                 until its first token
    |- decode                  until its last one
    |- resume                  for each further worker that had it: from then on
    '- generate                each worker's own (`worker/traces.py`)

Names are those of https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ where it has some.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...tracing import SERVICE, Tracer
from .record import GenerationRecord, RequestRecord

if TYPE_CHECKING:  # an extra
    from opentelemetry.trace import Span


class Traces:
    """Begins traces.

    Args:
        tracer: Makes the spans.
        epoch: Seconds from the records' clock to Unix time.
    """

    def __init__(self, tracer: Tracer, epoch: float) -> None:
        self.tracer = tracer
        self.epoch = epoch

    def begin(self, record: RequestRecord, headers: Mapping[str, str]) -> RequestTrace:
        """Begin a request's trace, or go on with its client's.

        Args:
            record: What it is, and when it was received.
            headers: The request's, with names in lower case.
        """
        at = record.received_at + self.epoch
        return RequestTrace(self, self.tracer.begin(record.operation, headers, at, server=True))


class RequestTrace:
    """The trace of one request.

    Attributes:
        traceparent: What workers go on with.
    """

    def __init__(self, traces: Traces, span: Span) -> None:
        self._traces = traces
        self._span = span
        self.traceparent = traces.tracer.traceparent(span)

    def end(self, record: RequestRecord, now: float) -> None:
        """Add what happened to the request, and end."""
        tracer, epoch = self._traces.tracer, self._traces.epoch
        if record.model:
            self._span.update_name(f"{record.operation} {record.model}")
        for index, generation in enumerate(record.generations):
            for name, begin, end, worker in phases(generation, now):
                attributes = {"mlx_serve.choice": index, "mlx_serve.worker": worker}
                tracer.add(self._span, name, begin + epoch, end + epoch, attributes)
        tracer.end(self._span, now + epoch, attributes_of(record), record.error)


def attributes_of(record: RequestRecord) -> dict[str, Any]:
    """Return the attributes of a request's span; nothing of its text."""
    return {
        "gen_ai.operation.name": record.operation,
        "gen_ai.provider.name": SERVICE,
        "gen_ai.request.model": record.model,
        "gen_ai.response.model": record.model,
        "gen_ai.response.finish_reasons": [each.finish for each in record.generations if each.finish],
        "gen_ai.usage.input_tokens": record.prompt_tokens,
        "gen_ai.usage.cache_read.input_tokens": record.cached_tokens,
        "gen_ai.usage.output_tokens": record.completion_tokens,
        "http.request.method": record.method,
        "http.response.status_code": record.status,
        "url.path": record.path,
        "mlx_serve.request_id": record.id,
        "mlx_serve.outcome": record.outcome,
        "mlx_serve.resumes": record.resumes,
        "mlx_serve.workers": record.workers,
    }


def phases(generation: GenerationRecord, now: float) -> Iterator[tuple[str, float, float, str]]:
    """Yield name, begin, end and worker of what a generation went through; `now` ends what had no end."""
    end = now if generation.ended_at is None else generation.ended_at
    if not generation.placements:
        yield "queue", generation.submitted_at, end, ""
        return
    first, *further = generation.placements
    yield "queue", generation.submitted_at, first.at, ""
    if generation.first_at is None:
        yield "prefill", first.at, end, first.worker
    else:
        yield "prefill", first.at, generation.first_at, first.worker
        yield "decode", generation.first_at, end, first.worker
    for placement in further:
        yield "resume", placement.at, end, placement.worker
