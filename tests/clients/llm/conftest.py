"""The command, with our server in its `extra-openai-models.yaml`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..running import Running

# What a user writes there; a key is only needed where the server asks for one.
MODELS = """
- model_id: demo
  model_name: mlx-llm-server-demo
  api_base: {base_url}
  supports_tools: true
  supports_schema: true
- model_id: demo-completion
  model_name: mlx-llm-server-demo
  api_base: {base_url}
  completion: true
"""
NARROW_MODEL = """
- model_id: narrow
  model_name: mlx-llm-server-demo
  api_base: {base_url}
  api_key_name: narrow
"""

Llm = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path, server: Running) -> Path:
    (tmp_path / "extra-openai-models.yaml").write_text(MODELS.format(base_url=server.base_url))
    return tmp_path


@pytest.fixture
def llm(home: Path) -> Llm:
    """The command: its arguments, and what it reads."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    environment |= {"LLM_USER_PATH": str(home)}

    def run(*arguments: str, read: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "llm", *arguments],
            input=read,
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def narrow_llm(home: Path, llm: Llm, narrow: Running) -> Llm:
    with (home / "extra-openai-models.yaml").open("a") as models:
        models.write(NARROW_MODEL.format(base_url=narrow.base_url))
    assert llm("keys", "set", "narrow", "--value", narrow.key).returncode == 0
    return llm
