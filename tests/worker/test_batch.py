"""Prompts on each kind of cache, in few shapes as on CUDA or in parts as elsewhere: answers are as alone."""

from __future__ import annotations

import random
from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.worker import engine
from mlx_llm_server.worker.decode import Device
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.parted import PartedKVCache
from mlx_llm_server.worker.scheduler import Insert, Key

from .tiny_models import CONFIGS, VOCABULARY, tiny

LENGTHS = (40, 3, 17, 16, 90, 33, 1)
DEVICES = {"few shapes": Device((1, 2, 4, 8), (16, 32)), "parts": Device(slack=4)}


@pytest.fixture(scope="module", params=CONFIGS)
def model(request: pytest.FixtureRequest) -> Any:
    return tiny(request.param)


def answers(model: Any, orders: list[Insert], **options: Any) -> dict[int, list[int]]:
    running, told = Engine(model, set(), 8, **options), {}
    for order in orders:
        running.insert(order)
        for row in running.step():
            told.setdefault(row.key.generation, []).append(row.token)
    while running.busy:
        for row in running.step():
            told.setdefault(row.key.generation, []).append(row.token)
    running.close()
    return told


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
@pytest.mark.parametrize("options", [{}, {"prefill_chunk": 24, "prefix_cache": 10**7}], ids=["whole", "in chunks"])
def test_prompts_are_answered_as_alone(
    model: Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], device: Device
) -> None:
    draw = random.Random(4)
    orders = [
        Insert(
            Key(0, number),
            [draw.randrange(VOCABULARY) for _ in range(length)],
            Sampling(number, temperature=number % 2),
            12,
            0,
            "",
        )
        for number, length in enumerate(LENGTHS)
    ]
    alone = {order.key.generation: answers(model, [order])[order.key.generation] for order in orders}
    monkeypatch.setattr(engine, "present", lambda: device)

    assert answers(model, orders, **options) == alone


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
@pytest.mark.parametrize("seed", range(6))
def test_whoever_comes_and_goes_with_whatever_in_common(
    model: Any, monkeypatch: pytest.MonkeyPatch, device: Device, seed: int
) -> None:
    draw = random.Random(seed)
    common = [draw.randrange(VOCABULARY) for _ in range(150)]
    orders: list[Insert] = []
    for number in range(10):
        own = [draw.randrange(VOCABULARY) for _ in range(draw.choice((1, 2, 5, 12, 30, 60, 120)))]
        prompt = common[: draw.choice((0, 0, 40, 150))] + own
        if draw.random() < 0.2 and orders:
            prompt = draw.choice(orders).prompt
        orders.append(Insert(Key(0, number), prompt, Sampling(number, temperature=0), 12, 0, ""))
    alone = {order.key.generation: answers(model, [order])[order.key.generation] for order in orders}
    monkeypatch.setattr(engine, "present", lambda: device)
    running, told = Engine(model, set(), 6, prefill_chunk=20, prefix_cache=10**7), {}
    removed: set[int] = set()

    def step() -> None:
        for row in running.step():
            told.setdefault(row.key.generation, []).append(row.token)
        running.tend_prefix_cache()

    for order in orders:
        running.insert(order)
        for _ in range(draw.randrange(5)):
            step()
        if draw.random() < 0.2:
            removed.add(draw.choice(orders).key.generation)
            running.remove(tuple(Key(0, number) for number in removed))
    while running.busy:
        step()
    running.close()
    for number, said in alone.items():
        assert told.get(number, []) == (said[: len(told.get(number, []))] if number in removed else said), number


def test_prompts_share_arrays_with_prompts_of_about_as_many_tokens_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "present", lambda: Device(slack=4))
    running = Engine(tiny("llama"), set(), 8, prefill_chunk=40)

    def insert(*lengths: int) -> None:
        for length in lengths:
            running.insert(Insert(Key(0, length), list(range(length)), Sampling(0), 12))

    def held() -> list[tuple[list[list[int]], list[tuple[int, ...]]]]:
        layers = running._generator._prompt_batch.prompt_cache
        return [
            (layer.division.rows, [part.keys.shape[::2] for part in layer.parts])
            for layer in layers
            if isinstance(layer, PartedKVCache)
        ]

    insert(400)
    for _ in range(3):
        running.step()
    assert not held()
    insert(50, 60)
    running.step()
    # The long one has its memory at once; the others are mlx-lm's.
    assert held() == [([[0], [1, 2]], [(1, 512), (2, 256)])] * 2
    running.step()
    insert(300)
    running.step()
    assert held() == [([[0], [1, 2], [3]], [(1, 512), (2, 256), (1, 256)])] * 2
    while len(running._generator._prompt_batch) > 2:
        running.step()
    assert held() == [([[0], [1]], [(1, 512), (1, 512)])] * 2
    running.close()


class Counted:
    """A model that notes how many tokens it is given, and of how many rows."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, tokens: mx.array, **options: Any) -> mx.array:
        self.shapes.append(tokens.shape)
        return self._model(tokens, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def test_a_prompt_alone_is_computed_in_the_steps_of_the_rows_that_decode() -> None:
    model = Counted(tiny("llama"))
    orders = [
        Insert(Key(0, number), list(range(length)), Sampling(number), 30, 0, "")
        for number, length in ((0, 9), (1, 90))
    ]
    alone = {order.key.generation: answers(tiny("llama"), [order])[order.key.generation] for order in orders}
    running, told = Engine(model, set(), 8, prefill_chunk=40, prefix_cache=10**7), {}
    model.shapes.clear()
    running.insert(orders[0])
    for number in range(40):
        if number == 6:
            running.insert(orders[1])
        for row in running.step():
            told.setdefault(row.key.generation, []).append(row.token)
        running.tend_prefix_cache()
    while running.busy:
        for row in running.step():
            told.setdefault(row.key.generation, []).append(row.token)
    running.insert(Insert(Key(0, 2), list(range(91)), Sampling(1), 2, 0, ""))
    cached = [row.cached for _ in range(9) for row in running.step()]
    running.close()
    assert told == alone
    assert [shape for shape in model.shapes if shape[1] > 1] == [(1, 8)]  # where no row decodes
    assert [shape for shape in model.shapes if shape[0] > 2] == [(41, 1), (50, 1)]
    assert max(cached) == 90, "what was computed with others is kept"


def test_who_waits_for_a_prompt_that_is_computed_with_others_finds_all_of_it() -> None:
    running = Engine(tiny("llama"), set(), 8, prefill_chunk=40, prefix_cache=10**7)
    running.insert(Insert(Key(0, 0), [500, 501, 502], Sampling(0), 60, 0, ""))
    for _ in range(4):
        running.step()
    running.insert(Insert(Key(0, 1), list(range(90)), Sampling(1), 3, 0, ""))
    running.step()
    running.insert(Insert(Key(0, 2), [*range(90), 7, 8, 9], Sampling(2), 3, 0, ""))
    cached = {}
    while running.busy:
        for row in running.step():
            cached.setdefault(row.key.generation, row.cached)
    running.close()
    assert cached == {0: 0, 1: 0, 2: 89}


def test_a_prompt_joins_others_that_were_filled_up(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(5)
    orders = [
        Insert(Key(0, number), [draw.randrange(VOCABULARY) for _ in range(50)], Sampling(number, temperature=0), 8)
        for number in range(4)
    ]
    alone = {order.key.generation: answers(model, [order])[order.key.generation] for order in orders}
    monkeypatch.setattr(engine, "present", lambda: Device((1, 2, 4, 8), (16, 32)))
    running, told = Engine(model, set(), 8, prefill_chunk=60), {}
    for order in orders[:3]:
        running.insert(order)
    running.step()
    running.insert(orders[3])
    while running.busy:
        for row in running.step():
            told.setdefault(row.key.generation, []).append(row.token)
    running.close()
    assert told == alone


@pytest.mark.parametrize(
    ("lengths", "computed"),
    [((45,), [44]), ((47,), [30, 46]), ((20, 23), [19, 22]), ((15, 31), [14, 15, 30])],
    ids=["done by a little more", "not done by it", "both done", "one not done"],
)
def test_a_step_takes_a_little_more_if_that_ends_its_prompts(
    lengths: tuple[int, ...], computed: list[int]
) -> None:
    running = Engine(tiny("llama"), set(), 8, prefill_chunk=30)
    for number, length in enumerate(lengths):
        running.insert(Insert(Key(0, number), [7] * length, Sampling(number), 2))
    seen = []
    while not running.step():
        seen.append(running.prefilled)
    running.close()
    assert [done for step in seen for _, done in step] == computed
