import json
import logging

import pytest
from mlx_llm_server.frontend.telemetry import Metrics, RequestRecord, Telemetry
from mlx_llm_server.frontend.telemetry.lines import fields_of, words_of

from .records import answered, begun


def test_a_line_tells_all_of_a_request_for_people() -> None:
    record = answered(key="alice")
    record.generations[0].given("worker-2", 103.0)

    assert words_of(record, 104.1) == (
        "200 POST /v1/chat/completions 4100ms stop model=m tokens=12+5 cached=8 ttft=2000ms "
        "worker=worker-1,worker-2 resumes=1 key=alice req_1"
    )


def test_and_as_fields() -> None:
    assert fields_of(answered(key="alice"), 104.1) == {
        "request_id": "req_1",
        "key": "alice",
        "method": "POST",
        "path": "/v1/chat/completions",
        "status": 200,
        "duration_seconds": 4.1,
        "model": "m",
        "prompt_tokens": 12,
        "completion_tokens": 5,
        "cached_tokens": 8,
        "ttft_seconds": 2.0,
        "outcome": "stop",
        "resumes": 0,
        "worker": "worker-1",
    }


def test_what_does_not_apply_is_left_out() -> None:
    record = RequestRecord("req_1", 100.0, "GET", "/v1/models", status=200)

    assert words_of(record, 100.001) == "200 GET /v1/models 1ms req_1"
    assert fields_of(record, 100.001) == {
        "request_id": "req_1", "method": "GET", "path": "/v1/models", "status": 200, "duration_seconds": 0.001
    }  # fmt: skip


def test_a_path_is_bounded_and_says_nothing_to_a_terminal() -> None:
    record = RequestRecord("req_1", 100.0, "GET", "/\x9b31m" + 300 * "x", status=404)

    assert words_of(record, 100.0) == f"404 GET /?31m{195 * 'x'} 0ms req_1"
    assert len(fields_of(record, 100.0)["path"]) == 200


def test_an_error_is_named_whatever_the_route() -> None:
    record = RequestRecord("req_1", 100.0, "GET", "/v1/models/x", status=404, error="model_not_found")

    assert words_of(record, 100.001) == "404 GET /v1/models/x 1ms model_not_found req_1"
    assert fields_of(record, 100.001)["outcome"] == "model_not_found"


def test_one_that_left_while_it_was_queued_has_no_worker_and_no_model() -> None:
    record = begun()
    record.generations[0].placements.clear()

    assert words_of(record, 101.0) == "200 POST /v1/chat/completions 1000ms cancelled req_1"


def test_a_body_is_in_the_log_only_where_it_is_handed_over(caplog: pytest.LogCaptureFixture) -> None:
    telemetry = Telemetry(Metrics())
    with caplog.at_level(logging.INFO, "mlx_llm_server.access"):
        telemetry.answered(answered(), b"", 104.0, logging.INFO)
        telemetry.answered(answered(), b'{"a":\n"secret\xff"}', 104.0, logging.INFO)
        telemetry.answered(answered(), b"", 104.0, logging.DEBUG)

    without, with_body = caplog.records
    assert "body" not in without.getMessage()
    assert "secret" in with_body.getMessage()
    assert "\n" not in with_body.getMessage()
    assert json.dumps(with_body.__dict__["fields"]["body"]) == '"{\\"a\\":\\n\\"secret\\ufffd\\"}"'
