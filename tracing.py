"""OpenTelemetry's traces, if its packages are there (the extra `otel`) and its standard variables ask for them.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # an extra
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

log = logging.getLogger(__name__)

SERVICE = "mlx-llm-server"
_FLUSH_SECONDS = 1.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Tell whether the environment asks for traces: it names an endpoint or the exporter, and does not say no."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter == "otlp" or (not exporter and any(environment.get(name) for name in _ENDPOINTS))


def open_tracer(process: str) -> Tracer | None:
    """Return what makes spans, or None where nobody wants them; they are sent by a thread of the library.

    Args:
        process: What this process is called.
    """
    if not is_wanted(os.environ):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        log.warning(
            "no traces: OTEL_... asks for them, and they need pip install 'mlx-llm-server[otel]' (%s)", error
        )
        return None
    attributes = {"service.instance.id": f"{process}.{os.getpid()}"}
    if "OTEL_SERVICE_NAME" not in os.environ:
        attributes["service.name"] = SERVICE
    # `Tracer.flush` is for the end: the library's own would keep a process alive for a collector that is gone.
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    log.info("traces are sent, as OTEL_... says")
    return Tracer(provider)


class Tracer:
    """Makes spans whose times are known already, in seconds of Unix time.

    Args:
        provider: OpenTelemetry's.
    """

    def __init__(self, provider: TracerProvider) -> None:
        # Here and not at the top: whoever wants no traces need not have the packages.
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        self._provider = provider
        self._tracer = provider.get_tracer(SERVICE)
        self._in_context = set_span_in_context
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, name: str, carrier: Mapping[str, str], at: float, *, server: bool = False) -> Span:
        """Begin a span.

        Args:
            name: Of the span.
            carrier: `traceparent` and `tracestate` of its parent, by https://www.w3.org/TR/trace-context/; without
                a valid one it begins a trace.
            at: When it began.
            server: Its parent is another process, which waits for it.
        """
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - see __init__

        kind = SpanKind.SERVER if server else SpanKind.INTERNAL
        return self._tracer.start_span(
            name, self._propagator.extract(carrier), kind=kind, start_time=_nanoseconds(at)
        )

    def flush(self) -> None:
        """Wait a moment until what was made is sent; to be called before the process ends."""
        sending = threading.Thread(target=self._provider.force_flush, daemon=True)
        sending.start()
        sending.join(_FLUSH_SECONDS)

    def traceparent(self, span: Span) -> str:
        """Return what another process goes on with."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, self._in_context(span))
        return carrier.get("traceparent", "")

    def add(self, parent: Span, name: str, begin: float, end: float, attributes: dict[str, Any]) -> None:
        """Add a span that is over."""
        span = self._tracer.start_span(
            name, self._in_context(parent), attributes=attributes, start_time=_nanoseconds(begin)
        )
        span.end(_nanoseconds(end))

    def end(self, span: Span, at: float, attributes: dict[str, Any], error: str | None = None) -> None:
        """End a span; what is None or empty of its attributes is left out."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - see __init__

        span.set_attributes({name: value for name, value in attributes.items() if value not in (None, "", [])})
        if error is not None:
            span.set_status(StatusCode.ERROR, error)
            span.set_attribute("error.type", error)
        span.end(_nanoseconds(at))


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
