"""What a step must look like on the device where it runs.

On CUDA a step of a shape that is new takes 20 to 100 ms longer than the next one of it, for its CUDA graphs and
for kernels that are loaded at their first use. So there rows and short prompts are computed in few shapes: others
are filled up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import mlx.core as mx

from ..kernels import Kernels, replace_kernels
from .compiled import CompiledStep

_CUDA_ROWS = (1, 2, 4, 8, 16, 32, 48, 64, 96, 128)
_CUDA_LENGTHS = (16, 32, 64, 128, 256)
# So many tokens of the 0.6B shape are 117 MB in half precision. A GPU reads them in less than a millisecond, which
# is about what a part more takes its host.
_SLACK = 1024


@dataclass(frozen=True)
class Device:
    """Where steps run.

    Attributes:
        sizes: The numbers of rows that a step computes, rising; behind the last its multiples. Empty is any.
        lengths: The numbers of tokens of a prompt that are computed at once, likewise.
        least_chunk: So many tokens of prompts are computed at once even if rows wait for them.
        least_share: So many of them each prompt gets, or some wait.
        largest_chunk: The most tokens of all prompts together that are computed at once.
        freeing_chunk: So many leave so much free memory behind that it is given back.
        least_prefix: Fewer tokens are neither kept for prompts to come nor taken from what is kept.
        slack: Rows that decode together share arrays of keys and values with rows of about their length only, see
            `parts.py`; None if all do.
        needs_rehearsal: What is new takes its time: kernels are compiled or loaded at their first use.
        kernels: Whom to tell of a step before it comes.
        compiled: Steps, where that is faster.
    """

    sizes: tuple[int, ...] = ()
    lengths: tuple[int, ...] = ()
    # On a CPU 8 tokens beside 4000 take little more than half of what 16 do, and 4 two thirds of what 8 do.
    least_chunk: int = 8
    least_share: int = 8
    largest_chunk: int = 2048
    freeing_chunk: int = 512
    least_prefix: int = 16  # every chat begins with the same three
    slack: int | None = None
    needs_rehearsal: bool = False
    kernels: Kernels = field(default_factory=Kernels)
    compiled: CompiledStep | None = None

    def rows(self, wanted: int) -> int:
        """Return how many rows a step computes for so many."""
        return _next(self.sizes, wanted)

    def prompts(self, present: int, longest: int) -> int:
        """Return how many prompts are computed for so many, of which at most so many tokens are."""
        return self.rows(present) if self.lengths and longest <= self.lengths[-1] else present

    def length(self, wanted: int) -> int:
        """Return how many tokens of a prompt are computed for so many."""
        return _next(self.lengths, wanted)


ANY = Device()


def present() -> Device:
    """Return MLX's default device, with what is faster there in the place of MLX's own (`kernels/`)."""
    kernels = replace_kernels()
    if kernels.attention is None:
        return Device(slack=_SLACK, needs_rehearsal=mx.default_device().type == mx.gpu, kernels=kernels)
    return Device(
        _CUDA_ROWS,
        _CUDA_LENGTHS,
        # Of the 0.6B shape 512 tokens cost an H200 little more than 16; and a short prompt is best done at once.
        least_chunk=512,
        least_share=64,
        # 128 short prompts.
        largest_chunk=8192,
        # Memory is slow to get there; what is free is given back every 512 steps anyway.
        freeing_chunk=16384,
        # To keep a row's caches, or to find them, takes the host 1 ms, and computing so few tokens nothing more.
        least_prefix=128,
        needs_rehearsal=True,
        kernels=kernels,
        compiled=CompiledStep(kernels),
    )


def _next(sizes: tuple[int, ...], wanted: int) -> int:
    """Return the first size that is enough, or multiple of the last one; without sizes, what is wanted."""
    if not sizes:
        return wanted
    return next((size for size in sizes if size >= wanted), -(-wanted // sizes[-1]) * sizes[-1])
