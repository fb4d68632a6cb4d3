"""What is counted, pure and as Prometheus reads it."""

import math

import pytest
from mlx_llm_server.frontend.telemetry import Metrics, RequestRecord
from prometheus_client.parser import text_string_to_metric_families

from .records import answered, begun

CHAT = {"gen_ai_operation_name": "chat"}
OF_M = {"gen_ai_response_model": "m"}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_an_answer_is_counted_with_its_tokens_and_times(metrics: Metrics) -> None:
    metrics.answered(answered())

    assert value(metrics, "mlx_serve_requests_total", **CHAT, outcome="completed") == 1
    assert value(metrics, "mlx_serve_prompt_tokens_total", **OF_M) == 12
    assert value(metrics, "mlx_serve_prompt_tokens_cached_total", **OF_M) == 8
    assert value(metrics, "mlx_serve_completion_tokens_total", **OF_M) == 5
    assert value(metrics, "mlx_serve_generations_finished_total", **OF_M, reason="stop") == 1
    assert value(metrics, "mlx_serve_queue_time_seconds_sum", **OF_M) == 0.5
    assert value(metrics, "gen_ai_server_time_to_first_token_seconds_sum", **CHAT, **OF_M) == 2.0
    assert value(metrics, "gen_ai_server_time_per_output_token_seconds_sum", **CHAT, **OF_M) == 0.5
    assert value(metrics, "gen_ai_server_request_duration_seconds_sum", **CHAT, **OF_M, error_type="") == 4.0
    usage = "gen_ai_client_token_usage_sum"
    assert value(metrics, usage, **CHAT, **OF_M, gen_ai_token_type="input") == 12
    assert value(metrics, usage, **CHAT, **OF_M, gen_ai_token_type="output") == 5


def test_a_client_that_left_counts_with_its_tokens_but_has_no_duration(metrics: Metrics) -> None:
    record = answered()
    record.generations[0].finish = None
    metrics.answered(record)

    assert value(metrics, "mlx_serve_requests_total", **CHAT, outcome="cancelled") == 1
    assert value(metrics, "mlx_serve_completion_tokens_total", **OF_M) == 5
    assert value(metrics, "gen_ai_server_request_duration_seconds_count", **CHAT, **OF_M, error_type="") is None


def test_an_error_within_a_stream_has_its_duration_under_its_name(metrics: Metrics) -> None:
    record = answered()
    record.error = "service_unavailable"
    metrics.answered(record)

    assert value(metrics, "mlx_serve_requests_total", **CHAT, outcome="failed") == 1
    assert value(metrics, "mlx_serve_errors_total", status="200", reason="service_unavailable") == 1
    name = "gen_ai_server_request_duration_seconds_count"
    assert value(metrics, name, **CHAT, **OF_M, error_type="service_unavailable") == 1


def test_what_no_worker_began_has_no_model_and_no_times(metrics: Metrics) -> None:
    record = begun()
    record.error, record.status = "server_overloaded", 429
    metrics.answered(record)

    assert value(metrics, "mlx_serve_requests_total", **CHAT, outcome="refused") == 1
    assert value(metrics, "mlx_serve_errors_total", status="429", reason="server_overloaded") == 1
    assert b'gen_ai_response_model=""' not in metrics.render()


def test_a_refusal_of_any_route_is_counted_and_is_no_request_of_a_model(metrics: Metrics) -> None:
    metrics.answered(RequestRecord("req_1", 100.0, "GET", "/x", status=404, error="not_found"))

    assert value(metrics, "mlx_serve_errors_total", status="404", reason="not_found") == 1
    for outcome in ("completed", "cancelled", "refused", "failed"):
        assert value(metrics, "mlx_serve_requests_total", **CHAT, outcome=outcome) == 0


def test_deaths_are_counted_by_cause_from_zero_on(metrics: Metrics) -> None:
    metrics.died("wedge")

    assert value(metrics, "mlx_serve_worker_deaths_total", cause="wedge") == 1
    assert value(metrics, "mlx_serve_worker_deaths_total", cause="exit") == 0


def test_resumes_and_lateness(metrics: Metrics) -> None:
    metrics.resumed()
    metrics.late(-0.1)  # a timer may be a little early
    metrics.late(0.3)

    assert value(metrics, "mlx_serve_resumes_total") == 1
    assert value(metrics, "mlx_serve_event_loop_lag_seconds_count") == 2
    assert math.isclose(value(metrics, "mlx_serve_event_loop_lag_seconds_sum") or 0, 0.3)


def test_prometheus_reads_it(metrics: Metrics) -> None:
    metrics.answered(answered(path='/v1/"\n'))

    families = list(text_string_to_metric_families(metrics.render().decode()))
    names = [family.name for family in families]
    assert len(names) == len(set(names))
    assert {"gen_ai_client_token_usage", "mlx_serve_build_info"} <= set(names)
    assert all(family.documentation for family in families)


def test_nothing_of_a_client_becomes_a_label(metrics: Metrics) -> None:
    metrics.answered(answered(id="mine", key="alice", path="/secret"))

    assert not any(word in metrics.render() for word in (b"mine", b"alice", b"secret"))
