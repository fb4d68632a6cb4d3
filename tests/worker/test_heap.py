"""Freed memory is used again, and not given back page by page; in a process of its own, whose heap it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's")

# Prints the page faults of twenty arrays of 8 MiB, one after the other.
ARRAYS = """
import resource
import mlx.core as mx
from mlx_llm_server.worker.heap import keep_freed_memory

mx.set_default_device(mx.cpu)
keep_freed_memory()
for _ in range(3):
    mx.eval(mx.zeros((2 << 20,)) + 1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    mx.eval(mx.zeros((2 << 20,)) + 1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_large_arrays_need_no_new_pages() -> None:
    done = subprocess.run([sys.executable, "-c", ARRAYS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 2048  # those of one array
