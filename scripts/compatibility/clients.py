"""Which clients are tried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Client:
    """A client, and where its tests and its environment are.

    Attributes:
        name: On the command line.
        title: In the table.
        folder: In `tests/clients`.
        packages: Whose versions are told, its own first.
        requirements: What its environment is made of, in its folder; a folder for Node has a `package.json` too.
        language: What its tests are written in.
    """

    name: str
    title: str
    folder: str
    packages: tuple[str, ...]
    requirements: str = "requirements.txt"
    language: Literal["Python", "Node"] = "Python"

    @property
    def tests(self) -> Path:
        """The folder."""
        return ROOT / "tests" / "clients" / self.folder


CLIENTS = (
    Client("openai-2", "`openai` for Python", "openai_python", ("openai",), "requirements-2.txt"),
    Client("openai-3", "`openai` for Python", "openai_python", ("openai",), "requirements-3.txt"),
    Client("openai-npm", "`openai` for Node", "openai_node", ("openai",), language="Node"),
    Client("litellm", "LiteLLM", "litellm", ("litellm", "openai")),
    Client("langchain", "LangChain", "langchain", ("langchain-openai", "langchain", "openai")),
    Client("llama-index", "LlamaIndex", "llama_index", ("llama-index-llms-openai-like", "openai")),
    Client("llm", "`llm`", "llm", ("llm", "openai")),
)
