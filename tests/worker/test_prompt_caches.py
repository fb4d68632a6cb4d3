"""Prompts in parts, when they begin to decode in another order than they came."""

from __future__ import annotations

import mlx.core as mx
from mlx_llm_server.worker.parted import PartedKVCache
from mlx_llm_server.worker.prompt_caches import begun, in_order
from mlx_lm.models.cache import ArraysCache, KVCache


def held(row: int, length: int) -> list[KVCache | ArraysCache]:
    """Return the caches of a row of two layers, keys and values and a state, which are full of its number."""
    positions, state = KVCache(), ArraysCache(1)
    positions.keys = positions.values = mx.full((1, 1, length, 1), row)
    positions.offset = length
    state.cache = [mx.full((1, 2), row)]
    return [positions, state]


def test_states_are_put_in_the_order_of_the_parts_too() -> None:
    lengths = [100, 5, 90]
    rows = [held(row, length) for row, length in enumerate(lengths)]
    merged = [layers[0].merge(list(layers)) for layers in zip(*rows, strict=True)]

    (positions, state), order = in_order(begun(merged, rows, lengths, slack=4), 3)

    assert order == [0, 2, 1]
    assert isinstance(positions, PartedKVCache)
    assert positions.division.rows == [[0, 1], [2]]
    assert [part.keys[:, 0, -1, 0].tolist() for part in positions.parts] == [[0, 2], [1]]
    assert state.cache[0][:, 0].tolist() == order
