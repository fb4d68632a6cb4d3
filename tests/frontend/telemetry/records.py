"""Requests as they may have gone, for tests of what is made of them."""

from typing import Any

from mlx_llm_server.frontend.telemetry import RequestRecord


def begun(**fields: Any) -> RequestRecord:
    """Return a chat request that came at 100 s and was given to a worker a second later."""
    record = RequestRecord(
        **{"id": "req_1", "received_at": 100.0, "method": "POST", "path": "/v1/chat/completions", **fields}
    )
    record.operation, record.status = "chat", 200
    record.submit(100.5).given("worker-1", 101.0)
    return record


def answered(**fields: Any) -> RequestRecord:
    """Return one that was answered with 5 tokens, between 102 s and 104 s."""
    record = begun(**fields)
    record.model = "m"
    (generation,) = record.generations
    generation.first_at = 102.0
    generation.end("stop", 5, 104.0)
    record.answered_at = 104.0
    record.usage = {
        "prompt_tokens": 12,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 8},
    }
    return record
