"""MLX's settings for a CUDA device; on others they mean nothing."""

from __future__ import annotations

import os

_SETTINGS = {
    # cuDNN's attention builds a graph for every shape of a prompt: the first token of one of 20 tokens took 60 to
    # 80 ms on an H200 where that length was new, and 15 to 20 without it.
    "MLX_CUDA_USE_CUDNN_SDPA": "0",
    # MLX keeps the CUDA graphs of steps that it has seen, 400 by default. A step is about 30 of them, and another
    # number of rows is another step: with less, those of one size push out those of the next.
    "MLX_CUDA_GRAPH_CACHE_SIZE": "20000",
}


def prefer_settings() -> None:
    """Set what the environment leaves open. Call before the first evaluation."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
