"""The servers of `scripts/test`; `scripts/clients` gives its own (`given.py`) and leaves this file out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from mlx_llm_server.scripts.compatibility.servers import KEY, NARROW

from ..system.servers import House
from .running import Running

# Their clients are not installed beside us.
collect_ignore = ["langchain", "litellm", "llama_index", "llm"]


@pytest.fixture(scope="session")
def clients_house() -> Iterator[House]:
    with closing(House()) as house:
        yield house


@pytest.fixture(scope="session")
def server(clients_house: House) -> Running:
    return Running(clients_house.llm_server(None).url)


@pytest.fixture(scope="session")
def _narrow(clients_house: House) -> Running:
    return Running(clients_house.llm_server(None, *NARROW).url, KEY)


@pytest.fixture
def narrow(_narrow: Running) -> Running:
    """Full with two requests, asks for a key, and may lose its worker."""
    _narrow.wait_ready()
    return _narrow
