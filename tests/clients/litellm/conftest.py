"""What every call of LiteLLM is told: its `openai` provider, the address, any string for a key."""

from __future__ import annotations

from typing import Any

import pytest

from ..running import Running


@pytest.fixture(scope="session", autouse=True)
def _alone() -> None:
    """Have it use the prices that it has, and not ask the network for newer ones."""
    pytest.MonkeyPatch().setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")


@pytest.fixture
def where(server: Running) -> dict[str, Any]:
    return {"model": "openai/any", "api_base": server.base_url, "api_key": server.key, "max_retries": 0}


@pytest.fixture
def narrow_where(narrow: Running) -> dict[str, Any]:
    return {"model": "openai/any", "api_base": narrow.base_url, "api_key": narrow.key, "max_retries": 0}
