"""The caches of prompts that are prefilled together: alone, batched, or in parts (`decode/parts.py` says which).

Prompts stay in their order, wherever their rows are; those of a part that has one row are in plain caches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import BatchKVCache, KVCache

from .decode import as_batch
from .decode.parts import group
from .parted import Division, PartedKVCache, parts_of
from .prefix_cache.rows import leaves, mapped, rows_by_part


def begun(
    merged: Sequence[Any], caches: Sequence[Sequence[Any]], lengths: Sequence[int], slack: int | None
) -> list[Any]:
    """Return the layers' caches of prompts that begin together.

    Args:
        merged: These caches, batched by mlx-lm; for layers whose rows are not in parts.
        caches: Of each prompt, those of one row.
        lengths: How many tokens they hold.
        slack: See `group`.
    """
    groups = group([], [[length] for length in lengths], slack)
    if len(groups) == 1:
        return list(merged) if len(caches) > 1 else list(caches[0])
    layers = zip(*map(leaves, caches), strict=True)

    def parted(cache: Any) -> Any:
        rows = next(layers)
        if not isinstance(cache, BatchKVCache):
            return cache
        parts = [
            rows[each[0]] if len(each) == 1 else KVCache.merge([rows[row] for row in each]) for each in groups
        ]
        return PartedKVCache(parts, Division(groups))

    return mapped(merged, parted)


def joined(
    mine: Sequence[Any], others: Sequence[Any], lengths: tuple[Sequence[int], Sequence[int]], slack: int | None
) -> list[Any]:
    """Return the layers' caches of prompts that others join.

    Args:
        mine: Theirs.
        others: The others'.
        lengths: How many tokens these and those hold, one number for each prompt.
        slack: See `group`.
    """
    present, joining = (
        rows_by_part(each, len(of_each)) for each, of_each in zip((mine, others), lengths, strict=True)
    )
    groups = group(_of_rows(lengths[0], present), _of_rows(lengths[1], joining), slack)
    rows = [*present, *([len(lengths[0]) + row for row in part] for part in joining)]
    division = Division([[row for part in each for row in rows[part]] for each in groups])
    more = leaves(others)

    def with_others(cache: Any) -> Any:
        other = next(more)
        if not isinstance(cache, KVCache | BatchKVCache | PartedKVCache):
            return _extended([cache, other])
        parts = [*parts_of(cache), *parts_of(other)]
        new = [_extended([parts[part] for part in each]) for each in groups]
        return new[0] if len(new) == 1 else PartedKVCache(new, division)

    return mapped(mine, with_others)


def settled(caches: Sequence[Any]) -> list[Any]:
    """Return caches, of which some rows may be gone, without divisions into one part."""

    def whole(cache: Any) -> Any:
        return cache.parts[0] if isinstance(cache, PartedKVCache) and len(cache.parts) == 1 else cache

    return mapped(caches, whole)


def in_order(caches: Sequence[Any], rows: int) -> tuple[list[Any], list[int]]:
    """Return caches with their rows part by part, and that order of them."""
    parts = rows_by_part(caches, rows)
    order = [row for part in parts for row in part]
    division = Division([[order.index(row) for row in part] for part in parts])

    def ordered(cache: Any) -> Any:
        if isinstance(cache, PartedKVCache):
            return PartedKVCache(cache.parts, division)
        if order != sorted(order):
            cache.filter(mx.array(order))
        return cache

    return mapped(caches, ordered), order


def _of_rows(each: Sequence[int], parts: Sequence[Sequence[int]]) -> list[list[int]]:
    return [[each[row] for row in part] for part in parts]


def _extended(caches: list[Any]) -> Any:
    """Return the first one, to which the rows of the others were added."""
    if len(caches) == 1:
        return caches[0]
    first, *others = as_batch(caches)
    for other in others:
        first.extend(other)
    return first
