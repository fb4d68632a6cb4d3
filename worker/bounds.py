"""What a worker takes from a frontend, checked again: a number out of bounds must never reach MLX.

The frontend has refused such requests already, with better sentences; this guards against another version of it.
"""

from __future__ import annotations

import math

from ..protocol.messages import Generate


def fault(request: Generate) -> tuple[str, str] | None:
    """Return what is wrong with a request as (field, sentence), or None."""
    sampling = request.sampling
    rules = {
        "seed": 0 <= sampling.seed < 2**64,
        "temperature": math.isfinite(sampling.temperature) and sampling.temperature >= 0,
        "top_p": 0 <= sampling.top_p <= 1,
        "repetition_penalty": math.isfinite(sampling.repetition_penalty) and sampling.repetition_penalty > 0,
        "repetition_context_size": sampling.repetition_context_size >= 0,
        "max_tokens": request.max_tokens >= 1,
        "stop": all(request.stop),
        "messages": bool(request.messages),
        "resume": all(token >= 0 for token in request.resume),
    }
    for field, kept in rules.items():
        if not kept:
            return field, f"'{field}' is out of bounds."
    return None
