"""A worker's spans, made of what goes into its scheduler and what comes out."""

import pytest
from mlx_llm_server.protocol.messages import (
    Accepted,
    Cancelled,
    ChatMessage,
    Delta,
    Failed,
    Generate,
    Sampling,
    Step,
)
from mlx_llm_server.worker.scheduler import FrontendLost, Key, Requested, Send, Stepped, Unprepared
from mlx_llm_server.worker.traces import WorkerTraces
from opentelemetry.trace import StatusCode

from ..spans import CALLER, TRACE, TRACEPARENT, Spans


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.fixture
def traces(spans: Spans) -> WorkerTraces:
    return WorkerTraces(spans.tracer, "worker-1", "m")


def requested(traceparent: str = TRACEPARENT, frontend: int = 0, resume: tuple[int, ...] = ()) -> Requested:
    request = Generate(7, (ChatMessage("user", "hi"),), Sampling(1), 10, resume=resume, traceparent=traceparent)
    return Requested(frontend, request)


STEPPED = Stepped(1, [])


def said(traces: WorkerTraces, now: float, *messages: Accepted | Step | Failed | Cancelled) -> None:
    traces.see(STEPPED, [Send(0, message) for message in messages], now)


def test_a_generation_is_a_span_with_its_phases_in_the_frontends_trace(spans: Spans, traces: WorkerTraces) -> None:
    traces.see(requested(resume=(1, 2)), [], 10.0)
    said(traces, 11.0, Accepted(7, 12))
    said(traces, 12.0, Step(1, (Delta(7, (5,), "a"), Delta(8, (5,), "another's"))))
    said(traces, 13.0, Step(2, (Delta(7, (5, 6), "b"),)))
    assert spans.all() == []
    said(traces, 14.0, Step(3, (Delta(7, (5,), "", "stop"),)))

    assert spans.times() == {
        "generate": (10.0, 14.0), "prepare": (10.0, 11.0), "prefill": (11.0, 12.0), "decode": (12.0, 14.0)
    }  # fmt: skip
    generate = spans.named("generate")
    assert generate.parent is not None
    assert f"{generate.parent.span_id:016x}" == CALLER
    assert spans.traces() == {TRACE}
    attributes = generate.attributes or {}
    assert (attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"]) == (12, 4)
    assert (attributes["mlx_serve.resumed_tokens"], attributes["mlx_serve.outcome"]) == (2, "stop")


def test_without_a_traceparent_there_is_no_span(spans: Spans, traces: WorkerTraces) -> None:
    traces.see(requested(""), [], 10.0)
    said(traces, 11.0, Accepted(7, 12), Step(1, (Delta(7, (5,), "", "stop"),)))

    assert spans.all() == []


def test_a_fault_ends_the_phase_that_it_came_in(spans: Spans, traces: WorkerTraces) -> None:
    traces.see(requested(), [], 10.0)
    unprepared = Unprepared(Key(0, 7), "invalid", "no")
    traces.see(unprepared, [Send(0, Failed(7, "invalid", "no", code="context_length_exceeded"))], 11.0)

    assert spans.times() == {"generate": (10.0, 11.0), "prepare": (10.0, 11.0)}
    assert spans.named("generate").status.status_code is StatusCode.ERROR
    assert (spans.named("generate").attributes or {})["error.type"] == "context_length_exceeded"


def test_what_is_cancelled_is_no_error(spans: Spans, traces: WorkerTraces) -> None:
    traces.see(requested(), [], 10.0)
    said(traces, 11.0, Accepted(7, 12))
    said(traces, 12.0, Cancelled(7))

    assert spans.times()["prefill"] == (11.0, 12.0)
    assert spans.named("generate").status.status_code is StatusCode.UNSET


def test_a_frontend_that_is_lost_ends_its_own_alone(spans: Spans, traces: WorkerTraces) -> None:
    traces.see(requested(), [], 10.0)
    traces.see(requested(frontend=1), [], 10.0)
    traces.see(FrontendLost(1), [], 11.0)

    assert [span.name for span in spans.all()].count("generate") == 1
    said(traces, 12.0, Accepted(7, 12), Step(1, (Delta(7, (5,), "", "stop"),)))
    assert [span.name for span in spans.all()].count("generate") == 2
