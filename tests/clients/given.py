"""A pytest plugin: the servers that `scripts/clients` has started."""

from __future__ import annotations

import os

import pytest

from .running import Running


@pytest.fixture(scope="session")
def server() -> Running:
    return Running(os.environ["CLIENTS_SERVER"])


@pytest.fixture
def narrow() -> Running:
    """Full with two requests, asks for a key, and may lose its worker."""
    running = Running(os.environ["CLIENTS_NARROW_SERVER"], os.environ["CLIENTS_NARROW_KEY"])
    running.wait_ready()
    return running
