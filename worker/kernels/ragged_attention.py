"""Attention of rows of different lengths in a step of one token a row, on CUDA.

MLX's fused CUDA kernels take no mask in a decode step, so that with one each layer is eight operations instead of
one. As what costs there is the number of operations, a step of 8 rows of the 0.6B shape took 6.7 ms instead of 5.4
on an H200. This kernel leaves out what is left of a row's beginning, and so needs no mask. Nor does it look
behind the last token, so that keys and values may be a whole buffer.

Models call it with the mask that their cache gave them. It computes only for exactly the mask that was announced;
else MLX's own runs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import mlx.core as mx

# Of a block: more where there are too few blocks to keep the device busy.
_WARPS, _FEW_BLOCKS, _MORE_WARPS = 16, 256, 32
_SIZES = (64, 128, 256)
_TYPES = (mx.bfloat16, mx.float16, mx.float32)

# One block for each row and query head. Its warps share the keys out, four at a time for each, and each keeps a
# running maximum and sum (https://arxiv.org/abs/1805.02867); at the end these are put together.
_SOURCE = """
    constexpr int N = D / 32;
    struct alignas(N * sizeof(T)) Pack { T at[N]; };
    __shared__ float maxima[WARPS];
    __shared__ float sums[WARPS];
    __shared__ float parts[WARPS][D];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int head = blockIdx.x, row = blockIdx.y;
    const int group = head / (q_shape[1] / k_shape[1]), length = *stop;
    const T* query = q + row * q_strides[0] + head * q_strides[1] + lane * N;
    const T* key = k + row * k_strides[0] + group * k_strides[1] + lane * N;
    const T* value = v + row * v_strides[0] + group * v_strides[1] + lane * N;
    const int64_t key_step = k_strides[2], value_step = v_strides[2];

    float scaled[N], sum = 0, maximum = -INFINITY, part[N] = {};
    for (int n = 0; n < N; n++) scaled[n] = static_cast<float>(query[n]) * scale[0];
    for (int i = starts[row] + warp; i < length; i += 4 * WARPS) {
        float score[4];
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            const int at = i + j * WARPS;
            score[j] = 0;
            if (at < length) {
                const Pack pack = *reinterpret_cast<const Pack*>(key + at * key_step);
                #pragma unroll
                for (int n = 0; n < N; n++) score[j] += scaled[n] * static_cast<float>(pack.at[n]);
            }
        }
        #pragma unroll
        for (int distance = 16; distance > 0; distance /= 2)
            #pragma unroll
            for (int j = 0; j < 4; j++) score[j] += __shfl_xor_sync(0xffffffff, score[j], distance);
        float higher = maximum;
        #pragma unroll
        for (int j = 0; j < 4; j++) if (i + j * WARPS < length) higher = fmaxf(higher, score[j]);
        const float shrink = __expf(maximum - higher);
        maximum = higher;
        sum *= shrink;
        #pragma unroll
        for (int n = 0; n < N; n++) part[n] *= shrink;
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            const int at = i + j * WARPS;
            if (at < length) {
                const Pack pack = *reinterpret_cast<const Pack*>(value + at * value_step);
                const float weight = __expf(score[j] - maximum);
                sum += weight;
                #pragma unroll
                for (int n = 0; n < N; n++) part[n] += weight * static_cast<float>(pack.at[n]);
            }
        }
    }
    if (lane == 0) { maxima[warp] = maximum; sums[warp] = sum; }
    for (int n = 0; n < N; n++) parts[warp][lane * N + n] = part[n];
    __syncthreads();
    for (int d = threadIdx.x; d < D; d += blockDim.x) {
        float highest = maxima[0], total = 0, whole = 0;
        for (int w = 1; w < WARPS; w++) highest = fmaxf(highest, maxima[w]);
        for (int w = 0; w < WARPS; w++) {
            const float share = __expf(maxima[w] - highest);
            total += share * sums[w];
            whole += share * parts[w][d];
        }
        out[(static_cast<int64_t>(row) * q_shape[1] + head) * D + d] = static_cast<T>(whole / total);
    }
"""


class RaggedAttention:
    """Stands in for MLX's attention in steps of rows of different lengths.

    Args:
        otherwise: MLX's own `scaled_dot_product_attention`.
    """

    def __init__(self, otherwise: Callable[..., mx.array]) -> None:
        self._otherwise = otherwise
        self._mask: mx.array | None = None
        self._starts: mx.array | None = None
        self._stop: mx.array | None = None
        self._kernel: Callable[..., list[mx.array]] = mx.fast.cuda_kernel(  # pyright: ignore[reportAttributeAccessIssue]
            name="ragged_attention",
            input_names=["q", "k", "v", "starts", "stop", "scale"],
            output_names=["out"],
            source=_SOURCE,
            ensure_row_contiguous=False,
        )
        self._scale = functools.cache(lambda scale: mx.array([scale], dtype=mx.float32))

    def expect(self, mask: mx.array, starts: mx.array, stop: mx.array) -> None:
        """Announce a step.

        Args:
            mask: What models will pass on, bool of shape (rows, 1, 1, tokens).
            starts: Each row's first token, int32 of shape (rows,): what the mask says.
            stop: Behind all rows' last token, int32 of shape (1,): likewise.
        """
        self._mask, self._starts, self._stop = mask, starts, stop

    def forget(self) -> None:
        """Expect nothing any more: a trace's arrays mean nothing outside of it."""
        self._mask = self._starts = self._stop = None

    def __call__(
        self, q: mx.array, k: mx.array, v: mx.array, *, scale: float, mask: Any = None, **options: Any
    ) -> mx.array:
        """Return the attention's output, of shape (rows, heads, tokens, size), as MLX's own does."""
        if mask is None or mask is not self._mask or not _fits(q, k, v) or any(options.values()):
            return self._otherwise(q, k, v, scale=scale, mask=mask, **options)
        rows, heads, _, size = q.shape
        warps = _MORE_WARPS if rows * heads <= _FEW_BLOCKS and size <= _SIZES[1] else _WARPS
        (output,) = self._kernel(
            inputs=[q, k, v, self._starts, self._stop, self._scale(scale)],
            template=[("T", q.dtype), ("D", size), ("WARPS", warps)],
            grid=(heads * warps * 32, rows, 1),
            threadgroup=(warps * 32, 1, 1),
            output_shapes=[q.shape],
            output_dtypes=[q.dtype],
        )
        return output


def _fits(q: mx.array, k: mx.array, v: mx.array) -> bool:
    return (
        q.shape[2] == 1
        and q.shape[3] == k.shape[3] == v.shape[3]
        and q.shape[3] in _SIZES
        and q.dtype == k.dtype == v.dtype
        and q.dtype in _TYPES
    )
