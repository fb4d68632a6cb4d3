"""What operators are told: a line and a trace of each request, and metrics of all."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from .lines import fields_of, words_of
from .metrics import Metrics
from .record import GenerationRecord, Placement, RequestRecord
from .traces import RequestTrace, Traces
from .workers import WorkerGauges

__all__ = [
    "GenerationRecord",
    "Metrics",
    "Placement",
    "RequestRecord",
    "RequestTrace",
    "Telemetry",
    "Traces",
    "WorkerGauges",
]

log = logging.getLogger("mlx_llm_server.access")


@dataclass(frozen=True)
class Telemetry:
    """Where records go.

    Attributes:
        metrics: Counts them.
        traces: Begins a trace for each request that generates; None where nobody wants them.
        log_prompts: The log may have the bodies of requests.
        public_metrics: `/metrics` is answered without an API key.
    """

    metrics: Metrics
    traces: Traces | None = None
    log_prompts: bool = False
    public_metrics: bool = False

    def answered(self, record: RequestRecord, body: bytes, now: float, level: int) -> None:
        """Tell of a request that is over.

        Args:
            record: What happened.
            body: What the client had sent, where it is to be logged.
            now: The time on the record's clock.
            level: Of its line in the log.
        """
        self.metrics.answered(record)
        if not log.isEnabledFor(level):
            return
        fields = fields_of(record, now)
        words = words_of(record, now)
        if body:
            fields["body"] = body.decode(errors="replace")
            words += f" body={fields['body']!r}"
        log.log(level, "%s", words, extra={"fields": fields})
