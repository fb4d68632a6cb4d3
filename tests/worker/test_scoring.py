"""Log-probabilities of prompts are those of the whole prompt at once, whatever the chunks and the company."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import mlx.core as mx
import pytest
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.ledger import TokenLogprobs
from mlx_llm_server.worker.loading import LoadedModel
from mlx_llm_server.worker.scheduler import Insert, Key

GREEDY = Sampling(0, temperature=0)
TOP = 3


@dataclass
class Told:
    """What an engine told, by the generations' numbers."""

    prompts: dict[int, list[tuple[int, TokenLogprobs]]] = field(default_factory=dict)
    tokens: dict[int, list[int]] = field(default_factory=dict)
    largest: int = 0

    def step(self, engine: Engine) -> None:
        tokens = engine.step()
        for key, start, scored in engine.take_scored():
            known = self.prompts.setdefault(key.generation, [])
            assert start == len(known)
            assert key.generation not in self.tokens, "a prompt is told of before its answer"
            known += scored
            self.largest = max(self.largest, len(scored))
        for row in tokens:
            self.tokens.setdefault(row.key.generation, []).append(row.token)


@pytest.fixture
def engine(nonsense: LoadedModel) -> Iterator[Engine]:
    engine = Engine(nonsense.model, nonsense.tokenizer.eos_token_ids, 4, prefill_chunk=16, prefix_cache=10**8)
    yield engine
    engine.close()


def prompt_of(model: LoadedModel, words: int) -> list[int]:
    return list(model.tokenizer.encode(" the sea and of people" * words))[: 4 * words + 1]


def order(number: int, prompt: list[int], top: int | None = TOP, length: int = 4) -> Insert:
    return Insert(Key(0, number), prompt, GREEDY, length, 0, None if top is not None else "", prompt_logprobs=top)


def run(engine: Engine, *orders: Insert) -> Told:
    for each in orders:
        engine.insert(each)
    told = Told()
    while engine.busy:
        told.step(engine)
    return told


def at_once(model: LoadedModel, prompt: list[int]) -> list[tuple[float, list[int], list[float]]]:
    """Return of each token but the first its log-probability, and the most probable ones with theirs."""
    logits = model.model(mx.array([prompt]))[0].astype(mx.float32)
    logprobs = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
    rows = []
    for place, token in enumerate(prompt[1:]):
        ids = cast("list[int]", mx.argsort(-logprobs[place])[:TOP].tolist())
        rows.append((logprobs[place, token].item(), ids, [logprobs[place, each].item() for each in ids]))
    return rows


@pytest.mark.parametrize("words", [1, 4, 30])
def test_a_prompt_is_told_of_as_a_pass_over_all_of_it_has_it(
    engine: Engine, nonsense: LoadedModel, words: int
) -> None:
    prompt = prompt_of(nonsense, words)

    told = run(engine, order(1, prompt)).prompts[1]

    assert [token for token, _ in told] == prompt
    assert told[0][1] == TokenLogprobs(0.0, ())
    for (_, found), (logprob, ids, values) in zip(told[1:], at_once(nonsense, prompt), strict=True):
        assert found.logprob == pytest.approx(logprob, abs=1e-3)
        assert [token for token, _ in found.top] == ids
        assert [value for _, value in found.top] == pytest.approx(values, abs=1e-3)


def test_the_answer_is_the_one_of_a_prompt_that_nobody_asks_about(engine: Engine, nonsense: LoadedModel) -> None:
    prompts = [prompt_of(nonsense, words) for words in (30, 3, 20)]
    orders = [order(number, prompt, None) for number, prompt in enumerate(prompts)]

    plain = run(engine, *orders).tokens
    told = run(engine, *(order(n, prompt, 0 if n else TOP) for n, prompt in enumerate(prompts)), *[])

    assert told.tokens == plain
    assert not told.prompts[1][1][1].top


def test_running_rows_wait_for_no_more_than_a_chunk(engine: Engine, nonsense: LoadedModel) -> None:
    engine.insert(order(1, prompt_of(nonsense, 2), None, 60))
    told = Told()
    while 1 not in told.tokens:
        told.step(engine)
    engine.insert(order(2, prompt_of(nonsense, 40)))
    said = len(told.tokens[1])
    while 2 not in told.tokens:
        told.step(engine)
        said += 1
        assert len(told.tokens[1]) == min(said, 60)

    assert told.largest <= 16 + 1


def test_a_prompt_of_one_token_has_nothing_to_score(engine: Engine) -> None:
    told = run(engine, order(1, [40]), order(2, [41]))
    assert told.prompts == {1: [(40, TokenLogprobs(0.0, ()))], 2: [(41, TokenLogprobs(0.0, ()))]}
    assert len(told.tokens[1]) == 4


def test_what_is_cancelled_is_scored_no_further(engine: Engine, nonsense: LoadedModel) -> None:
    prompt = prompt_of(nonsense, 30)
    for number in (1, 2, 3):
        engine.insert(order(number, prompt))
    told = Told()
    told.step(engine)
    engine.remove((Key(0, 1), Key(0, 2)))
    while engine.busy:
        told.step(engine)

    assert len(told.prompts[1]) < len(prompt)
    assert 2 not in told.prompts
    assert [token for token, _ in told.prompts[3]] == prompt
    assert {*told.tokens} == {3}
