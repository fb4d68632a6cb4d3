import pytest
from mlx_llm_server.frontend.telemetry import Traces
from opentelemetry.trace import SpanKind, StatusCode

from ...spans import CALLER, TRACE, TRACEPARENT, Spans
from .records import answered, begun

EPOCH = 1_000_000.0


@pytest.fixture
def spans() -> Spans:
    return Spans()


def test_a_request_is_a_span_with_its_phases(spans: Spans) -> None:
    record = answered()
    Traces(spans.tracer, EPOCH).begin(record, {}).end(record, 104.5)

    root = "chat m"
    assert spans.tree() == {root: None, "queue": root, "prefill": root, "decode": root}
    assert spans.times() == {
        root: (EPOCH + 100, EPOCH + 104.5),
        "queue": (EPOCH + 100.5, EPOCH + 101),
        "prefill": (EPOCH + 101, EPOCH + 102),
        "decode": (EPOCH + 102, EPOCH + 104),
    }
    assert spans.named(root).kind is SpanKind.SERVER
    attributes = spans.named(root).attributes or {}
    assert attributes["gen_ai.operation.name"] == "chat"
    assert attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert attributes["gen_ai.usage.input_tokens"] == 12
    assert attributes["gen_ai.usage.output_tokens"] == 5
    assert attributes["mlx_serve.resumes"] == 0
    assert "error.type" not in attributes


def test_the_clients_trace_goes_on_and_the_workers_gets_it(spans: Spans) -> None:
    record = answered()
    trace = Traces(spans.tracer, EPOCH).begin(record, {"traceparent": TRACEPARENT})
    trace.end(record, 104.5)

    root = spans.named("chat m")
    assert root.parent is not None
    assert f"{root.parent.span_id:016x}" == CALLER
    assert spans.traces() == {TRACE}
    assert trace.traceparent == f"00-{TRACE}-{spans.id_of(root):016x}-01"


@pytest.mark.parametrize("sent", ["", "nonsense", f"00-{'0' * 32}-{CALLER}-01"])
def test_without_a_valid_one_a_trace_begins(spans: Spans, sent: str) -> None:
    record = answered()
    Traces(spans.tracer, EPOCH).begin(record, {"traceparent": sent}).end(record, 104.5)

    assert spans.named("chat m").parent is None


def test_each_further_worker_is_a_resume(spans: Spans) -> None:
    record = answered()
    record.generations[0].given("worker-2", 103.0)
    Traces(spans.tracer, EPOCH).begin(record, {}).end(record, 104.5)

    assert spans.times()["resume"] == (EPOCH + 103, EPOCH + 104)
    assert (spans.named("resume").attributes or {})["mlx_serve.worker"] == "worker-2"
    assert (spans.named("decode").attributes or {})["mlx_serve.worker"] == "worker-1"


def test_an_error_is_the_spans(spans: Spans) -> None:
    record = begun()
    record.error, record.status = "server_overloaded", 429
    record.generations[0].placements.clear()
    Traces(spans.tracer, EPOCH).begin(record, {}).end(record, 101.5)

    assert spans.tree() == {"chat": None, "queue": "chat"}  # no model has begun it
    assert spans.named("chat").status.status_code is StatusCode.ERROR
    assert (spans.named("chat").attributes or {})["error.type"] == "server_overloaded"


def test_what_had_no_end_ends_with_its_request(spans: Spans) -> None:
    record = begun()
    Traces(spans.tracer, EPOCH).begin(record, {}).end(record, 103.0)

    assert spans.times()["prefill"] == (EPOCH + 101, EPOCH + 103)
    assert (spans.named("chat").attributes or {})["mlx_serve.outcome"] == "cancelled"
