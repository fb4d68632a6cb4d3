"""A fast BLAS for MLX on a Linux CPU.

MLX's Linux CPU wheel carries the reference BLAS. OpenBLAS, loaded with global symbols before libmlx is, takes
its place: a 32x512 by 512x1536 product went from 9.8 ms to 0.6 ms.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import sys

LIBRARY = "libopenblas.so.0"
ADVICE = "reference BLAS (slow: apt-get install libopenblas0-pthread makes MLX several times faster here)"


def prefer_openblas() -> None:
    """Load OpenBLAS if MLX is its Linux CPU build. Call before the first import of mlx."""
    if sys.platform != "linux" or "mlx.core" in sys.modules or not _installed("mlx-cpu"):
        return
    try:
        library = ctypes.CDLL(LIBRARY, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return  # `describe` then names the reference BLAS and what to install
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        # Its threads spin while they wait: up to 14 ms of system time a decode step on 2 cores, against 1 ms.
        library.openblas_set_num_threads(max(1, (os.cpu_count() or 1) // 2))


def describe() -> str:
    """Name the BLAS that MLX's CPU operations run on, for the log and the `Ready` message."""
    if sys.platform != "linux":
        return "Accelerate"
    try:
        config = ctypes.CDLL(None).openblas_get_config
    except AttributeError:
        return ADVICE
    config.restype = ctypes.c_char_p
    return " ".join(config().decode().split()[:2])


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
