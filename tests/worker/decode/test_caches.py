"""Rows that decode together, on each kind of cache, against each row alone on the model's own caches."""

from __future__ import annotations

import random
from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.worker.decode import Chunk, CompiledStep, Device, RowCaches
from mlx_llm_server.worker.parted import PartedKVCache
from mlx_lm.models.cache import BatchKVCache, KVCache, make_prompt_cache

from ..tiny_models import CONFIGS, VOCABULARY, WINDOW, tiny

# As on any device; as where a step computes one of few numbers of rows; as where that is compiled, too; and as
# where rows share arrays with rows of their length only.
DEVICES = [Device(), Device(sizes=(1, 2, 4)), Device(sizes=(1, 2, 4), compiled=CompiledStep()), Device(slack=4)]


@pytest.fixture(scope="module", params=CONFIGS)
def model(request: pytest.FixtureRequest) -> Any:
    return tiny(request.param)


class Rows:
    """Rows together, and each alone: their logits must be the same in every step."""

    def __init__(self, model: Any, device: Device) -> None:
        self.model, self.device = model, device
        self.together = RowCaches([], [], device)
        self.alone: list[list[Any]] = []
        self._draw = random.Random(1)

    def join(self, *lengths: int) -> None:
        """Let prompts of these lengths join at once."""
        prompts = [mx.array([[self._draw.randrange(VOCABULARY) for _ in range(length)]]) for length in lengths]
        caches = []
        for prompt in prompts:
            mine, alone = make_prompt_cache(self.model), make_prompt_cache(self.model)
            for cache in (mine, alone):
                if prompt.size:
                    mx.eval(self.model(prompt, cache=cache))
            caches.append(mine)
            self.alone.append(alone)
        layers = (
            caches[0] if len(caches) == 1 else [each[0].merge(list(each)) for each in zip(*caches, strict=True)]
        )
        order = self.together.extend(RowCaches(layers, list(lengths), self.device))
        self.alone = [self.alone[index] for index in order]

    def leave(self, *keep: int) -> None:
        self.together.filter(list(keep))
        self.alone = [self.alone[index] for index in keep]

    def step_with(self, prompt: list[Any], tokens: list[int], start: int, expected: list[Any]) -> None:
        """Do a step that computes tokens of a prompt, too, which its own caches must hold then."""
        inputs = mx.array([self._draw.randrange(VOCABULARY) for _ in self.alone])
        logits = self.together.forward(self.model, inputs, Chunk(tokens, prompt, start))
        for row, cache in enumerate(self.alone):
            alone = self.model(inputs[row : row + 1][None], cache=cache)[0, -1]
            assert mx.allclose(logits[row], alone, rtol=1e-3, atol=1e-3), f"row {row}"
        self.model(mx.array([tokens]), cache=expected)
        for cache, other in zip(prompt, expected, strict=True):
            assert cache.offset == other.offset
            assert mx.allclose(cache.keys[:, :, : cache.offset], other.keys[:, :, : other.offset], atol=1e-4)
            assert mx.allclose(cache.values[:, :, : cache.offset], other.values[:, :, : other.offset], atol=1e-4)

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            tokens = mx.array([self._draw.randrange(VOCABULARY) for _ in self.alone])
            logits = self.together.forward(self.model, tokens)
            assert logits.shape == (len(self.alone), VOCABULARY)
            for row, cache in enumerate(self.alone):
                expected = self.model(tokens[row : row + 1][None], cache=cache)[0, -1]
                assert mx.allclose(logits[row], expected, rtol=1e-3, atol=1e-3), f"row {row}"


@pytest.mark.parametrize("device", DEVICES)
def test_rows_are_computed_as_each_alone_whoever_comes_and_goes(model: Any, device: Device) -> None:
    rows = Rows(model, device)
    rows.join(20)
    rows.step(2)
    rows.join(7, 30, 30)
    rows.step(2)
    rows.leave(0, 2)
    rows.step()
    rows.join(WINDOW + 9)  # beyond a sliding window
    rows.step(2)
    rows.leave(2)
    rows.step(2)
    rows.join(3)
    rows.step()
    rows.leave(1)
    rows.step()
    rows.leave()
    rows.join(5, 6)
    rows.step()
    rows.join(0)  # a prompt of one token
    rows.step(2)


def test_a_window_turns_over_while_rows_come_and_go(model: Any) -> None:
    rows = Rows(model, Device())
    rows.join(WINDOW - 2)
    rows.step(4)
    rows.join(WINDOW - 8)
    rows.step(10)
    rows.leave(1)
    rows.step(2)


@pytest.fixture(scope="module")
def llama() -> Any:
    return tiny("llama")


@pytest.mark.parametrize("lengths", [(9,), (9, 9), (9, 4), (9, 40), (9, 40, 5, 60, 61)])
def test_a_step_computes_a_chunk_of_a_prompt_as_it_is_computed_alone(llama: Any, lengths: tuple[int, ...]) -> None:
    rows = Rows(llama, Device(slack=4))
    for length in lengths:
        rows.join(length)
    rows.step()
    prompt, alone = make_prompt_cache(llama), make_prompt_cache(llama)
    rows.step_with(prompt, list(range(30)), 0, alone)
    rows.step_with(prompt, [5], 30, alone)
    rows.step()
    rows.step_with(prompt, list(range(300)), 31, alone)
    rows.step(2)


def test_one_row_runs_on_plain_caches_again(llama: Any) -> None:
    rows = Rows(llama, Device())
    rows.join(9)
    assert {type(cache) for cache in rows.together.layers} == {KVCache}
    rows.join(4)
    assert all(isinstance(cache, BatchKVCache) for cache in rows.together.layers)
    rows.leave(1)
    assert {type(cache) for cache in rows.together.layers} == {KVCache}
    rows.step(300)  # beyond what is allocated at once


def test_rows_of_one_length_need_no_mask_and_others_do(llama: Any) -> None:
    rows = Rows(llama, Device())
    rows.join(9, 9)
    assert [cache.make_mask(1) for cache in rows.together.layers] == [None, None]
    rows.join(4)
    rows.step()
    masks = [cache.make_mask(1) for cache in rows.together.layers]
    assert masks[0] is masks[1]
    assert masks[0].tolist() == [[[[at >= start for at in range(10)]]] for start in (0, 0, 5)]


def test_a_mask_for_a_window_is_mlx_lms(llama: Any) -> None:
    rows = Rows(llama, Device())
    rows.join(9, 7)
    mask = rows.together.layers[0].make_mask(1, window_size=4)
    assert mask.tolist() == [[[[6 <= at <= 9 for at in range(10)]]]] * 2


def test_a_step_computes_one_of_few_numbers_of_rows() -> None:
    device = Device(sizes=(1, 2, 4, 8))
    assert [device.rows(wanted) for wanted in (1, 2, 3, 5, 8, 9, 17)] == [1, 2, 4, 8, 8, 16, 24]
    assert Device().rows(5) == 5


def test_prompts_are_computed_in_few_shapes() -> None:
    device = Device((1, 2, 4), (16, 32))
    assert [device.prompts(present, 32) for present in (1, 3, 4, 9)] == [1, 4, 4, 12]
    assert device.prompts(3, 33) == 3  # long ones as they are
    assert [device.length(wanted) for wanted in (1, 16, 17, 33, 65)] == [16, 16, 32, 64, 96]
    assert (Device().prompts(3, 1), Device().length(17)) == (3, 17)


def test_rows_that_stand_in_are_computed_but_not_seen(llama: Any) -> None:
    rows = Rows(llama, Device(sizes=(1, 2, 4)))
    rows.join(9, 4, 6)
    assert len(rows.together) == 4
    assert rows.together.layers[0].keys.shape[0] == 4
    assert rows.together.lengths == [9, 4, 6]


def test_rows_share_arrays_with_rows_of_their_length_only(llama: Any) -> None:
    rows = Rows(llama, Device(slack=4))
    rows.join(5)
    rows.join(40, 44)
    rows.step(2)
    rows.join(60)
    rows.join(8, 8)
    rows.step()

    assert rows.together.lengths == [8, 9, 9, 43, 47, 61]
    for cache in rows.together.layers:
        assert [len(part.keys) for part in cache.parts] == [3, 3]
        assert [part.size() for part in cache.parts] == [9, 61]
    rows.leave(0, 3, 4)
    rows.step()
    assert [part.size() for part in rows.together.layers[0].parts] == [9, 48]
    rows.leave(1, 2)
    assert not isinstance(rows.together.layers[0], PartedKVCache)
    rows.step()
