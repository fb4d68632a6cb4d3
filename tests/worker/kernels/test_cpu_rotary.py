"""The CPU's rotary embeddings against MLX's own, to the last bit."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.worker.kernels.cpu_rotary import CpuRotary

_present = mx.fast.rope
original: Any = _present.otherwise if isinstance(_present, CpuRotary) else _present

PLAIN: dict[str, Any] = {"traditional": False, "base": 10000.0, "scale": 1.0}
FREQUENCIES = mx.array([1.5**n for n in range(8)])


class Otherwise:
    """MLX's own, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, *args: Any, **options: Any) -> mx.array:
        self.asked += 1
        return original(*args, **options)


@pytest.fixture
def otherwise() -> Otherwise:
    return Otherwise()


@pytest.fixture
def rotary(otherwise: Otherwise) -> CpuRotary:
    return CpuRotary(otherwise)


def some(*shape: int) -> mx.array:
    return mx.random.normal(shape, key=mx.random.key(sum(shape)))


def check(rotary: CpuRotary, a: mx.array, dims: int = 16, **options: Any) -> None:
    assert mx.array_equal(rotary(a, dims, **options), original(a, dims, **options))


@pytest.mark.parametrize(
    "kind",
    [PLAIN, {**PLAIN, "base": 5e5, "scale": 0.25}, {**PLAIN, "base": None, "freqs": FREQUENCIES}],
    ids=["plain", "base and scale", "frequencies"],
)
@pytest.mark.parametrize("offset", [0, 1, 4000, [7, 0, 300]])
@pytest.mark.parametrize("tokens", [1, 2, 65])
def test_it_is_mlxs_own(
    rotary: CpuRotary, otherwise: Otherwise, kind: dict[str, Any], offset: Any, tokens: int
) -> None:
    if isinstance(offset, list):
        offset = mx.array(offset)
        rotary.expect(offset)
    for heads in (4, 2, 4):
        check(rotary, some(3, heads, tokens, 16), offset=offset, **kind)
    assert otherwise.asked == 0


def test_positions_that_go_on_are_not_those_before(rotary: CpuRotary) -> None:
    for offset, tokens in ((0, 5), (5, 5), (5, 4), (9, 1), (10, 1), (0, 5)):
        check(rotary, some(1, 2, tokens, 16), offset=offset, **PLAIN)


def test_each_step_announces_its_own_offsets(rotary: CpuRotary, otherwise: Otherwise) -> None:
    offset = mx.array([3, 50])
    for _ in range(3):
        rotary.expect(offset)
        check(rotary, some(2, 2, 1, 16), offset=offset, **PLAIN)
        offset = offset + 1
    assert otherwise.asked == 0


def test_an_array_that_nobody_announced_may_change_in_place(rotary: CpuRotary, otherwise: Otherwise) -> None:
    offset = mx.array([3, 50])
    for asked in range(1, 4):
        check(rotary, some(2, 2, 1, 16), offset=offset, **PLAIN)
        assert otherwise.asked == asked
        offset += 1


def test_kinds_that_take_turns_are_not_confused(rotary: CpuRotary) -> None:
    for _ in range(2):
        for number in range(20):
            check(rotary, some(1, 2, 3, 16), offset=4, **{**PLAIN, "base": 1000.0 + number})
            others = mx.array([1.0 + number * n for n in range(8)])
            check(rotary, some(1, 2, 3, 16), offset=4, **{**PLAIN, "base": None, "freqs": others})


@pytest.mark.parametrize(
    ("shape", "dims", "options"),
    [
        ((1, 2, 3, 16), 16, {**PLAIN, "traditional": True}),
        ((1, 2, 3, 16), 8, PLAIN),
        ((2, 3, 16), 16, PLAIN),
    ],
    ids=["traditional", "a part of the size", "three dimensions"],
)
def test_what_it_does_not_know_mlx_computes(
    rotary: CpuRotary, otherwise: Otherwise, shape: tuple[int, ...], dims: int, options: dict[str, Any]
) -> None:
    check(rotary, some(*shape), dims, offset=2, **options)
    assert otherwise.asked == 1


def test_other_types_are_left_to_mlx(rotary: CpuRotary, otherwise: Otherwise) -> None:
    check(rotary, some(1, 2, 3, 16).astype(mx.bfloat16), offset=2, **PLAIN)
    assert otherwise.asked == 1
