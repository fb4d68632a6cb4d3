"""What the C library does with memory that MLX gives back, on a Linux CPU."""

from __future__ import annotations

import ctypes
import os
import sys

# glibc's `mallopt`: see its manual page. 32 MiB is the most that the first takes.
_M_MMAP_THRESHOLD, _MMAP_THRESHOLD = -3, 32 << 20
_M_TRIM_THRESHOLD, _MOST_TRIM_THRESHOLD = -1, (1 << 31) - 1
# Of the memory that this process may have.
_SHARE = 1 / 8

_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


def keep_freed_memory(available_bytes: int) -> None:
    """Let arrays come from memory that was freed just now, and not page by page from the system.

    MLX on a CPU keeps none itself. A chunk of 132 tokens over 1827 took twice as long for the pages of its scores;
    for a row of 422 tokens to join 8 shorter ones of the 0.6B shape took 2.2 s with a virtual machine's new pages,
    and 0.2 s with those that were there.

    Args:
        available_bytes: What this process may have; an eighth of it is kept at most.
    """
    if sys.platform != "linux" or not os.environ.keys().isdisjoint(_SETTINGS):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):  # another C library may have none
        library.mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD)
        library.mallopt(_M_TRIM_THRESHOLD, min(int(_SHARE * available_bytes), _MOST_TRIM_THRESHOLD))
