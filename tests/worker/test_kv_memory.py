"""What is told of a model's caches is what they take."""

from typing import Any

import mlx.core as mx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.protocol.messages import KvMemory
from mlx_llm_server.worker.decode import Device, RowCaches
from mlx_llm_server.worker.kv_memory import kv_memory, measured
from mlx_llm_server.worker.parted import parts_of
from mlx_llm_server.worker.prefix_cache.rows import leaves
from mlx_lm.models.cache import KVCache, make_prompt_cache

from .tiny_models import CONFIGS, tiny


def taken(model: Any, tokens: int) -> int:
    """Return the bytes that a row's caches have behind so many tokens."""
    caches = make_prompt_cache(model)
    for start in range(0, tokens - 1, 32):
        model(mx.zeros((1, min(32, tokens - 1 - start)), dtype=mx.int32), cache=caches)
    model(mx.array([[0]]), cache=caches)
    mx.eval([cache.state for cache in caches])
    return sum(array.nbytes for cache in leaves(caches) for array in arrays_of(cache))


def arrays_of(cache: Any) -> list[mx.array]:
    return cache.cache if hasattr(cache, "cache") else [cache.keys, cache.values]


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("tokens", [200, 500])
def test_a_row_takes_what_was_measured(kind: str, tokens: int) -> None:
    model = tiny(kind)

    assert measured(model).needed([tokens]) == taken(model, tokens)


def test_what_the_operator_allows_is_the_budget() -> None:
    memory = kv_memory(tiny("llama"), 1_000_000, 0)

    assert memory is not None
    # Two layers, keys and values of two heads of 16 numbers in float32.
    assert (memory.budget, memory.per_token, memory.per_row) == (1_000_000, 2 * 2 * 2 * 16 * 4, 0)


def test_off_sets_no_bound() -> None:
    assert kv_memory(tiny("llama"), 0, 0) is None


def test_by_default_it_is_a_share_of_what_is_free_beside_the_prefix_cache_but_never_nothing() -> None:
    model = tiny("llama")
    much, less, least = (kv_memory(model, None, cache) for cache in (0, 10**9, 10**18))

    assert much is not None
    assert less is not None
    assert least is not None
    assert much.budget > less.budget > least.budget
    assert least.most_tokens() == 1024


def test_it_tells_how_rows_share_arrays() -> None:
    model = tiny("llama")
    told = [kv_memory(model, chosen, 0, slack=7) for chosen in (None, 1_000_000)]
    assert [memory and memory.slack for memory in told] == [7, 7]


def test_a_limit_of_the_whole_process_bounds_it() -> None:
    model = tiny("llama")
    bound = kv_memory(model, None, 0, mx.get_active_memory() + 10_000_000)

    assert bound is not None
    assert bound.budget == pytest.approx(8_000_000, rel=0.1)


def held(length: int) -> list[Any]:
    """Return the cache of a row of one layer, of a number for each token."""
    cache = KVCache()
    cache.keys = cache.values = mx.zeros((1, 1, length, 1))
    cache.offset = length
    return [cache]


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.booleans()), min_size=1, max_size=20), st.sampled_from([None, 64])
)
def test_rows_that_come_and_go_take_no_more_than_is_counted(
    deeds: list[tuple[int, bool]], slack: int | None
) -> None:
    memory, rows = KvMemory(0, 1, slack=slack), RowCaches([], [], Device(slack=slack))
    for length, leaves_too in deeds:
        rows.extend(RowCaches(held(length), [length], Device(slack=slack)))
        if leaves_too:
            rows.filter([row for row in range(len(rows)) if row != length % len(rows)])
        parts = [part for layer in rows.layers for part in parts_of(layer)]
        assert sum(part.keys.shape[0] * part.size() for part in parts) <= memory.needed(rows.lengths)
        assert sum(part.keys.shape[0] for part in parts) == len(rows.lengths)
