"""A model that says nonsense, thinks and calls tools; and what it says when it is held to a grammar."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import ChatMessage, Generate, Grammar, Sampling, TokenLogprob, ToolCall
from mlx_llm_server.scripts.models import random
from mlx_llm_server.worker.dialect import open_text, opens_thought, thinking_budget
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.grammar.compiler import GrammarCompiler
from mlx_llm_server.worker.loading import LoadedModel
from mlx_llm_server.worker.prompts import PromptBuilder
from mlx_llm_server.worker.scheduler import Insert, Key, Prepared, Requested, Scheduler, Send, Stepped, Token
from mlx_llm_server.worker.text import TextStream

from ..conftest import loaded

Ask = Callable[..., "list[Answer]"]


@dataclass
class Answer:
    tokens: list[int]
    text: str = ""
    thought: str = ""
    calls: tuple[ToolCall, ...] = ()
    finish: str | None = None
    failed: str | None = None
    logprobs: list[TokenLogprob] = field(default_factory=list)


def asked(content: str = "tell me", max_tokens: int = 300, seed: int = 1, **fields: Any) -> Generate:
    sampling = fields.pop("sampling", Sampling(seed))
    return Generate(0, (ChatMessage("user", content),), sampling, max_tokens, **fields)


def by_schema(schema: Any) -> Grammar:
    return Grammar("json_schema", json.dumps(schema), "response_format.json_schema.schema")


def by_regex(expression: str) -> Grammar:
    return Grammar("regex", expression, "structured_outputs.regex")


def by_lark(text: str) -> Grammar:
    return Grammar("lark", text, "structured_outputs.grammar")


def tool(name: str, parameters: Any) -> str:
    return json.dumps({"type": "function", "function": {"name": name, "parameters": parameters}})


class House:
    """A model as a worker has it, without the threads.

    Attributes:
        compiler: Its grammars.
    """

    def __init__(self, model: LoadedModel) -> None:
        self.model = model
        self._engine = Engine(model.model, model.tokenizer.eos_token_ids, 16)
        self.compiler = GrammarCompiler(model.tokenizer, self._engine.vocabulary)

    def prepare(self, request: Generate) -> Prepared:
        prompt = PromptBuilder(self.model.tokenizer).build(request)
        thinking = opens_thought(self.model.tokenizer, prompt)
        grammar = self.compiler.compile(request, thinking=thinking)
        text: TextStream = open_text(self.model.tokenizer, request, prompt, held=grammar is not None)
        text.replay(request.resume)
        budget = thinking_budget(self.model.tokenizer, request, prompt, held=grammar is not None)
        return Prepared(Key(0, request.generation), prompt, text, grammar, budget)

    def ask(self, *requests: Generate) -> list[Answer]:
        """Return the answers of requests that run together."""
        scheduler = Scheduler(4096)
        answers = [Answer([]) for _ in requests]
        for number, request in enumerate(requests):
            numbered = replace(request, generation=number)
            scheduler.handle(Requested(0, numbered))
            for action in scheduler.handle(self.prepare(numbered)):
                if isinstance(action, Insert):
                    self._engine.insert(action)
        while self._engine.busy:
            tokens: list[Token] = self._engine.step()
            for action in scheduler.handle(Stepped(self._engine.steps, tokens)):
                if isinstance(action, Send):
                    _collect(answers, action.message)
        return answers

    def close(self) -> None:
        self._engine.close()


def _collect(answers: list[Answer], message: Any) -> None:
    if (param := getattr(message, "param", None)) is not None:
        answers[message.generation].failed = param
    for delta in getattr(message, "deltas", ()):
        answer = answers[delta.generation]
        answer.tokens += delta.tokens
        answer.text += delta.text
        answer.finish = delta.finish
        if delta.logprobs is not None:
            answer.logprobs += delta.logprobs.entries
        if delta.aside is not None:
            answer.thought += delta.aside.reasoning
            answer.calls += delta.aside.tool_calls


@pytest.fixture(scope="package")
def thinking_model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return loaded(random(tmp_path_factory.mktemp("models") / "thinking", chat_template="chatml-thinking"))


@pytest.fixture(scope="package")
def house(thinking_model: LoadedModel) -> Iterator[House]:
    """Of a model that says nonsense, may think, and may call tools."""
    house = House(thinking_model)
    yield house
    house.close()


@pytest.fixture(scope="package")
def plain(nonsense: LoadedModel) -> Iterator[House]:
    """Of a model that says nonsense and can do nothing else."""
    house = House(nonsense)
    yield house
    house.close()
