"""LangChain's model, as its users make it: a base URL, and any string for a key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from ..running import Running


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all: LangChain keeps connections, which belong to a loop, beyond its models."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def model(server: Running) -> ChatOpenAI:
    return ChatOpenAI(
        model="any", base_url=server.base_url, api_key=SecretStr(server.key), temperature=0, max_retries=0
    )


@pytest.fixture
def narrow_model(narrow: Running) -> ChatOpenAI:
    return ChatOpenAI(
        model="any", base_url=narrow.base_url, api_key=SecretStr(narrow.key), temperature=0, max_retries=0
    )
