"""What `GET /metrics` counts: https://prometheus.io/docs/instrumenting/exposition_formats/.

Where OpenTelemetry's conventions for GenAI servers have a name
(https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/), it is theirs in Prometheus' spelling, with
their buckets; all else begins with `mlx_serve_`. `docs/operating.md` lists each of them.

Labels are bounded: models that are served, codes of this program's own, workers by name and process. Nothing of a
client's words becomes a label. Nothing here is called for a token: requests are counted at their end, and what
workers do is read from the dispatcher when it is asked for (`workers.py`).
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from ... import __version__
from ..dispatcher import Cause
from .record import RequestRecord

OPERATIONS = ("chat", "text_completion")
OUTCOMES = ("completed", "cancelled", "refused", "failed")
CAUSES = ("start", *(cause.value for cause in Cause))
_OPERATION, _MODEL = "gen_ai_operation_name", "gen_ai_response_model"

# The conventions' own.
_DURATION_BUCKETS = (
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
)  # fmt: skip
_TTFT_BUCKETS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_PER_TOKEN_BUCKETS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
_TOKEN_BUCKETS = tuple(4**power for power in range(14))
# From here on ours.
_LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Metrics:
    """Counters and histograms of a frontend, in a registry of their own.

    Attributes:
        registry: Collectors that read what is now are added to it.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # a line more for each, which Prometheus itself makes nothing of
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # of the frontend itself; nothing where there is no /proc
        self._duration = Histogram(
            "gen_ai_server_request_duration_seconds",
            "From a request's headers to the end of its answer; error_type is empty for answers without an error.",
            (_OPERATION, _MODEL, "error_type"),
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        self._ttft = Histogram(
            "gen_ai_server_time_to_first_token_seconds",
            "From a request's headers to its first token, waiting included.",
            (_OPERATION, _MODEL),
            buckets=_TTFT_BUCKETS,
            registry=registry,
        )
        self._per_token = Histogram(
            "gen_ai_server_time_per_output_token_seconds",
            "Time per token behind the first, of each generation that ended.",
            (_OPERATION, _MODEL),
            buckets=_PER_TOKEN_BUCKETS,
            registry=registry,
        )
        self._usage = Histogram(
            "gen_ai_client_token_usage",
            "Tokens of a request, by gen_ai_token_type: input (its prompts) and output (its answers).",
            (_OPERATION, _MODEL, "gen_ai_token_type"),
            buckets=_TOKEN_BUCKETS,
            registry=registry,
        )
        self._queue_time = Histogram(
            "mlx_serve_queue_time_seconds",
            "How long a generation waited for its first worker.",
            (_MODEL,),
            buckets=_TTFT_BUCKETS,
            registry=registry,
        )
        self._requests = Counter(
            "mlx_serve_requests",
            "Requests that are over: completed, cancelled, refused (4xx) or failed (5xx, or within a stream).",
            (_OPERATION, "outcome"),
            registry=registry,
        )
        self._finished = Counter(
            "mlx_serve_generations_finished",
            "Generations that ended, by finish reason.",
            (_MODEL, "reason"),
            registry=registry,
        )
        self._refusals = Counter(
            "mlx_serve_errors",
            "Answers that are an error, of any route, by HTTP status and the error's code (its type without one).",
            ("status", "reason"),
            registry=registry,
        )
        self._prompt_tokens = Counter(
            "mlx_serve_prompt_tokens",
            "Tokens of prompts, of requests that are over.",
            (_MODEL,),
            registry=registry,
        )
        self._cached_tokens = Counter(
            "mlx_serve_prompt_tokens_cached",
            "Those of them that were found in the prefix cache.",
            (_MODEL,),
            registry=registry,
        )
        self._completion_tokens = Counter(
            "mlx_serve_completion_tokens",
            "Tokens of answers, of requests that are over.",
            (_MODEL,),
            registry=registry,
        )
        self._resumes = Counter(
            "mlx_serve_resumes",
            "Generations that went on in another worker, after a death or a replacement.",
            registry=registry,
        )
        self._deaths = Counter(
            "mlx_serve_worker_deaths",
            "Workers that were lost without having been told to go, by how that was seen.",
            ("cause",),
            registry=registry,
        )
        self._lag = Histogram(
            "mlx_serve_event_loop_lag_seconds",
            "How late the event loop is, seen once a second.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        build = Gauge("mlx_serve_build_info", "1, with the version.", ("version",), registry=registry)
        build.labels(__version__).set(1)
        # Prometheus sees no increase in a counter that begins with 1.
        for cause in CAUSES:
            self._deaths.labels(cause)
        for operation in OPERATIONS:
            for outcome in OUTCOMES:
                self._requests.labels(operation, outcome)

    def answered(self, record: RequestRecord) -> None:
        """Count a request that is over."""
        if record.error is not None:
            self._refusals.labels(record.status, record.error).inc()
        if not record.operation:
            return
        operation, model = record.operation, record.model
        self._requests.labels(operation, record.kind).inc()
        if not record.model:
            return  # no worker had begun it: there is nothing to tell of its time
        if record.answered_at is not None and record.kind != "cancelled":
            seconds = record.answered_at - record.received_at
            self._duration.labels(operation, model, record.error or "").observe(seconds)
        self._prompt_tokens.labels(model).inc(record.prompt_tokens)
        self._cached_tokens.labels(model).inc(record.cached_tokens)
        self._completion_tokens.labels(model).inc(record.completion_tokens)
        self._usage.labels(operation, model, "input").observe(record.prompt_tokens)
        self._usage.labels(operation, model, "output").observe(record.completion_tokens)
        if (ttft := record.ttft_seconds) is not None:
            self._ttft.labels(operation, model).observe(ttft)
        for generation in record.generations:
            if (waited := generation.queue_seconds) is not None:
                self._queue_time.labels(model).observe(waited)
            if generation.finish is not None:
                self._finished.labels(model, generation.finish).inc()
            if (seconds := generation.seconds_per_token) is not None:
                self._per_token.labels(operation, model).observe(seconds)

    def resumed(self) -> None:
        """Count a generation that goes on in another worker."""
        self._resumes.inc()

    def died(self, cause: str) -> None:
        """Count a worker's death."""
        self._deaths.labels(cause).inc()

    def late(self, seconds: float) -> None:
        """Take how late the event loop was."""
        self._lag.observe(max(0.0, seconds))

    def render(self) -> bytes:
        """Return everything as Prometheus' text format 0.0.4 has it."""
        return generate_latest(self.registry)
