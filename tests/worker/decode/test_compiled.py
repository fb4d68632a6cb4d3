"""Compiled steps against those that Python builds; and models of which a trace would be wrong."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.worker.decode import CompiledStep, Device, RowCaches, present
from mlx_llm_server.worker.decode.compiled import capacity
from mlx_llm_server.worker.kernels import Kernels
from mlx_llm_server.worker.prefix_cache.rows import cut_positions
from mlx_lm.models.cache import make_prompt_cache

from ..tiny_models import VOCABULARY, tiny

Forward = Callable[[mx.array, list[Any]], mx.array]


@pytest.fixture(scope="module")
def llama() -> Any:
    return tiny("llama")


class Model:
    """A model that does more than it should, and counts how often Python runs it.

    Args:
        llama: What it is else.
        forward: What it does with the tokens and caches.
    """

    def __init__(self, llama: Any, forward: Forward | None = None) -> None:
        self._forward: Forward = forward or (lambda tokens, cache: llama(tokens, cache=cache))
        self.calls = 0

    def __call__(self, tokens: mx.array, cache: list[Any]) -> mx.array:
        self.calls += 1
        return self._forward(tokens, cache)


def filled(llama: Any, lengths: list[int], device: Device) -> RowCaches:
    draw = random.Random(1)
    rows = RowCaches([], [], device)
    for length in lengths:
        caches = make_prompt_cache(llama)
        if length:
            llama(mx.array([[draw.randrange(VOCABULARY) for _ in range(length)]]), cache=caches)
        rows.extend(RowCaches(caches, [length], device))
    return rows


class Pair:
    """The same rows, by compiled steps and without."""

    def __init__(self, llama: Any, model: Model, lengths: list[int], step: CompiledStep | None = None) -> None:
        self.llama, self.model = llama, model
        self.compiled = filled(llama, lengths, Device(compiled=step or CompiledStep()))
        self.plain = filled(llama, lengths, Device())
        self._draw = random.Random(2)

    def filter(self, *keep: int) -> None:
        self.compiled.filter(keep)
        self.plain.filter(keep)

    def step(self, times: int = 1, plain: Any = None) -> None:
        """Let both do steps, whose logits and caches must be the same."""
        for _ in range(times):
            tokens = mx.array([self._draw.randrange(VOCABULARY) for _ in self.plain.lengths])
            logits = self.compiled.forward(self.model, tokens)
            expected = self.plain.forward(self.llama if plain is None else plain, tokens)
            assert mx.allclose(logits, expected, rtol=1e-4, atol=1e-4)
        assert self.compiled.lengths == self.plain.lengths
        for row, length in enumerate(self.plain.lengths):
            kept, expected = (cut_positions(each.layers, row, 0, length) for each in (self.compiled, self.plain))
            assert kept is not None
            assert expected is not None
            for mine, other in zip(sum(kept.arrays, ()), sum(expected.arrays, ()), strict=True):
                assert mx.allclose(mine, other, rtol=1e-4, atol=1e-4)


def test_python_runs_a_model_only_for_what_is_new(llama: Any) -> None:
    pair = Pair(llama, Model(llama), [250, 240, 9])
    pair.step()
    traced = pair.model.calls
    pair.step(5)
    assert pair.model.calls == traced
    pair.step(6)  # over what the first buffers hold
    assert traced < pair.model.calls < traced + 6
    assert {cache.keys.shape[2] for cache in pair.compiled.layers} == {512}


def test_rows_come_and_go_and_begin_with_nothing(llama: Any) -> None:
    pair = Pair(llama, Model(llama), [0, 0])
    pair.step(2)
    for rows in (pair.compiled, pair.plain):
        rows.extend(filled(llama, [257, 30], rows._device))
    pair.step(2)
    pair.filter(3, 1)
    pair.step(2)
    pair.filter(1)
    pair.step(2)
    for rows in (pair.compiled, pair.plain):
        rows.extend(filled(llama, [4], rows._device))
    pair.step(2)


def test_steps_write_in_place(llama: Any) -> None:
    rows = filled(llama, [1030, 1028], Device(compiled=CompiledStep()))

    def step(times: int) -> None:
        for _ in range(times):
            mx.eval(rows.forward(llama, mx.array([1, 2])))

    step(2)
    before = mx.get_active_memory()
    mx.reset_peak_memory()
    step(5)
    assert mx.get_peak_memory() - before < rows.layers[0].nbytes / 2


def test_few_traces_are_kept(llama: Any) -> None:
    step, model = CompiledStep(most=2), Model(llama)
    for rows in (5, 4, 5, 3):
        Pair(llama, model, [*range(rows)], step).step(2)
        assert len(step._steps) <= 2
    assert [rows for rows, _ in step._steps] == [5, 3]


def test_another_model_begins_anew(llama: Any) -> None:
    step = CompiledStep()
    Pair(llama, Model(llama), [5, 6], step).step()
    other = tiny("llama")
    other.update({"lm_head": {"weight": -other.lm_head.weight}})
    Pair(other, Model(other), [5, 6], step).step(2)


class Counting:
    """Adds what it counts: a number of Python's."""

    def __init__(self, llama: Any, every: int) -> None:
        self._llama, self._every, self._calls = llama, every, 0

    def __call__(self, tokens: mx.array, cache: list[Any]) -> mx.array:
        self._calls += 1
        return self._llama(tokens, cache=cache) + mx.arange(VOCABULARY) * (self._calls // self._every)


def reads(llama: Any) -> Forward:
    """Return a model that reads an array."""
    return lambda tokens, cache: llama(tokens, cache=cache) + 0.0 * tokens.max().item()


def looks_at_the_last(llama: Any) -> Forward:
    """Return a model that takes the last of what the cache returns for the newest."""

    def forward(tokens: mx.array, cache: list[Any]) -> mx.array:
        class Cache:
            offset, make_mask = cache[0].offset, cache[0].make_mask

            def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
                keys, values = cache[0].update_and_fetch(keys, values)
                return keys, values + values[..., -1:, :]

        return llama(tokens, cache=[Cache(), *cache[1:]])

    return forward


def writes_twice(llama: Any) -> Forward:
    """Return a model that leaves two tokens in a layer's cache."""

    def forward(tokens: mx.array, cache: list[Any]) -> mx.array:
        logits = llama(tokens, cache=cache)
        cache[1].update_and_fetch(*[mx.zeros((len(tokens), 2, 1, 16))] * 2)
        return logits

    return forward


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda llama: Counting(llama, 1), "other logits"),
        (lambda llama: Counting(llama, 4), "other logits"),
        (reads, "eval"),
        (looks_at_the_last, "other logits"),
        (writes_twice, "not written once"),
    ],
)
def test_what_a_trace_would_freeze_is_not_compiled(
    llama: Any, forward: Callable[[Any], Forward], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = Model(llama, forward(llama))
    step = CompiledStep()
    with caplog.at_level(logging.WARNING):
        rows = filled(llama, [5, 20], Device(compiled=step))
        before = [(cache.keys, cache.values, cache.size()) for cache in rows.layers]
        assert step(model, mx.array([1, 2]), rows.layers) is None
    assert reason in caplog.text
    assert len(caplog.records) == 1
    assert [cache.size() for cache in rows.layers] == [20, 20]
    for cache, (keys, values, size) in zip(rows.layers, before, strict=True):
        assert mx.array_equal(cache.keys[..., :size, :], keys[..., :size, :])
        assert mx.array_equal(cache.values[..., :size, :], values[..., :size, :])
    calls = model.calls
    assert step(model, mx.array([1, 2]), rows.layers) is None
    assert model.calls == calls, "it is never tried again"


def test_logits_that_are_no_numbers_say_nothing_against_a_trace(
    llama: Any, caplog: pytest.LogCaptureFixture
) -> None:
    odd = mx.array([-mx.inf, mx.nan, *[0] * (VOCABULARY - 2)])
    step = CompiledStep()
    rows = filled(llama, [5, 20], Device(compiled=step))
    model = Model(llama, lambda tokens, cache: llama(tokens, cache=cache) + odd)
    assert step(model, mx.array([1, 2]), rows.layers) is not None
    assert not caplog.records


def test_a_model_that_is_wrong_only_in_larger_buffers_is_not_compiled_from_there(
    llama: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Seen:
        def __init__(self, cache: Any) -> None:
            self._cache, self.offset, self.make_mask = cache, cache.offset, cache.make_mask

        def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
            keys, values = self._cache.update_and_fetch(keys, values)
            return keys, -values if keys.shape[2] > 300 else values

    model = Model(llama, lambda tokens, cache: llama(tokens, cache=[Seen(each) for each in cache]))
    pair = Pair(llama, model, [250, 251])
    pair.step(4)
    assert not caplog.records
    pair.step(9)
    assert "in other buffers" in caplog.text
    assert len(caplog.records) == 1


def test_other_kinds_of_caches_are_not_compiled(caplog: pytest.LogCaptureFixture) -> None:
    gemma = tiny("gemma3_text")
    step = CompiledStep()
    rows = filled(gemma, [5, 20], Device(compiled=step))
    rows.forward(gemma, mx.array([1, 2]))
    assert not step._steps
    assert not caplog.records, "nor tried"


class Attention:
    """Stands in for `RaggedAttention`: knows which scores count from what was announced alone."""

    def __init__(self) -> None:
        self.otherwise = mx.fast.scaled_dot_product_attention
        self.announced: tuple[mx.array, mx.array, mx.array] | None = None
        self.used = 0

    def expect(self, mask: mx.array, starts: mx.array, stop: mx.array) -> None:
        self.announced = mask, starts, stop

    def forget(self) -> None:
        self.announced = None

    def __call__(self, q: mx.array, k: mx.array, v: mx.array, *, mask: Any, **options: Any) -> mx.array:
        if self.announced is not None and mask is self.announced[0]:
            self.used += 1
            places, (_, starts, stop) = mx.arange(k.shape[2]), self.announced
            mask = ((places >= starts[:, None]) & (places < stop))[:, None, None]
        return self.otherwise(q, k, v, mask=mask, **options)


def test_attention_is_told_in_a_trace_and_forgets_it(
    llama: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    attention: Any = Attention()
    monkeypatch.setattr(mx.fast, "scaled_dot_product_attention", attention)
    pair = Pair(llama, Model(llama), [5, 20, 20], CompiledStep(Kernels(attention=attention)))
    pair.step(3)
    assert attention.used == len(pair.compiled.layers)
    assert attention.announced is None
    assert not caplog.records, "it is right"


def test_capacities_are_few_and_waste_little() -> None:
    assert [capacity(tokens) for tokens in (1, 256, 257, 4096, 4097, 8193)] == [256, 256, 512, 4096, 4608, 9216]
    assert all(tokens <= capacity(tokens) <= max(tokens + 255, tokens * 9 / 8) for tokens in range(1, 40_000))
    assert len({capacity(tokens) for tokens in range(1, 1 << 17)}) < 64


@pytest.mark.skipif(mx.cuda.is_available(), reason="CUDA's steps are compiled")
def test_where_building_a_step_costs_little_it_is_not_compiled() -> None:
    assert present().compiled is None
