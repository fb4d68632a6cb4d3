"""A fast BLAS for MLX on a Linux CPU.

MLX's Linux CPU wheel carries the reference BLAS. OpenBLAS, loaded with global symbols before libmlx is, takes
its place: a 32x512 by 512x1536 product went from 9.8 ms to 0.6 ms.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import os
import sys

LIBRARY = "libopenblas.so.0"
# Its threads spin while they wait, and take the cores from all else; 2 ** 4 cycles is the least it knows.
SETTINGS = {"OPENBLAS_THREAD_TIMEOUT": "4"}
_LARGE = 32_000_000
ADVICE = "reference BLAS (slow: apt-get install libopenblas0-pthread makes MLX several times faster here)"


def prefer_openblas() -> None:
    """Load OpenBLAS if MLX is its Linux CPU build. Call before the first import of mlx."""
    if sys.platform != "linux" or "mlx.core" in sys.modules or not _installed("mlx-cpu"):
        return
    os.environ.update(SETTINGS | dict(os.environ))
    # Without it `describe` names the reference BLAS and what to install.
    with contextlib.suppress(OSError):
        ctypes.CDLL(LIBRARY, mode=ctypes.RTLD_GLOBAL)


def share_cores(weight_bytes: int) -> None:
    """Leave half of the cores to all else if OpenBLAS has no use for them; what the environment says stays.

    A step waits for weights that no cache holds, and more cores read them sooner: on 2, with both, 32 streams of a
    model of 193 MB got 1.4 times as many tokens a second, and those of one of 3 MB 0.9 times as many.
    """
    if weight_bytes >= _LARGE or "OPENBLAS_NUM_THREADS" in os.environ:
        return
    # The name is there if the library is.
    if (set_threads := getattr(ctypes.CDLL(None), "openblas_set_num_threads", None)) is not None:
        set_threads(max(1, (os.cpu_count() or 1) // 2))


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
