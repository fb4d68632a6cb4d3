"""The client, as its users make it: a base URL, and any string for a key."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from ..running import Running


@pytest.fixture
def client(server: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.base_url, api_key=server.key, max_retries=0) as client:
        yield client


@pytest.fixture
def narrow_client(narrow: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=narrow.base_url, api_key=narrow.key, max_retries=0) as client:
        yield client
