"""Whether a model goes along with caches in parts: tried once, before anybody's rows depend on it."""

from __future__ import annotations

import logging
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import KVCache, make_prompt_cache

from ..parted import Division, PartedKVCache
from ..prefix_cache.rows import leaves, mapped
from .agreement import agree

log = logging.getLogger(__name__)

_LENGTHS = (3, 11)
# Of prompts, and as rows decode.
_STEPS = ([[1, 2], [3, 4]], [[5], [6]])


def can_be_parted(model: Any, vocabulary: int) -> bool:
    """Tell whether two rows give with caches in parts what they give with mlx-lm's own.

    A model that does more with keys and values than to pass them on does not, as it can't.

    Args:
        model: The model, whose attention is computed by `PartedAttention`.
        vocabulary: How many tokens it knows.
    """
    rows = [make_prompt_cache(model) for _ in _LENGTHS]
    if not any(type(cache) is KVCache for cache in leaves(rows[0])):
        return False
    for length, caches in zip(_LENGTHS, rows, strict=True):
        model((mx.arange(length) + length)[None] % vocabulary, cache=caches)
    own = [each[0].merge(list(each)) for each in zip(*rows, strict=True)]
    try:
        agreed = _agree(model, own, _parted(rows), vocabulary)
    except Exception as error:  # noqa: BLE001 - any code of a model may be what does not go along
        log.info("all rows that decode together take the memory of the longest: %r", error)
        return False
    if not agreed:
        log.warning("all rows that decode together take the memory of the longest: parts give other logits")
    return agreed


def _parted(rows: list[list[Any]]) -> list[Any]:
    """Return the caches of two rows as those of a batch, one part for each."""
    other = leaves(rows[1])

    def parted(cache: Any) -> Any:
        both = (cache, next(other))
        if type(cache) is not KVCache:
            return cache.merge(both)
        return PartedKVCache([KVCache.merge([each]) for each in both], Division([[0], [1]]))

    return mapped(rows[0], parted)


def _agree(model: Any, own: list[Any], parted: list[Any], vocabulary: int) -> bool:
    offset = mx.array(_LENGTHS)
    layers = [cache for cache in leaves(parted) if isinstance(cache, PartedKVCache)]
    for step in _STEPS:
        tokens = mx.array(step) % vocabulary
        for cache in layers:
            cache.offset = offset
        logits = model(tokens, cache=parted)[:, -1, :]
        if not agree(logits, model(tokens, cache=own)[:, -1, :], layers[0].parts[0].keys.dtype):
            return False
        offset = offset + tokens.shape[1]
    return True
