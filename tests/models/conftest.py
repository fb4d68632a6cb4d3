"""Models built once for all tests of this folder, and two ways to let mlx-lm run them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.scripts.models import random, successor
from mlx_lm.generate import BatchGenerator, generate_step
from mlx_lm.utils import load

Model = tuple[Any, Any]
Prompt = str | list[int]
Alone = Callable[..., list[int]]
Together = Callable[..., list[list[int]]]


@pytest.fixture(scope="session")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(str(successor(tmp_path_factory.mktemp("counting"))))[:2]


@pytest.fixture(scope="session")
def nonsense(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(str(random(tmp_path_factory.mktemp("nonsense"))))[:2]


@pytest.fixture(scope="session")
def alone() -> Alone:
    """Greedy tokens of one prompt by `generate_step`, the end of the turn included."""

    def run(model: Model, prompt: Prompt, max_tokens: int = 500) -> list[int]:
        tokens = []
        for token, _ in generate_step(mx.array(_encode(model, prompt)), model[0], max_tokens=max_tokens):
            tokens.append(int(token))
            if token in model[1].eos_token_ids:
                break
        return tokens

    return run


@pytest.fixture(scope="session")
def together() -> Together:
    """Greedy tokens of several prompts in one batch by `BatchGenerator`, the ends of the turns included."""

    def run(model: Model, prompts: list[Any], max_tokens: int = 500) -> list[list[int]]:
        generator = BatchGenerator(
            model[0],
            max_tokens=max_tokens,
            stop_tokens=[[token] for token in model[1].eos_token_ids],
            completion_batch_size=len(prompts),
        )
        answers: dict[int, list[int]] = {
            uid: [] for uid in generator.insert([_encode(model, each) for each in prompts])
        }
        while responses := generator.next_generated():
            for response in responses:
                answers[response.uid].append(response.token)
        generator.close()
        return list(answers.values())

    return run


def _encode(model: Model, prompt: Prompt) -> list[int]:
    if isinstance(prompt, list):
        return prompt
    return model[1].apply_chat_template([{"role": "user", "content": prompt}], add_generation_prompt=True)
