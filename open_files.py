"""How many files and connections a process may have open at once."""

from __future__ import annotations

import resource

# The most that macOS takes for it (setrlimit(2)).
_MOST = 10240


def allow_many_open_files() -> None:
    """Raise this process's own bound as far as it may: macOS begins with 256, Linux with 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST if hard == resource.RLIM_INFINITY else min(_MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
