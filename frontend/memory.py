"""How much memory another process holds."""

from __future__ import annotations

import os
from pathlib import Path


def resident_bytes(pid: int) -> int | None:
    """Return the resident memory of a process, or None where that can't be told cheaply (not Linux, or gone)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    # A process that has ended, but was not waited for, holds none.
    return pages * os.sysconf("SC_PAGE_SIZE") or None
