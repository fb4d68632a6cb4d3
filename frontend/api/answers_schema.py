"""The JSON schemas of answers, for `/openapi.json`; those of requests are the ones that check them."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_FLAG = {"type": "boolean"}
_IDS = {"type": "array", "items": _COUNT}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of an object that has these members and perhaps others."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_USAGE = _object(
    {
        "prompt_tokens": _COUNT,
        "completion_tokens": _COUNT,
        "total_tokens": _COUNT,
        "prompt_tokens_details": _object({"cached_tokens": _COUNT}),
        "completion_tokens_details": _object({"reasoning_tokens": _COUNT}),
    }
)
_CALL = _object(
    {
        "id": _TEXT,
        "type": {"const": "function"},
        "function": _object({"name": _TEXT, "arguments": _TEXT}),
    }
)
_MESSAGE = _object(
    {"role": {"const": "assistant"}, "content": _or_null(_TEXT), "refusal": {"type": "null"}},
    {"reasoning_content": _TEXT, "reasoning": _TEXT, "tool_calls": {"type": "array", "items": _CALL}},
)
_END = {"index": _COUNT, "finish_reason": {"enum": ["stop", "length", "tool_calls"]}}


def _completion(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    stop_reason = {"stop_reason": {"const": "repetition"}}
    return _object(
        {
            "id": _TEXT,
            "object": {"const": kind},
            "created": _COUNT,
            "model": _TEXT,
            "choices": {"type": "array", "minItems": 1, "items": _object({**_END, **choice}, stop_reason)},
            "usage": {"$ref": "#/components/schemas/Usage"},
        }
    )


_MODEL = _object(
    {
        "id": _TEXT,
        "object": {"const": "model"},
        "created": _COUNT,
        "owned_by": _TEXT,
        "context_length": _COUNT,
        "max_model_len": _COUNT,
        "abilities": {"type": "object", "additionalProperties": _FLAG},
        "chat_template_options": _TEXTS,
        "supported_parameters": {"type": "object", "additionalProperties": _TEXTS},
    }
)

SCHEMAS: dict[str, dict[str, Any]] = {
    "Usage": _USAGE,
    "ChatCompletion": _completion(
        "chat.completion", {"message": _MESSAGE, "logprobs": _or_null({"type": "object"})}
    ),
    "Completion": _completion("text_completion", {"text": _TEXT, "logprobs": _or_null({"type": "object"})}),
    "RenderedPrompt": _object({"prompt": _TEXT, "prompt_token_ids": _IDS, "prompt_tokens": _COUNT}),
    "Tokens": _object(
        {
            "count": _COUNT,
            "max_model_len": _or_null(_COUNT),
            "tokens": _IDS,
            "token_strs": _or_null(_TEXTS),
        }
    ),
    "Text": _object({"prompt": _TEXT}),
    "Model": _MODEL,
    "ModelList": _object(
        {
            "object": {"const": "list"},
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}},
        }
    ),
    "Health": _object({"status": {"const": "ok"}}),
    "Readiness": _object(
        {"status": {"enum": ["ready", "not ready"]}, "workers": {"type": "array"}, "queued": _COUNT},
        {"reason": _TEXT},
    ),
    "Error": _object(
        {
            "error": _object(
                {
                    "message": _TEXT,
                    "type": _TEXT,
                    "param": _or_null(_TEXT),
                    "code": _or_null(_TEXT),
                }
            )
        }
    ),
}
