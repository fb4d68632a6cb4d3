"""Spans, kept in memory."""

from mlx_llm_server.tracing import Tracer
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"


class Spans:
    """A tracer, and the spans that it made."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = Tracer(provider)

    def all(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def named(self, name: str) -> ReadableSpan:
        (span,) = [span for span in self.all() if span.name == name]
        return span

    def tree(self) -> dict[str, str | None]:
        """Return the name of each span's parent; None where that is another process's."""
        names = {self.id_of(span): span.name for span in self.all()}
        return {span.name: names.get(span.parent.span_id) if span.parent else None for span in self.all()}

    def id_of(self, span: ReadableSpan) -> int:
        assert span.context is not None
        return span.context.span_id

    def traces(self) -> set[str]:
        """Return the ids of all spans' traces, as a `traceparent` has them."""
        return {f"{span.context.trace_id:032x}" for span in self.all() if span.context is not None}

    def times(self) -> dict[str, tuple[float, float]]:
        """Return when each span began and ended, in seconds."""
        return {span.name: ((span.start_time or 0) / 1e9, (span.end_time or 0) / 1e9) for span in self.all()}
