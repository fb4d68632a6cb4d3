"""Whether a model goes along with caches in parts: tried once, before anybody's rows depend on it."""

from __future__ import annotations

import logging
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import KVCache, make_prompt_cache

from ..parted import PartedKVCache
from ..prefix_cache.rows import leaves, mapped
from .agreement import agree

log = logging.getLogger(__name__)

_LENGTHS = (3, 11)


def can_be_parted(model: Any, vocabulary: int) -> bool:
    """Tell whether two rows give with caches in parts what they give with mlx-lm's own.

    A model that does more with keys and values than to pass them on does not, as it can't.

    Args:
        model: The model, whose attention is computed by `PartedAttention`.
        vocabulary: How many tokens it knows.
    """
    rows = [make_prompt_cache(model) for _ in _LENGTHS]
    positions: list[Any] = [cache for cache in leaves(rows[0]) if type(cache) is KVCache]
    if not positions:
        return False
    for length, caches in zip(_LENGTHS, rows, strict=True):
        model((mx.arange(length) + length)[None] % vocabulary, cache=caches)
    other = leaves(rows[1])

    def parted(cache: Any) -> Any:
        both = (cache, next(other))
        if type(cache) is not KVCache:
            return cache.merge(both)
        layer = PartedKVCache([cache.merge([each]) for each in both], [1, 1])
        layer.offset = mx.array(_LENGTHS)
        return layer

    own = [each[0].merge(list(each)) for each in zip(*rows, strict=True)]
    tokens = mx.array([[1], [2]]) % vocabulary
    expected = model(tokens, cache=own)[:, -1, :]
    try:
        logits = model(tokens, cache=mapped(rows[0], parted))[:, -1, :]
        agreed = agree(logits, expected, positions[0].keys.dtype)
    except Exception as error:  # noqa: BLE001 - any code of a model may be what does not go along
        log.info("all rows that decode together take the memory of the longest: %r", error)
        return False
    if not agreed:
        log.warning("all rows that decode together take the memory of the longest: parts give other logits")
    return agreed
