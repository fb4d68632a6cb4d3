"""What an operator is told of requests that went well, were refused, left, and outlived their worker.

One server serves all of these once; what it told is looked at afterwards.
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import openai
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from ..spans import CALLER, TRACE, TRACEPARENT
from .servers import House, Server, counted, until, user

DOCS = Path(__file__).parents[2] / "docs"
KEYS = "alice: sk-alice\nsk-nameless\n"
ALICE = {"Authorization": "Bearer sk-alice"}
SECRET = counted(1, 98)  # what a prompt says, and no line of the log; long enough to be kept


class _Receiver(BaseHTTPRequestHandler):
    """Takes spans as OTLP over HTTP has them (https://opentelemetry.io/docs/specs/otlp/#otlphttp)."""

    spans: list[Any]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@dataclass
class Told:
    """What was told in the end."""

    families: dict[str, Metric]
    lines: list[dict[str, Any]]
    log: str
    spans: list[Any] = field(default_factory=list)

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the samples that have these labels."""
        samples = [sample for family in self.families.values() for sample in family.samples]
        found = [s.value for s in samples if s.name == name and labels.items() <= s.labels.items()]
        assert found, f"{name} {labels}"
        return sum(found)

    def requests(self, outcome: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["logger"] == "access" and line.get("outcome") == outcome]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, slow_model: Path) -> Iterator[Told]:
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(KEYS)
    spans: list[Any] = []
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), type("Receiver", (_Receiver,), {"spans": spans}))
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    house = House()
    try:
        server = house.up(
            slow_model,
            "--api-key-file",
            str(keys),
            "--log-format",
            "json",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{receiver.server_port}",
            OTEL_BSP_SCHEDULE_DELAY="50",
        )
        _use(server)
        answer = server.get("/metrics", ALICE)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        until(lambda: {"generate", "resume"} <= {span.name for span in spans}, "the spans came")
        families = {family.name: family for family in text_string_to_metric_families(answer.body.decode())}
        server.signal(signal.SIGTERM)
        server.wait()
        yield Told(families, [json.loads(line) for line in server.log.splitlines()], server.log, spans)
    finally:
        house.close()
        receiver.shutdown()
        receiver.server_close()
        thread.join()


def _use(server: Server) -> None:
    with server.openai("sk-alice") as alice, server.openai("sk-nameless") as other:
        _outlive_a_worker(server, alice)
        for _ in range(2):
            chat = other.chat.completions.create(model="any", messages=user(SECRET), max_tokens=3)  # pyright: ignore[reportArgumentType]
            assert chat.choices[0].message.content == counted(99, 101)
        with pytest.raises(openai.BadRequestError):
            alice.chat.completions.create(model="any", messages=[], max_tokens=3)
        stream = alice.completions.create(model="any", prompt="1", max_tokens=2900, stream=True)
        next(iter(stream))
        stream.close()
    assert server.get("/metrics").status == 401
    server.wait_idle()


def _outlive_a_worker(server: Server, alice: openai.OpenAI) -> None:
    stream = alice.chat.completions.create(
        model="any",
        messages=[{"role": "user", "content": "1"}],
        max_tokens=60,
        stream=True,
        extra_headers={"traceparent": TRACEPARENT, "X-Request-Id": "survivor"},
    )
    text = ""
    for chunk in stream:
        if not text and (text := chunk.choices[0].delta.content or ""):
            os.kill(server.workers()[0]["pid"], signal.SIGKILL)
            continue
        text += chunk.choices[0].delta.content or ""
    assert text == counted(2, 61)


# --- metrics ---


def test_requests_tokens_and_times_are_counted(told: Told) -> None:
    chat = {"gen_ai_operation_name": "chat"}
    assert told.value("mlx_serve_requests_total", **chat, outcome="completed") == 3
    assert told.value("mlx_serve_requests_total", outcome="cancelled") == 1
    assert told.value("mlx_serve_errors_total", status="400") == 1
    assert told.value("mlx_serve_errors_total", status="401", reason="invalid_api_key") == 1
    assert told.value("mlx_serve_generations_finished_total", reason="length") == 3
    assert told.value("gen_ai_client_token_usage_sum", **chat, gen_ai_token_type="output") == 66
    assert told.value("gen_ai_server_time_to_first_token_seconds_count", **chat) == 3
    assert told.value("gen_ai_server_request_duration_seconds_count", **chat, error_type="") == 3
    assert told.value("mlx_serve_prompt_tokens_cached_total") > 0
    assert told.value("mlx_serve_completion_tokens_total") > 66


def test_a_death_and_its_resume_are_counted(told: Told) -> None:
    assert told.value("mlx_serve_worker_deaths_total") == 1
    assert told.value("mlx_serve_resumes_total") == 1


def test_the_worker_that_is_there_is_shown(told: Told) -> None:
    assert told.value("mlx_serve_ready") == 1
    assert told.value("mlx_serve_queue_length") == 0
    assert told.value("mlx_serve_worker_state", worker="worker-1", state="ready") == 1
    assert told.value("mlx_serve_worker_tokens_total", worker="worker-1", gen_ai_response_model="slow") > 0
    assert told.value("mlx_serve_worker_memory_bytes", worker="worker-1") > 1e6


def test_the_dashboard_asks_for_metrics_that_there_are(told: Told) -> None:
    given = {sample.name for family in told.families.values() for sample in family.samples}
    asked = set(
        re.findall(r"\b(?:gen_ai|mlx_serve|process)_\w+(?=\{)", (DOCS / "grafana-dashboard.json").read_text())
    )

    assert len(asked) > 20
    assert asked <= given


# --- the log ---


def test_every_line_of_every_process_is_an_object(told: Told) -> None:
    assert {line["process"] for line in told.lines} == {"frontend", "worker-1"}
    for line in told.lines:
        assert {"time", "level", "process", "logger", "message"} <= line.keys()


def test_a_request_is_one_line(told: Told) -> None:
    (survivor,) = [line for line in told.lines if line.get("request_id") == "survivor"]
    expected = {
        "logger": "access", "level": "info", "method": "POST", "path": "/v1/chat/completions", "status": 200,
        "key": "alice", "model": "slow", "completion_tokens": 60, "outcome": "length", "resumes": 1,
        "worker": "worker-1",
    }  # fmt: skip
    assert expected.items() <= survivor.items()
    assert 0 < survivor["ttft_seconds"] < survivor["duration_seconds"]

    first, second = [line for line in told.requests("length") if line is not survivor]
    assert first["key"] == second["key"] != "alice"
    assert (first["cached_tokens"], second["cached_tokens"] > 0) == (0, True)
    (left,) = told.requests("cancelled")
    assert (left["path"], left["completion_tokens"] > 0) == ("/v1/completions", True)
    assert [line["status"] for line in told.requests("invalid_api_key")] == [401]


def test_the_log_has_neither_keys_nor_words_of_a_prompt(told: Told) -> None:
    messages = [line["message"] for line in told.lines]
    assert not any("sk-" in message for message in messages)
    assert SECRET not in told.log
    assert counted(99, 101) not in told.log


# --- traces ---


def test_a_request_is_one_trace_through_both_processes(told: Told) -> None:
    trace = [span for span in told.spans if span.trace_id.hex() == TRACE]
    (root,) = [span for span in trace if span.parent_span_id.hex() == CALLER]
    assert root.name == "chat slow"
    # The first worker took its own with it.
    assert sorted(span.name for span in trace if span.parent_span_id == root.span_id) == [
        "decode", "generate", "prefill", "queue", "resume"
    ]  # fmt: skip
    (generate,) = [span for span in trace if span.name == "generate"]
    assert {span.name for span in trace if span.parent_span_id == generate.span_id} == {
        "prepare",
        "prefill",
        "decode",
    }
    assert len({span.trace_id for span in told.spans}) == 4  # each other request has its own
