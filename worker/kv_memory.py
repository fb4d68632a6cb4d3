"""What the key-value caches of a model take, and what memory there is for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import ArraysCache, RotatingKVCache, make_prompt_cache

from ..protocol.messages import KV_STEP_TOKENS, KvMemory
from .device import free_memory
from .prefix_cache.rows import leaves

# Of what is free beside the prefix cache; the rest is for what a step computes in between, and for the copies that
# are made while rows join and leave.
_SHARE = 0.8
# However little is free, one row of so many tokens is tried.
_LEAST_TOKENS = 1024


def kv_memory(
    model: Any, chosen: int | None, prefix_cache: int, limit: int | None = None, slack: int | None = None
) -> KvMemory | None:
    """Return what the rows of a loaded model may take, and take; None is without a bound.

    Args:
        model: The model.
        chosen: The bytes that the operator allows; 0 sets no bound, None takes a share of what is free.
        prefix_cache: Bytes that the prefix cache may take.
        limit: Bytes that the whole process may hold; None is without a limit.
        slack: See `KvMemory`.
    """
    if chosen == 0:
        return None
    sizes = replace(measured(model), slack=slack)
    if chosen is not None:
        return replace(sizes, budget=chosen)
    free = free_memory()
    if limit is not None:
        free = min(free, limit - mx.get_active_memory())
    budget = int(_SHARE * (free - prefix_cache))
    return replace(sizes, budget=max(budget, sizes.needed([_LEAST_TOKENS])))


def measured(model: Any) -> KvMemory:
    """Return what a model's rows take, with no budget; only shapes are looked at, nothing is computed."""
    caches = make_prompt_cache(model)
    model(mx.array([[0]]), cache=caches)
    per_token = per_row = 0
    for cache in leaves(caches):
        if isinstance(cache, ArraysCache):
            per_row += _size(cache.cache)
            continue
        arrays: list[Any] = [cache.keys, cache.values]
        size = _size(arrays)
        if isinstance(cache, RotatingKVCache):
            # It begins with fewer tokens, and grows up to the window.
            per_row += size // arrays[0].shape[2] * cache.max_size
        else:
            per_token += size // KV_STEP_TOKENS
    return KvMemory(0, per_token, per_row)


def _size(arrays: list[Any]) -> int:
    return sum(array.nbytes for array in arrays if array is not None)
