"""Prompts that are filled up to few shapes, as on CUDA, on each kind of cache: answers are as without."""

from __future__ import annotations

import random
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.worker import engine
from mlx_llm_server.worker.decode import Device
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.scheduler import Insert, Key

from .tiny_models import CONFIGS, VOCABULARY, tiny

LENGTHS = (40, 3, 17, 16, 90, 33, 1)


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


@pytest.mark.parametrize("options", [{}, {"prefill_chunk": 24, "prefix_cache": 10**7}], ids=["whole", "in chunks"])
def test_prompts_in_few_shapes_are_answered_as_in_their_own(
    model: Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
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
    monkeypatch.setattr(engine, "present", lambda: Device((1, 2, 4, 8), (16, 32)))

    assert answers(model, orders, **options) == alone


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
