from __future__ import annotations

import mlx.core as mx
from mlx_llm_server.worker.prefix_cache.rows import Positions, rebuild
from mlx_lm.models.cache import KVCache


def piece(tokens: int, value: float) -> Positions:
    keys = mx.full((1, 2, tokens, 4), value)
    return Positions([(keys, keys + 10)])


def test_what_is_put_together_has_room_for_what_follows() -> None:
    cache = KVCache()
    rebuild([cache], [(piece(5, 1.0), 4), (piece(4, 2.0), 3)], None, more=300)
    assert cache.keys is not None
    before = cache.keys.shape

    keys, values = cache.update_and_fetch(mx.full((1, 2, 300, 4), 3.0), mx.full((1, 2, 300, 4), 13.0))

    assert cache.keys.shape == before
    assert keys is not None
    assert values is not None
    assert keys[0, 1, :, 2].tolist() == [1.0] * 4 + [2.0] * 3 + [3.0] * 300
    assert values[0, 1, :, 2].tolist() == [11.0] * 4 + [12.0] * 3 + [13.0] * 300
