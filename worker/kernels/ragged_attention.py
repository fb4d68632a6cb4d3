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
# A row is shared out among so many blocks that there are about two for each of an H200's multiprocessors, if each
# has so many tokens: a second kernel puts their parts together.
_ENOUGH_BLOCKS, _LEAST_TOKENS = 264, 512
_SIZES = (64, 128, 256)
_TYPES = (mx.bfloat16, mx.float16, mx.float32)

# One block, or several, for each row and query head. Its warps share the keys out, four at a time for each, and
# each keeps a running maximum and sum (https://arxiv.org/abs/1805.02867); at the end these are put together. One
# of several blocks writes its sum of values, not divided yet, then its maximum and sum.
_SOURCE = """
    constexpr int N = D / 32;
    struct alignas(N * sizeof(T)) Pack { T at[N]; };
    __shared__ float maxima[WARPS];
    __shared__ float sums[WARPS];
    __shared__ float weights[WARPS];
    __shared__ float parts[WARPS][D];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int head = blockIdx.x, row = blockIdx.y, group = head / (q_shape[1] / k_shape[1]);
    const int share = (*stop - starts[row] + gridDim.z - 1) / gridDim.z;
    const int first = starts[row] + blockIdx.z * share, end = min(*stop, first + share);
    const T* query = q + row * q_strides[0] + head * q_strides[1] + lane * N;
    const T* key = k + row * k_strides[0] + group * k_strides[1] + lane * N;
    const T* value = v + row * v_strides[0] + group * v_strides[1] + lane * N;
    const int64_t key_step = k_strides[2], value_step = v_strides[2];

    float scaled[N], sum = 0, maximum = -INFINITY, part[N] = {};
    for (int n = 0; n < N; n++) scaled[n] = static_cast<float>(query[n]) * scale[0];
    for (int i = first + warp; i < end; i += 4 * WARPS) {
        float score[4];
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            const int at = i + j * WARPS;
            score[j] = 0;
            if (at < end) {
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
        for (int j = 0; j < 4; j++) if (i + j * WARPS < end) higher = fmaxf(higher, score[j]);
        const float shrink = __expf(maximum - higher);
        maximum = higher;
        sum *= shrink;
        #pragma unroll
        for (int n = 0; n < N; n++) part[n] *= shrink;
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            const int at = i + j * WARPS;
            if (at < end) {
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
    float highest = maxima[0];
    #pragma unroll 1
    for (int w = 1; w < WARPS; w++) highest = fmaxf(highest, maxima[w]);
    // A block may have no token at all.
    const int w = threadIdx.x;
    if (w < WARPS) weights[w] = sums[w] > 0 ? __expf(maxima[w] - highest) : 0;
    __syncthreads();
    float total = 0;
    #pragma unroll 1
    for (int w = 0; w < WARPS; w++) total += weights[w] * sums[w];
    const int64_t place = (static_cast<int64_t>(row) * q_shape[1] + head) * gridDim.z + blockIdx.z;
    for (int d = threadIdx.x; d < D; d += blockDim.x) {
        float whole = 0;
        #pragma unroll 4
        for (int w = 0; w < WARPS; w++) whole += weights[w] * parts[w][d];
        if (SHARED_OUT) reinterpret_cast<float*>(out)[place * (D + 2) + d] = whole;
        else reinterpret_cast<T*>(out)[place * D + d] = static_cast<T>(whole / total);
    }
    if (SHARED_OUT && threadIdx.x == 0) {
        reinterpret_cast<float*>(out)[place * (D + 2) + D] = highest;
        reinterpret_cast<float*>(out)[place * (D + 2) + D + 1] = total;
    }
"""

# One block for each row and query head, one thread for each number.
_SOURCE_OF_WHOLE = """
    const int blocks = parts_shape[2], d = threadIdx.x;
    const float* part = parts + static_cast<int64_t>(blockIdx.x) * blocks * (D + 2);
    float highest = -INFINITY, total = 0, whole = 0;
    for (int i = 0; i < blocks; i++) highest = fmaxf(highest, part[i * (D + 2) + D]);
    for (int i = 0; i < blocks; i++) {
        const float weight = __expf(part[i * (D + 2) + D] - highest);
        total += weight * part[i * (D + 2) + D + 1];
        whole += weight * part[i * (D + 2) + d];
    }
    out[static_cast<int64_t>(blockIdx.x) * D + d] = static_cast<T>(whole / total);
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
        self._whole: Callable[..., list[mx.array]] = mx.fast.cuda_kernel(  # pyright: ignore[reportAttributeAccessIssue]
            name="ragged_attention_whole",
            input_names=["parts"],
            output_names=["out"],
            source=_SOURCE_OF_WHOLE,
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
        blocks = _blocks(rows * heads, k.shape[2])
        few = rows * heads * blocks <= _FEW_BLOCKS and size <= _SIZES[1]
        warps = _MORE_WARPS if few and blocks == 1 else _WARPS
        (output,) = self._kernel(
            inputs=[q, k, v, self._starts, self._stop, self._scale(scale)],
            template=[("T", q.dtype), ("D", size), ("WARPS", warps), ("SHARED_OUT", blocks > 1)],
            grid=(heads * warps * 32, rows, blocks),
            threadgroup=(warps * 32, 1, 1),
            output_shapes=[q.shape if blocks == 1 else (rows, heads, blocks, size + 2)],
            output_dtypes=[q.dtype if blocks == 1 else mx.float32],
        )
        if blocks == 1:
            return output
        (whole,) = self._whole(
            inputs=[output],
            template=[("T", q.dtype), ("D", size)],
            grid=(rows * heads * size, 1, 1),
            threadgroup=(size, 1, 1),
            output_shapes=[q.shape],
            output_dtypes=[q.dtype],
        )
        return whole


def _blocks(heads: int, tokens: int) -> int:
    """Return among how many blocks each of so many heads of all rows together is shared out."""
    most = min(_ENOUGH_BLOCKS // heads, tokens // _LEAST_TOKENS)
    return 1 << max(0, most.bit_length() - 1)


def _fits(q: mx.array, k: mx.array, v: mx.array) -> bool:
    return (
        q.shape[2] == 1
        and q.shape[3] == k.shape[3] == v.shape[3]
        and q.shape[3] in _SIZES
        and q.dtype == k.dtype == v.dtype
        and q.dtype in _TYPES
    )
