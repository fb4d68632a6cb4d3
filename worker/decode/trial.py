"""Whether a model goes along with caches in parts and with a prompt's tokens as rows: tried once, at the start."""

from __future__ import annotations

import logging
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import KVCache, make_prompt_cache

from ..parted import Division, PartedKVCache
from ..prefix_cache.rows import leaves, mapped
from .agreement import agree
from .caches import Chunk, RowCaches

log = logging.getLogger(__name__)

_LENGTHS = (3, 11)
# Of prompts, and as rows decode.
_STEPS = ([[1, 2], [3, 4]], [[5], [6]])


def can_be_parted(model: Any, vocabulary: int) -> bool:
    """Tell whether two rows, and one beside a prompt's chunk, give in parts what they give in mlx-lm's own caches.

    A model that does more with keys and values than to pass them on does not, as it can't.

    Args:
        model: The model, whose attention is computed by `PartedAttention`.
        vocabulary: How many tokens it knows.
    """
    rows = _begun(model, vocabulary)
    kinds = {type(cache) for cache in leaves(rows[0])}
    if KVCache not in kinds:
        return False
    try:
        own = [each[0].merge(list(each)) for each in zip(*rows, strict=True)]
        agreed = _agree(model, own, _parted(rows), vocabulary) and (
            kinds != {KVCache} or _agree_with_chunk(model, rows, _begun(model, vocabulary), vocabulary)
        )
    except Exception as error:  # noqa: BLE001 - any code of a model may be what does not go along
        log.info("all rows that decode together take the memory of the longest: %r", error)
        return False
    if not agreed:
        log.warning("all rows that decode together take the memory of the longest: parts give other logits")
    return agreed


def _begun(model: Any, vocabulary: int) -> list[list[Any]]:
    """Return the caches of two rows, each alone."""
    rows = [make_prompt_cache(model) for _ in _LENGTHS]
    for length, caches in zip(_LENGTHS, rows, strict=True):
        model((mx.arange(length) + length)[None] % vocabulary, cache=caches)
    return rows


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


def _agree_with_chunk(model: Any, own: list[list[Any]], ours: list[list[Any]], vocabulary: int) -> bool:
    """Compute a step of the first row, and tokens of the second one as a chunk of its prompt with it."""
    token, chunk = mx.array([1]) % vocabulary, [number % vocabulary for number in range(2, 5)]
    rows = RowCaches(ours[0], [_LENGTHS[0]])
    logits = [
        rows.forward(model, token, Chunk(chunk, ours[1], _LENGTHS[1])),
        model(token[None], cache=ours[1])[:, -1],
    ]
    expected = [model(token[None], cache=own[0])[:, -1]]
    model(mx.array([chunk]), cache=own[1])
    expected.append(model(token[None], cache=own[1])[:, -1])
    return agree(mx.concatenate(logits), mx.concatenate(expected), next(leaves(own[0])).keys.dtype)
