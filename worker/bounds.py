"""What a worker takes from a frontend, checked again: a number out of bounds must never reach MLX.

The frontend has refused such requests already, with better sentences; this guards against another version of it.
"""

from __future__ import annotations

import math

from ..protocol.messages import CallRules, Generate, Sampling

MOST_ALTERNATIVES = 20
_GRAMMARS = ("json_schema", "regex", "lark")
_LARGE = 1 << 30  # of a number that becomes an int32


def fault(request: Generate) -> tuple[str, str] | None:
    """Return what is wrong with a request as (field, sentence), or None."""
    sampling = request.sampling
    rules = {
        **_of_sampling(sampling),
        "max_tokens": request.max_tokens >= (1 if request.source == "messages" else 0),
        "stop": all(request.stop),
        "messages": bool(request.messages) or request.source == "prompt",
        "prompt": all(token >= 0 for token in request.prompt_tokens),
        "resume": all(token >= 0 for token in request.resume),
        "grammar": request.grammar is None or request.grammar.kind in _GRAMMARS,
        "thinking_budget": (request.thinking_budget or 0) >= 0,
        "prompt_logprobs": request.prompt_logprobs is None
        or (0 <= request.prompt_logprobs <= MOST_ALTERNATIVES and request.source == "prompt"),
        "calls": bool(request.tools) or request.calls == CallRules(),
    }
    for field, kept in rules.items():
        if not kept:
            return field, f"'{field}' is out of bounds."
    return None


def _of_sampling(sampling: Sampling) -> dict[str, bool]:
    biased = [entry.token for entry in sampling.logit_bias]
    return {
        "seed": 0 <= sampling.seed < 2**64,
        "temperature": math.isfinite(sampling.temperature) and sampling.temperature >= 0,
        "top_p": 0 <= sampling.top_p <= 1,
        "top_k": sampling.top_k >= 0,
        "min_p": 0 <= sampling.min_p <= 1,
        "xtc_probability": 0 <= sampling.xtc_probability <= 1,
        "xtc_threshold": 0 <= sampling.xtc_threshold <= 0.5,
        "repetition_penalty": math.isfinite(sampling.repetition_penalty) and sampling.repetition_penalty > 0,
        "repetition_context_size": 0 <= sampling.repetition_context_size < _LARGE,
        "presence_penalty": math.isfinite(sampling.presence_penalty),
        "presence_context_size": 0 <= (sampling.presence_context_size or 0) < _LARGE,
        "frequency_penalty": math.isfinite(sampling.frequency_penalty),
        "frequency_context_size": 0 <= (sampling.frequency_context_size or 0) < _LARGE,
        "logit_bias": all(token >= 0 for token in biased)
        and len(set(biased)) == len(biased)
        and all(math.isfinite(entry.bias) for entry in sampling.logit_bias),
        "top_logprobs": 0 <= sampling.top_logprobs <= MOST_ALTERNATIVES,
        "min_tokens": 0 <= sampling.min_tokens < _LARGE,
        "stop_token_ids": all(token >= 0 for token in sampling.stop_token_ids),
    }


def unknown_token(request: Generate, vocabulary: int) -> tuple[str, str] | None:
    """Return (sentence, field) for the first token id that a model of so many tokens has not, or None."""
    ids = {
        "logit_bias": [entry.token for entry in request.sampling.logit_bias],
        "stop_token_ids": request.sampling.stop_token_ids,
        "prompt": request.prompt_tokens,
    }
    for field, tokens in ids.items():
        for token in tokens:
            if token >= vocabulary:
                return f"'{field}': {token} is no token of this model, which has {vocabulary}.", field
    return None
