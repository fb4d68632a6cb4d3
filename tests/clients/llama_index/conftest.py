"""LlamaIndex's model, as its users make it."""

from __future__ import annotations

import pytest
from llama_index.llms.openai_like import OpenAILike

from ..running import Running


@pytest.fixture
def model(server: Running) -> OpenAILike:
    return OpenAILike(
        model="any",
        api_base=server.base_url,
        api_key=server.key,
        temperature=0,
        context_window=4096,
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
    )


@pytest.fixture
def narrow_model(narrow: Running) -> OpenAILike:
    return OpenAILike(
        model="any",
        api_base=narrow.base_url,
        api_key=narrow.key,
        temperature=0,
        is_chat_model=True,
        max_retries=0,
    )
