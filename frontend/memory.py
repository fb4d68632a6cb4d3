"""How much memory another process holds."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# <sys/resource.h> of macOS: struct rusage_info_v2 begins with a UUID and then has unsigned 64-bit numbers.
_RUSAGE_INFO_V2 = 2
_RUSAGE_INFO_V2_BYTES = 160
_PHYS_FOOTPRINT = slice(72, 80)

CAN_TELL = sys.platform in ("linux", "darwin")
"""Whether footprints are known on this system."""


def footprint_bytes(pid: int) -> int | None:
    """Return what a process takes of the machine's memory, or None where that can't be told (or it is gone).

    On Linux this is the resident memory; on macOS the physical footprint, which has the GPU's buffers in it, and
    is what the system itself goes by (https://developer.apple.com/documentation/kernel/1646302-proc_pid_rusage
    has its function).
    """
    return _physical_footprint(pid) if sys.platform == "darwin" else _resident(pid)


def _resident(pid: int) -> int | None:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    # A process that has ended, but was not waited for, holds none.
    return pages * os.sysconf("SC_PAGE_SIZE") or None


def _physical_footprint(pid: int) -> int | None:
    usage = ctypes.create_string_buffer(_RUSAGE_INFO_V2_BYTES)
    if ctypes.CDLL(None).proc_pid_rusage(pid, _RUSAGE_INFO_V2, usage) != 0:
        return None
    return int.from_bytes(usage.raw[_PHYS_FOOTPRINT], sys.byteorder) or None
