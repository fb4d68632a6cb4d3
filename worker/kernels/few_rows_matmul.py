"""A product of few rows with a matrix of weights, on CUDA.

What bounds x @ W.T with few rows of x is reading W once. MLX calls cuBLASLt from two rows on, whose kernels for
such shapes take some times as long, and which costs the host 10 us a call to record into a CUDA graph: on an H200
a step of the 0.6B shape took 3.4 ms with one row, which MLX has a kernel of its own for, 5.4 with two, and with
this one 2.7.

A row's result is the same, to the last bit, with whatever other rows it is computed here and at whichever place
among them: what is summed in which order depends on the shape of W alone.

It is for traces: called from Python it takes longer than what it saves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import mlx.core as mx
from mlx import nn

# A layer's method, of the layer and x.
Method = Callable[..., mx.array]

_MOST_ROWS = 32
# With a large matrix and more rows the device has enough to do, and cuBLASLt is faster: 32 rows of the 8B shape
# took 8.9 ms with this kernel, and 7.2 in a plain loop without.
_MOST_ROWS_OF_LARGE, _LARGE = 16, 1 << 23
_TYPES = (mx.bfloat16, mx.float16)
# Has the instructions.
_COMPUTE_CAPABILITY = 8
# A warp reads so many numbers of a row at once.
_STEP = 32
# The fewest rows of W that a block multiplies.
_FEWEST = 8
# Of W, from which on a block has fewer warps, and from which on more rows.
_MANY_OUTPUTS, _VERY_MANY_OUTPUTS = 3072, 8192

# The instructions: asynchronous copies to shared memory, and the product of 16 x 16 numbers with 16 x 8
# (https://docs.nvidia.com/cuda/parallel-thread-execution, "cp.async" and "Matrix Fragments for mma.m16n8k16").
_HEADER = """
__device__ __forceinline__ void copy_async(uint4* to, const uint4* from) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;"
                 :: "r"(static_cast<unsigned>(__cvta_generic_to_shared(to))), "l"(from) : "memory");
}
__device__ __forceinline__ void end_of_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> __device__ __forceinline__ void wait_for_all_groups_but() {
    asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory");
}
__device__ __forceinline__ uint4 load(const uint4* from) {
    uint4 to;
    asm volatile("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to.x), "=r"(to.y), "=r"(to.z), "=r"(to.w) : "l"(from));
    return to;
}
#define MULTIPLY(T, NAME)                                                                                      \\
    __device__ __forceinline__ void multiply(                                                                  \\
        const T*, float (&d)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) { \\
        asm("mma.sync.aligned.m16n8k16.row.col.f32." NAME "." NAME ".f32 "                                     \\
            "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                                  \\
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])                                                   \\
            : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));                                           \\
    }
MULTIPLY(__nv_bfloat16, "bf16")
MULTIPLY(__half, "f16")
#undef MULTIPLY
"""

# A block multiplies R rows of W with up to M rows of x. Its warps take turns along the rows, 32 numbers at a time,
# and their sums are added at the end. Each lane reads 8 numbers of every 8th row: as it does so alike for W and x,
# any 16 of the 32 may be what one instruction sums over. W comes by way of a ring in shared memory, of which each
# lane reads only what it has copied, so that nobody waits for others.
_SOURCE = """
    constexpr int EIGHTS = R / 8, TILES = (EIGHTS + 1) / 2, COLUMNS = M / 8;
    // Four more, so that no two lanes write to one bank.
    constexpr int PITCH = R + 4;
    constexpr int RING = STAGES * EIGHTS * 32, PARTS = M * PITCH / 4;
    __shared__ uint4 shared[WARPS][RING > PARTS ? RING : PARTS];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, group = lane / 4, member = lane % 4;
    const int rows = x_shape[0] * x_shape[1], width = w_shape[1] / 8, steps = width / 4;
    const int64_t first = static_cast<int64_t>(blockIdx.x) * R;
    const uint4* weights = reinterpret_cast<const uint4*>(w) + (first + group) * width + member;
    const uint4* vectors[COLUMNS];
    // Rows that don't exist repeat the last one; what they give is not written.
    #pragma unroll
    for (int j = 0; j < COLUMNS; j++)
        vectors[j] = reinterpret_cast<const uint4*>(x) + min(8 * j + group, rows - 1) * width + member;
    uint4* ring = shared[warp] + lane;
    auto fetch = [&](int step, int stage) {
        if (step < steps)
            #pragma unroll
            for (int i = 0; i < EIGHTS; i++)
                copy_async(ring + (stage * EIGHTS + i) * 32, weights + (int64_t(8 * i) * width + 4 * step));
        end_of_group();
    };

    float sums[TILES][COLUMNS][4] = {};
    #pragma unroll
    for (int stage = 0; stage < STAGES; stage++) fetch(warp + stage * WARPS, stage);
    for (int step = warp, stage = 0; step < steps; step += WARPS, stage = (stage + 1) % STAGES) {
        uint4 b[COLUMNS];
        #pragma unroll
        for (int j = 0; j < COLUMNS; j++) b[j] = load(vectors[j] + 4 * step);
        wait_for_all_groups_but<STAGES - 1>();
        const uint4* at = ring + stage * EIGHTS * 32;
        #pragma unroll
        for (int i = 0; i < TILES; i++) {
            const uint4 upper = at[2 * i * 32];
            const uint4 lower = 2 * i + 1 < EIGHTS ? at[(2 * i + 1) * 32] : uint4{};
            #pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
                multiply(w, sums[i][j], upper.x, lower.x, upper.y, lower.y, b[j].x, b[j].y);
                multiply(w, sums[i][j], upper.z, lower.z, upper.w, lower.w, b[j].z, b[j].w);
            }
        }
        fetch(step + STAGES * WARPS, stage);
    }

    __syncwarp();
    float* part = reinterpret_cast<float*>(shared[warp]);
    #pragma unroll
    for (int i = 0; i < TILES; i++)
        #pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            #pragma unroll
            for (int n = 0; n < 4 && 2 * i + n / 2 < EIGHTS; n++)
                part[(8 * j + 2 * member + n % 2) * PITCH + 16 * i + 8 * (n / 2) + group] = sums[i][j][n];
    __syncthreads();
    for (int n = threadIdx.x; n < rows * R; n += WARPS * 32) {
        float sum = 0;
        #pragma unroll
        for (int i = 0; i < WARPS; i++)
            sum += reinterpret_cast<const float*>(shared[i])[n / R * PITCH + n % R];
        out[n / R * static_cast<int64_t>(w_shape[0]) + first + n % R] = static_cast<T>(sum);
    }
"""


class Product(Protocol):
    """A product x @ W.T, and whether layers use it now."""

    wanted: bool

    def __call__(self, x: mx.array, w: mx.array) -> mx.array:
        """Return x @ w.T."""
        ...


class Launch(NamedTuple):
    """How a product is shared out.

    Attributes:
        vectors: Rows of x that are computed, 8, 16 or 32: those that exist and others.
        rows: Of W, for a block.
        warps: Of a block; the order of summing depends on them.
        stages: How many of a warp's reads of W are under way.
    """

    vectors: int
    rows: int
    warps: int
    stages: int


class FewRowsMatmul:
    """The product x @ W.T where x has few rows; `fits` says where it can be had.

    Attributes:
        wanted: Whether layers use it now.
    """

    wanted = False

    def __init__(self) -> None:
        self._kernel: Callable[..., list[mx.array]] = mx.fast.cuda_kernel(  # pyright: ignore[reportAttributeAccessIssue]
            name="few_rows_matmul",
            input_names=["x", "w"],
            output_names=["out"],
            source=_SOURCE,
            header=_HEADER,
        )

    def __call__(self, x: mx.array, w: mx.array, launch: Launch | None = None) -> mx.array:
        """Return x @ w.T, of shape (..., outputs).

        Args:
            x: Of shape (..., inputs), with what `fits` wants.
            w: Of shape (outputs, inputs). Either is copied if it isn't contiguous; both begin at multiples of 16
                bytes, as whole arrays and their rows do.
            launch: Another than the one that suits the shapes.
        """
        outputs, inputs = w.shape
        shape = x.shape
        if len(shape) != 3:
            x = x.reshape(1, -1, inputs)
        rows = x.shape[0] * x.shape[1]
        (output,) = self._kernel(
            inputs=[x, w],
            output_shapes=[(*shape[:-1], outputs)],
            **_options(launch or choose(rows, outputs), outputs, w.dtype),
        )
        return output


def fits(x: mx.array, w: mx.array) -> bool:
    """Tell whether the kernel can compute x @ w.T.

    Args:
        x: Of shape (..., inputs).
        w: Of shape (outputs, inputs).
    """
    outputs, inputs = w.shape
    return (
        0 < x.size <= (_MOST_ROWS if w.size <= _LARGE else _MOST_ROWS_OF_LARGE) * inputs
        and x.shape[-1] == inputs
        and x.dtype == w.dtype
        and w.dtype in _TYPES
        and inputs % _STEP == 0
        and outputs % _FEWEST == 0
    )


def replace_layers() -> FewRowsMatmul | None:
    """Let it stand in where layers multiply with their weights, once for the process; None if the device can't."""
    if int(mx.device_info().get("compute_capability_major", 0)) < _COMPUTE_CAPABILITY:
        return None
    product = getattr(nn.Linear.__call__, "product", None)
    if product is None:
        product = FewRowsMatmul()
        nn.Linear.__call__ = standing_in(product, nn.Linear.__call__)
        nn.Embedding.as_linear = standing_in(product, nn.Embedding.as_linear)  # heads that share its weights
    return product


def standing_in(product: Product, otherwise: Method) -> Method:
    """Return what stands in for a method that multiplies with a layer's weights, and adds its bias if it has one.

    Args:
        product: For what fits, while it is wanted.
        otherwise: MLX's own. Classes that have another one keep it.
    """

    @functools.wraps(otherwise)
    def call(self: Any, x: mx.array) -> mx.array:
        if not (product.wanted and fits(x, self["weight"])):
            return otherwise(self, x)
        result = product(x, self["weight"])
        return result + self["bias"] if "bias" in self else result

    call.product = product  # pyright: ignore[reportAttributeAccessIssue] - for the next time
    return call


@functools.cache
def choose(vectors: int, outputs: int) -> Launch:
    """Return how so many rows of x are multiplied with so many of W.

    What was best or nearly so of 22 launches for the shapes of Qwen3 0.6B and 8B on an H200; 8 rows of x with
    large matrices get 60 to 90 % of its memory's bandwidth.
    """
    vectors = next(size for size in (8, 16, _MOST_ROWS) if size >= vectors)
    # Of W's shape alone, so that a row's result doesn't depend on others.
    warps = 8 if outputs >= _MANY_OUTPUTS else 16
    rows = 32 if outputs >= _VERY_MANY_OUTPUTS or (warps, vectors) == (8, _MOST_ROWS) else 16
    while outputs % rows:
        rows //= 2
    stages = 6 if (warps, vectors, rows) == (8, 8, 16) else 2
    return Launch(vectors, rows, warps, stages)


@functools.cache
def _options(launch: Launch, outputs: int, dtype: mx.Dtype) -> dict[str, Any]:
    threads = launch.warps * 32
    return {
        "template": [
            ("T", dtype),
            ("M", launch.vectors),
            ("R", launch.rows),
            ("WARPS", launch.warps),
            ("STAGES", launch.stages),
        ],
        "grid": (outputs // launch.rows * threads, 1, 1),
        "threadgroup": (threads, 1, 1),
        "output_dtypes": [dtype],
    }
