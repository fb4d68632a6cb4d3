"""Where products of few rows go, and the CUDA kernel's results; the latter need CUDA."""

from __future__ import annotations

from collections.abc import Iterator

import mlx.core as mx
import pytest
from mlx import nn
from mlx_llm_server.worker.kernels import replace_kernels
from mlx_llm_server.worker.kernels.few_rows_matmul import FewRowsMatmul, choose, fits, standing_in

needs_cuda = pytest.mark.skipif(not mx.cuda.is_available(), reason="needs CUDA")

# Largest error in relation to the largest number: a half of the last bit, and some for the order of summing.
PRECISION = {mx.float16: 1e-3, mx.bfloat16: 6e-3}
# Outputs and inputs of layers, of models of 0.6B and 8B parameters and of others; of heads too.
SHAPES = [(2048, 1024), (1024, 1024), (1024, 2048), (3072, 1024), (1024, 3072), (4096, 4096), (1024, 4096)]
MORE_SHAPES = [(12288, 4096), (4096, 12288), (151936, 1024), (896, 4864), (8, 32), (72, 96), (1000, 544)]


class Product:
    """A product that is wanted, and how often it was asked for."""

    def __init__(self) -> None:
        self.wanted = True
        self.asked = 0

    def __call__(self, x: mx.array, w: mx.array) -> mx.array:
        self.asked += 1
        return x @ w.T


@pytest.fixture
def product() -> Product:
    return Product()


def some(*shape: int, dtype: mx.Dtype = mx.bfloat16) -> mx.array:
    return mx.random.normal(shape, key=mx.random.key(sum(shape))).astype(dtype)


def layer(outputs: int, inputs: int, *, bias: bool = False, dtype: mx.Dtype = mx.bfloat16) -> nn.Linear:
    made = nn.Linear(inputs, outputs, bias=bias)
    made.set_dtype(dtype)
    return made


@pytest.mark.parametrize("rows", [2, 7, 8, 9, 16, 17, 32])
@pytest.mark.parametrize("shape", SHAPES + MORE_SHAPES, ids=str)
def test_a_launch_is_one_that_the_kernel_can_do(shape: tuple[int, int], rows: int) -> None:
    launch = choose(rows, shape[0])
    assert rows <= launch.vectors
    assert launch.vectors % 8 == launch.rows % 8 == shape[0] % launch.rows == 0
    assert launch.stages >= 1
    ring = launch.stages * launch.rows * 64
    parts = launch.vectors * (launch.rows + 4) * 4
    assert launch.warps * max(ring, parts) <= 48 * 1024


@pytest.mark.parametrize("shape", SHAPES + MORE_SHAPES, ids=str)
def test_the_order_of_summing_is_one_for_all_numbers_of_rows(shape: tuple[int, int]) -> None:
    assert len({choose(rows, shape[0]).warps for rows in range(2, 33)}) == 1


@pytest.mark.parametrize(
    ("x", "w", "expected"),
    [
        (some(2, 64), some(16, 64), True),
        (some(32, 1, 64), some(16, 64), True),
        (some(2, 4, 4, 64), some(16, 64), True),
        (some(2, 64, dtype=mx.float16), some(16, 64, dtype=mx.float16), True),
        (some(64), some(16, 64), True),
        (some(1, 1, 64), some(16, 64), True),
        (some(33, 64), some(16, 64), False),
        (some(32, 1024), some(8192, 1024), True),
        (some(16, 1024), some(8200, 1024), True),
        (some(17, 1024), some(8200, 1024), False),
        (some(0, 64), some(16, 64), False),
        (some(4, 32), some(16, 64), False),
        (some(2, 48), some(16, 48), False),
        (some(2, 64), some(20, 64), False),
        (some(2, 64, dtype=mx.float16), some(16, 64), False),
        (some(2, 64, dtype=mx.float32), some(16, 64, dtype=mx.float32), False),
    ],
    ids=[
        "two rows",
        "rows of a token",
        "four dimensions",
        "float16",
        "a vector",
        "one row",
        "many rows",
        "not yet large",
        "large",
        "many rows of a large one",
        "no row",
        "wrong size",
        "inputs of no multiple of 32",
        "outputs of no multiple of 8",
        "two types",
        "float32",
    ],
)
def test_what_fits(x: mx.array, w: mx.array, expected: bool) -> None:
    assert fits(x, w) is expected


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("rows", "asked"), [(1, 1), (32, 1), (33, 0)])
def test_layers_ask_for_what_fits_and_leave_the_rest_to_mlx(
    product: Product, rows: int, asked: int, bias: bool
) -> None:
    made, x = layer(16, 64, bias=bias), some(rows, 1, 64)
    got = standing_in(product, nn.Linear.__call__)(made, x)
    assert product.asked == asked
    assert got.shape == (rows, 1, 16)
    assert mx.allclose(got, made(x), rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize(("rows", "asked"), [(1, 1), (32, 1), (33, 0)])
def test_so_do_heads_that_share_the_embeddings_weights(product: Product, rows: int, asked: int) -> None:
    made, x = nn.Embedding(16, 64), some(rows, 1, 64)
    made.set_dtype(mx.bfloat16)
    got = standing_in(product, nn.Embedding.as_linear)(made, x)
    assert product.asked == asked
    assert mx.array_equal(got, made.as_linear(x))


def test_nobody_asks_for_what_is_not_wanted(product: Product) -> None:
    product.wanted = False
    standing_in(product, nn.Linear.__call__)(layer(16, 64), some(4, 64))
    standing_in(product, nn.Embedding.as_linear)(nn.Embedding(16, 64), some(4, 64))
    assert product.asked == 0


@pytest.mark.skipif(
    mx.device_info().get("compute_capability_major", 0) < 8,  # pyright: ignore[reportOperatorIssue]
    reason="needs CUDA's compute capability 8",
)
def test_it_stands_in_once() -> None:
    replace_kernels()
    present = nn.Linear.__call__, nn.Embedding.as_linear
    assert all(hasattr(each, "__wrapped__") for each in present)

    replace_kernels()

    assert (nn.Linear.__call__, nn.Embedding.as_linear) == present


def exact(x: mx.array, w: mx.array) -> mx.array:
    """Return the product in float32, which the CPU computes as such."""
    return mx.matmul(x.astype(mx.float32), w.astype(mx.float32).T, stream=mx.cpu)


def check(got: mx.array, expected: mx.array, dtype: mx.Dtype = mx.bfloat16) -> None:
    assert got.shape == expected.shape
    assert got.dtype == dtype
    assert mx.abs(got.astype(mx.float32) - expected).max() <= PRECISION[dtype] * mx.abs(expected).max()


@needs_cuda
@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("shape", [*SHAPES, (896, 4864), (8, 32), (72, 96), (1000, 544)], ids=str)
def test_it_is_the_product(shape: tuple[int, int], dtype: mx.Dtype) -> None:
    product, w, x = FewRowsMatmul(), some(*shape, dtype=dtype), some(32, 1, shape[1], dtype=dtype)
    expected = exact(x, w)
    for rows in range(1, 33):
        check(product(x[:rows], w), expected[:rows], dtype)


@needs_cuda
@pytest.mark.parametrize("dimensions", [(6, 96), (2, 3, 96), (2, 1, 3, 96)], ids=str)
def test_it_takes_any_number_of_dimensions(dimensions: tuple[int, ...]) -> None:
    x, w = some(*dimensions), some(64, 96)
    check(FewRowsMatmul()(x, w), exact(x, w))


@needs_cuda
def test_it_takes_what_is_not_contiguous() -> None:
    x, w = some(5, 4, 96)[:, -1:], some(96, 64).T
    check(FewRowsMatmul()(x, w), exact(x, w))


@needs_cuda
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_row_is_the_same_to_the_last_bit_with_whatever_others(shape: tuple[int, int]) -> None:
    product, w, x = FewRowsMatmul(), some(*shape), some(32, shape[1])
    whole = product(x, w)
    for rows in range(1, 33):
        for first in (0, 32 - rows):
            assert mx.array_equal(product(x[first : first + rows], w), whole[first : first + rows])


@pytest.fixture
def wanted() -> Iterator[None]:
    """Let layers use the kernel in the test."""
    product = replace_kernels().product
    assert product is not None
    product.wanted = True
    yield
    product.wanted = False


@needs_cuda
@pytest.mark.usefixtures("wanted")
@pytest.mark.parametrize("rows", [1, 2, 32, 33])
@pytest.mark.parametrize("bias", [False, True])
def test_layers_give_what_they_gave(rows: int, bias: bool) -> None:
    made, x = layer(256, 128, bias=bias), some(rows, 1, 128)
    check(made(x), exact(x, made.weight) + (made.bias if bias else 0))


@needs_cuda
@pytest.mark.usefixtures("wanted")
@pytest.mark.parametrize("rows", [1, 2, 32, 33])
def test_heads_give_what_they_gave(rows: int) -> None:
    made, x = nn.Embedding(1024, 128), some(rows, 1, 128)
    made.set_dtype(mx.bfloat16)
    check(made.as_linear(x), exact(x, made.weight))


@needs_cuda
def test_it_is_traced() -> None:
    x, w = some(4, 1, 128), some(256, 128)
    check(mx.compile(FewRowsMatmul())(x, w), exact(x, w))
