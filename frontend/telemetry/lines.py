"""A request's line in the log, in words and as fields; never a word of its prompt or of its answer."""

from __future__ import annotations

from typing import Any

from .record import RequestRecord

_LONGEST_PATH = 200


def fields_of(record: RequestRecord, now: float) -> dict[str, Any]:
    """Return what a line of JSON has of a request; what does not apply is left out, times are in seconds."""
    told = {
        "request_id": record.id,
        "key": record.key,
        "method": record.method,
        "path": record.path[:_LONGEST_PATH],
        "status": record.status,
        "duration_seconds": round(now - record.received_at, 4),
    }
    if record.operation:
        told |= {
            "model": record.model,
            "prompt_tokens": record.prompt_tokens,
            "completion_tokens": record.completion_tokens,
            "cached_tokens": record.cached_tokens,
            "ttft_seconds": None if record.ttft_seconds is None else round(record.ttft_seconds, 4),
            "outcome": record.outcome,
            "resumes": record.resumes,
            "worker": ",".join(record.workers),
        }
    elif record.error is not None:
        told["outcome"] = record.error
    return {name: value for name, value in told.items() if value not in (None, "")}


def words_of(record: RequestRecord, now: float) -> str:
    """Return the same for people: what happened first, the id last."""
    words = [str(record.status), record.method, _printable(record.path), _milliseconds(now - record.received_at)]
    if record.operation:
        words.append(record.outcome)
        if record.model:
            words.append(f"model={record.model}")
            words.append(f"tokens={record.prompt_tokens}+{record.completion_tokens}")
        if record.cached_tokens:
            words.append(f"cached={record.cached_tokens}")
        if record.ttft_seconds is not None:
            words.append(f"ttft={_milliseconds(record.ttft_seconds)}")
        if record.workers:
            words.append(f"worker={','.join(record.workers)}")
        if record.resumes:
            words.append(f"resumes={record.resumes}")
    elif record.error is not None:
        words.append(record.error)
    if record.key:
        words.append(f"key={record.key}")
    return " ".join([*words, record.id])


def _printable(path: str) -> str:
    """Return a path without what a terminal would take for a command."""
    return "".join(character if character.isprintable() else "?" for character in path[:_LONGEST_PATH])


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f}ms"
