"""The local workers of `mlx-serve up`: started, watched, restarted, replaced, ended.

What is decided is pure: `Backoff` (how long to wait), `Restarts` (what an end means) and `Upkeep` (when a worker
that is well is replaced all the same). `Children` are the processes. The `Nursery` keeps one process for each of
its slots, and a slot's process is changed in one of two ways (`Replacer`):

    start first    the new one gets ready, then the old one is drained and ended
    drain first    the old one is drained and ended, then the new one is started: memory is short, or was asked for

A slot has one change at a time. `Rolling` changes all of them, one after the other.
"""

from .nursery import Nursery

__all__ = ["Nursery"]
