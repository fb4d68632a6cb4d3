"""How much memory this process could still take, by the machine and by the control groups it runs in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Of each version of Linux control groups: its folder, its controller's name in /proc/self/cgroup, the files of a
# group's limit and use, and the part of the use that is a cache of files and can be taken back.
# https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
_GROUPS = (
    ("sys/fs/cgroup", "", "memory.max", "memory.current", "inactive_file"),
    ("sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available_memory(root: Path = Path("/")) -> int:
    """Return the bytes that are available here; on macOS, which has no such number, all that the machine has.

    Args:
        root: Where `proc` and `sys` are.
    """
    return min([_of_the_machine(root), *_of_the_groups(root)])


def _of_the_machine(root: Path) -> int:
    try:
        return 1024 * _fields(root / "proc/meminfo")["MemAvailable"]
    except (OSError, KeyError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_the_groups(root: Path) -> Iterator[int]:
    """Yield what each group with a limit leaves, from ours up to the outermost that can be seen."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for folder, controller, limit_file, use_file, cache in _GROUPS:
            if controller not in controllers.split(","):
                continue
            # In a container the path may be the host's, and the outermost folder is our group.
            for group in [inner := Path(path.lstrip("/")), *inner.parents]:
                place = root / folder / group
                try:
                    limit, use = int((place / limit_file).read_text()), int((place / use_file).read_text())
                    yield max(0, limit - use + _fields(place / "memory.stat")[cache])
                except (OSError, ValueError, KeyError):
                    continue  # no such folder, or no limit ("max")


def _fields(path: Path) -> dict[str, int]:
    """Return the numbers of a file of lines like `name 12` or `name: 12 kB`."""
    rows = (line.split() for line in path.read_text().splitlines())
    return {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1}
