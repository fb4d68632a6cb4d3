"""What a server costs and leaves behind, as the system sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

# Set in a server's environment, so that no process of it can hide, also one whose parent is gone.
MARK = "MLX_SERVE_CHAOS"


@dataclass(frozen=True, slots=True)
class Footprint:
    """Resident memory in bytes and open descriptors of a process."""

    memory: int
    descriptors: int


def footprint(pid: int) -> Footprint:
    """Return what a process holds."""
    process = psutil.Process(pid)
    return Footprint(process.memory_info().rss, process.num_fds())


def marked(mark: str) -> Iterator[psutil.Process]:
    """Yield the living processes of a server that was started with this mark."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def kill_marked(mark: str) -> None:
    """End what is left of a server."""
    for process in marked(mark):
        with contextlib.suppress(psutil.Error):
            process.kill()
