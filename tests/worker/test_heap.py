"""Freed memory is used again, and not given back page by page; in a process of its own, whose heap it is."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from types import SimpleNamespace

import pytest
from mlx_llm_server.worker.heap import keep_freed_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's")

# Prints the page faults of ten times three arrays of 20 MiB, which are freed together.
ARRAYS = """
import resource
import mlx.core as mx
from mlx_llm_server.worker.heap import keep_freed_memory

mx.set_default_device(mx.cpu)
keep_freed_memory(AVAILABLE)

def three():
    mx.eval([mx.zeros((5 << 20,)) + number for number in range(3)])

for _ in range(3):
    three()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    three()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_large_arrays_need_no_new_pages() -> None:
    program = ARRAYS.replace("AVAILABLE", str(1 << 30))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 5 * 1024  # those of one array, once


@pytest.mark.parametrize(("available", "kept"), [(1 << 30, 1 << 27), (1 << 40, (1 << 31) - 1)])
def test_an_eighth_is_kept_as_far_as_the_library_can_count(
    monkeypatch: pytest.MonkeyPatch, available: int, kept: int
) -> None:
    told: dict[int, int] = {}
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mallopt=told.__setitem__))

    keep_freed_memory(available)

    assert told[-1] == kept
