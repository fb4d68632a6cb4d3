"""The CUDA kernel against MLX's own attention; there is nothing to test without CUDA."""

from __future__ import annotations

import mlx.core as mx
import pytest
from mlx_llm_server.worker.kernels.ragged_attention import RaggedAttention

pytestmark = pytest.mark.skipif(not mx.cuda.is_available(), reason="needs CUDA")

PRECISION = {mx.float32: 1e-5, mx.float16: 2e-3, mx.bfloat16: 2e-2}


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("size", [64, 128, 256])
@pytest.mark.parametrize(
    ("rows", "heads", "groups", "length"),
    [(3, 8, 8, 5), (8, 16, 8, 70), (32, 32, 8, 1000), (1, 16, 8, 3000), (3, 8, 2, 9001)],
)
def test_rows_attend_to_what_is_theirs(
    dtype: mx.Dtype, size: int, rows: int, heads: int, groups: int, length: int
) -> None:
    original = mx.fast.scaled_dot_product_attention
    attention = RaggedAttention(original)
    allocated = (rows, groups, -(-length // 256) * 256, size)
    queries = mx.random.normal((rows, 1, heads, size)).astype(dtype).transpose(0, 2, 1, 3)
    whole = [mx.random.normal(allocated).astype(dtype) for _ in range(2)]
    keys, values = (each[..., :length, :] for each in whole)
    starts = mx.array([(3 * row) % length for row in range(rows)])
    mask = (mx.arange(length) >= starts[:, None])[:, None, None]
    attention.expect(mask, starts, mx.array([length]))

    got = attention(queries, keys, values, scale=size**-0.5, mask=mask)
    of_buffers = attention(queries, *whole, scale=size**-0.5, mask=mask)

    wide = [each.astype(mx.float32) for each in (queries, keys, values)]
    expected = original(*wide, scale=size**-0.5, mask=mask)
    assert mx.allclose(got.astype(mx.float32), expected, rtol=0, atol=PRECISION[dtype])
    assert mx.allclose(of_buffers.astype(mx.float32), expected, rtol=0, atol=PRECISION[dtype])


@pytest.mark.parametrize("dtype", PRECISION)
def test_a_row_may_leave_blocks_without_a_token(dtype: mx.Dtype) -> None:
    original = mx.fast.scaled_dot_product_attention
    attention = RaggedAttention(original)
    queries, keys, values = (mx.random.normal((2, 4, tokens, 64)).astype(dtype) for tokens in (1, 8192, 8192))
    starts = mx.array([0, 4998])
    mask = ((mx.arange(8192) >= starts[:, None]) & (mx.arange(8192) < 5000))[:, None, None]
    attention.expect(mask, starts, mx.array([5000]))

    got = attention(queries, keys, values, scale=0.125, mask=mask)

    wide = [each.astype(mx.float32) for each in (queries, keys, values)]
    expected = original(*wide, scale=0.125, mask=mask)
    assert mx.allclose(got.astype(mx.float32), expected, rtol=0, atol=PRECISION[dtype])


def test_what_is_expected_no_more_is_mlxs_own() -> None:
    queries = mx.zeros((2, 4, 1, 64))
    own = mx.ones((2, 4, 1, 64))
    attention = RaggedAttention(lambda *_arguments, **_options: own)
    mask = mx.ones((2, 1, 1, 1), dtype=mx.bool_)
    attention.expect(mask, mx.array([0, 0]), mx.array([1]))
    attention.forget()
    assert attention(queries, queries, queries, scale=1.0, mask=mask) is own
