"""Fixtures of the protocol's tests."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A temporary directory with a path that leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(dir="/tmp") as path:
        yield Path(path)
