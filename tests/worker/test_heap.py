"""Freed memory is used again, and not given back page by page; in a process of its own, whose heap it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


def faults(available: int) -> int:
    program = ARRAYS.replace("AVAILABLE", str(available))
    return int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


def test_large_arrays_need_no_new_pages() -> None:
    assert faults(1 << 30) < 5 * 1024  # those of one array, once


def test_where_memory_is_short_it_is_given_back() -> None:
    assert faults(1 << 26) > 10 * 3 * 1024
