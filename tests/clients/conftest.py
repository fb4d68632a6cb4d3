"""The servers of `scripts/test`; `scripts/clients` gives its own (`given.py`) and leaves this file out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..system.servers import House
from .running import NARROW_OPTIONS, Running


@pytest.fixture(scope="session")
def clients_house() -> Iterator[House]:
    house = House()
    try:
        yield house
    finally:
        house.close()


@pytest.fixture(scope="session")
def server(clients_house: House) -> Running:
    return Running(clients_house.llm_server(None).url)


@pytest.fixture(scope="session")
def _narrow(clients_house: House) -> Running:
    return Running(clients_house.llm_server(None, *NARROW_OPTIONS).url)


@pytest.fixture
def narrow(_narrow: Running) -> Running:
    """Full with two requests, asks for a key, and may lose its worker."""
    _narrow.wait_ready()
    return _narrow
