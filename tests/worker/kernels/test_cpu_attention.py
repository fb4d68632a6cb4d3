"""The CPU's attention against MLX's own."""

from __future__ import annotations

import math
from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.worker.kernels import cpu_attention
from mlx_llm_server.worker.kernels.cpu_attention import CpuAttention

# Rows, heads, groups, tokens, length, and the sizes of keys and values.
SHAPES = [
    (1, 1, 1, 1, 3, 4, 4),
    (1, 8, 2, 13, 40, 16, 16),
    (3, 4, 4, 1, 50, 32, 32),
    (5, 6, 2, 1, 33, 8, 24),
    (2, 4, 1, 21, 21, 16, 8),
]


def _original() -> Any:
    present = mx.fast.scaled_dot_product_attention
    return present.otherwise if isinstance(present, CpuAttention) else present


original = _original()


def inputs(rows: int, heads: int, groups: int, tokens: int, length: int, size: int, out: int) -> list[mx.array]:
    key = mx.random.key(7)
    shapes = [(rows, heads, tokens, size), (rows, groups, length, size), (rows, groups, length, out)]
    return [mx.random.normal(shape, key=each) for shape, each in zip(shapes, mx.random.split(key, 3), strict=True)]


def check(
    attend: CpuAttention, arrays: list[mx.array], mask: Any, scale: float = 0.3, precision: float = 1e-5
) -> None:
    expected = original(*arrays, scale=scale, mask=mask)
    for _ in range(2):  # again, of the same mask
        got = attend(*arrays, scale=scale, mask=mask)
        assert got.shape == expected.shape
        assert mx.allclose(got, expected, rtol=precision, atol=precision)


@pytest.mark.parametrize("block", [1, 100, 10**6])
@pytest.mark.parametrize("kind", ["none", "causal", "plane", "rows", "heads", "one row for all"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_mlxs_own(shape: tuple[int, ...], kind: str, block: int) -> None:
    rows, heads, _, tokens, length, *_ = shape
    allowed = {
        "none": None,
        "causal": "causal",
        "plane": (tokens, length),
        "rows": (rows, 1, tokens, length),
        "heads": (rows, heads, tokens, length),
        "one row for all": (rows, 1, 1, length),
    }[kind]
    mask: Any = allowed
    if isinstance(allowed, tuple):
        mask = mx.random.uniform(shape=allowed, key=mx.random.key(3)) > 0.3
        mask[..., -1] = True
    check(CpuAttention(original, few=0, block=block), inputs(*shape), mask)


@pytest.mark.parametrize(("scale", "precision"), [(1e-3, 1e-5), (1.0, 1e-5), (30.0, 1e-3)])
def test_however_far_apart_scores_are(scale: float, precision: float) -> None:
    """What float32 has no room for in scores of some hundreds is lost by either."""
    arrays = inputs(2, 4, 2, 9, 30, 16, 16)
    check(CpuAttention(original, few=0), arrays, "causal", scale, precision)


def test_where_nothing_may_be_seen_everything_counts_alike_as_with_mlx() -> None:
    mask = mx.zeros((2, 1, 1, 30), dtype=mx.bool_)
    check(CpuAttention(original, few=0), inputs(2, 4, 2, 1, 30, 16, 16), mask)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_what_is_not_a_number_is_not_hidden(which: int, bad: float) -> None:
    arrays = inputs(1, 2, 1, 1, 20, 8, 8)
    arrays[which][0, 0, 0, 0] = bad
    got = CpuAttention(original, few=0)(*arrays, scale=1.0)
    finite = mx.isfinite(original(*arrays, scale=1.0))
    assert not mx.any(mx.isfinite(got) & ~finite)


def test_powers_of_two_are_exact_to_the_last_bits() -> None:
    x = mx.linspace(-100.0, 0.0, 100_001)
    exact = [2.0**each for each in x.tolist()]  # pyright: ignore[reportGeneralTypeIssues]
    got = cpu_attention._power_of_two(x).tolist()
    assert max(abs(a / b - 1) for a, b in zip(got, exact, strict=True)) < 4e-7  # pyright: ignore[reportArgumentType]


class Otherwise:
    """MLX's own, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, *arrays: mx.array, **options: Any) -> mx.array:
        self.asked += 1
        return original(*arrays, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"mask": mx.zeros((9, 30))},
        {"mask": mx.ones((4, 9, 30), dtype=mx.bool_)},
        {"sinks": mx.zeros((4,))},
    ],
    ids=["added to scores", "of three dimensions", "sinks"],
)
def test_what_it_does_not_know_mlx_computes(options: dict[str, Any]) -> None:
    otherwise = Otherwise()
    CpuAttention(otherwise, few=0)(*inputs(1, 4, 2, 9, 30, 16, 16), scale=1.0, **options)
    assert otherwise.asked == 1


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16])
def test_other_types_are_left_to_mlx(dtype: mx.Dtype) -> None:
    otherwise = Otherwise()
    arrays = [each.astype(dtype) for each in inputs(1, 4, 2, 9, 30, 16, 16)]
    assert CpuAttention(otherwise, few=0)(*arrays, scale=1.0).dtype == dtype
    assert otherwise.asked == 1


@pytest.mark.parametrize(("few", "asked"), [(4 * 9 * 30, 1), (4 * 9 * 30 - 1, 0)])
def test_few_scores_are_left_to_mlx(few: int, asked: int) -> None:
    otherwise = Otherwise()
    CpuAttention(otherwise, few=few)(*inputs(1, 4, 2, 9, 30, 16, 16), scale=1.0, mask="causal")
    assert otherwise.asked == asked
