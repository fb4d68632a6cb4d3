"""An answer is the same, token for token, whatever of its prompt was found in the cache.

In float32, where what a prompt's chunks and a batch's padding change of the last bits decides about no token here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.prefix_cache import PrefixCache
from mlx_llm_server.worker.scheduler import Insert, Key
from mlx_lm.models.cache import load_prompt_cache, make_prompt_cache, save_prompt_cache

from ..tiny_models import CONFIGS, VOCABULARY, tiny

SAMPLINGS = (
    Sampling(0, temperature=0),
    Sampling(5, temperature=1.0),
    Sampling(7, temperature=0.8, top_p=0.9, repetition_penalty=1.3, repetition_context_size=40),
)
AMPLE = 10**9


@dataclass
class Answers:
    tokens: dict[int, list[int]] = field(default_factory=dict)
    cached: dict[int, int] = field(default_factory=dict)

    def take(self, engine: Engine) -> None:
        for row in engine.step():
            first = row.key.generation not in self.tokens
            self.tokens.setdefault(row.key.generation, []).append(row.token)
            if first:
                self.cached[row.key.generation] = row.cached
            else:
                assert row.cached == 0, "it is told once"


def run(engine: Engine, *orders: Insert) -> Answers:
    answers = Answers()
    for order in orders:
        engine.insert(order)
    while engine.busy:
        answers.take(engine)
    engine.tend_prefix_cache()
    return answers


def order(number: int, prompt: list[int], scope: str | None = "", length: int = 8) -> Insert:
    return Insert(Key(0, number), prompt, SAMPLINGS[number % len(SAMPLINGS)], length, 0, scope)


def words(seed: int, count: int) -> list[int]:
    draw = random.Random(seed)
    return [draw.randrange(VOCABULARY) for _ in range(count)]


class Bench:
    """A model and its engines."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.model = tiny(kind)
        self.engines: list[Engine] = []

    def engine(self, max_batch: int = 4, prefix_cache: int = AMPLE, chunk: int = 64) -> Engine:
        self.engines.append(Engine(self.model, set(), max_batch, prefill_chunk=chunk, prefix_cache=prefix_cache))
        return self.engines[-1]

    def alone(self, order: Insert) -> list[int]:
        """Return the answer of an engine that has seen nothing else."""
        return run(self.engine(prefix_cache=0), order).tokens[order.key.generation]


def opened(kind: str) -> Iterator[Bench]:
    bench = Bench(kind)
    yield bench
    for engine in bench.engines:
        engine.close()


@pytest.fixture(scope="module", params=list(CONFIGS))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Every kind of caches."""
    yield from opened(request.param)


@pytest.fixture(scope="module")
def cuttable() -> Iterator[Bench]:
    """All layers can be cut at any token."""
    yield from opened("llama")


@pytest.fixture(scope="module")
def by_snapshot() -> Iterator[Bench]:
    """Some layers hold only behind their last token."""
    yield from opened("gemma3_text")


def test_the_model_says_different_things(bench: Bench) -> None:
    """Or the other tests could not fail."""
    answers = [bench.alone(order(3 * number, words(number, 40))) for number in range(3)]
    assert len({tuple(answer) for answer in answers}) == 3
    assert all(len(set(answer)) > 3 for answer in answers)


def test_answers_in_any_company_with_prefixes_of_any_length_are_those_of_an_empty_cache(bench: Bench) -> None:
    shared = words(1, 70)
    prompts = [shared + words(number, 1 + 17 * number) for number in range(4)]
    prompts += [prompts[0], prompts[2][:90], prompts[2] + words(50, 40), words(60, 30)]
    orders = [order(number, prompt) for number, prompt in enumerate(prompts)]
    expected = {each.key.generation: bench.alone(each) for each in orders}

    engine, found = bench.engine(), 0
    for turn in range(2):
        random.Random(turn).shuffle(orders)
        answers = run(engine, *orders)
        assert answers.tokens == expected
        found += sum(answers.cached.values())

    assert found > sum(map(len, prompts))


def test_a_small_budget_is_never_passed_and_changes_no_answer(bench: Bench) -> None:
    shared = words(1, 60)
    orders = [order(number, shared + words(number, 30)) for number in range(6)]
    expected = {each.key.generation: bench.alone(each) for each in orders}
    everything = bench.engine()
    run(everything, *orders)
    budget = everything._prefixes.nbytes // 2

    engine = bench.engine(prefix_cache=budget)
    for _ in range(2):
        assert run(engine, *orders).tokens == expected
        assert 0 < engine._prefixes.nbytes <= budget


def test_a_conversation_computes_only_what_is_new(bench: Bench) -> None:
    engine, conversation, known = bench.engine(), words(1, 50), 0
    for turn in range(3):
        asked = order(3 * turn, conversation, length=20)
        answers = run(engine, asked)
        answer = answers.tokens[3 * turn]
        assert answer == bench.alone(asked)
        assert answers.cached[3 * turn] == known
        known = len(conversation) + len(answer) - 1  # nothing was computed behind the last token
        conversation = [*conversation, *answer, *words(100 + turn, 20)]


def test_the_same_prompt_again_computes_its_last_token_alone(by_snapshot: Bench) -> None:
    engine, asked = by_snapshot.engine(), order(0, words(1, 90))

    first, second = run(engine, asked), run(engine, asked)

    assert (first.cached, second.cached) == ({0: 0}, {0: 89})
    assert first.tokens == second.tokens == {0: by_snapshot.alone(asked)}


def test_what_was_prefilled_of_a_cancelled_prompt_is_kept(bench: Bench) -> None:
    engine, asked = bench.engine(), order(1, words(1, 500))
    engine.insert(asked)
    for _ in range(4):
        engine.step()

    engine.remove((asked.key,))
    again = run(engine, asked)

    assert again.cached == {1: 4 * 64}
    assert again.tokens[1] == bench.alone(asked)


def test_what_a_stopped_answer_has_said_is_kept(by_snapshot: Bench) -> None:
    engine, asked = by_snapshot.engine(), order(0, words(1, 50), length=40)
    engine.insert(asked)
    begun = Answers()
    while len(begun.tokens.get(0, [])) < 30:
        begun.take(engine)

    engine.remove((asked.key,))
    then = run(engine, order(3, [*asked.prompt, *begun.tokens[0], *words(2, 20)]))

    assert then.cached == {3: 80}
    assert then.tokens[3] == by_snapshot.alone(order(3, [*asked.prompt, *begun.tokens[0], *words(2, 20)]))


def test_other_scopes_find_nothing_and_no_scope_neither_finds_nor_leaves(by_snapshot: Bench) -> None:
    engine, asked = by_snapshot.engine(), order(0, words(1, 90))
    run(engine, replace(asked, cache_scope=None))
    assert engine._prefixes.nbytes == 0

    cached = [run(engine, replace(asked, cache_scope=scope)).cached[0] for scope in ("a", "b", None, "a", "b")]

    assert cached == [0, 0, 0, 89, 89]


def test_after_clearing_everything_is_computed_again(by_snapshot: Bench) -> None:
    engine, asked = by_snapshot.engine(), order(0, words(1, 90))
    run(engine, asked)

    engine.clear_prefix_cache()

    assert engine._prefixes.nbytes == 0
    assert run(engine, asked).cached == {0: 0}


def test_the_same_prompts_at_once_are_prefilled_once(bench: Bench) -> None:
    engine, prompt = bench.engine(max_batch=4), words(1, 300)

    answers = run(engine, *[order(number, prompt) for number in range(4)])

    assert sorted(answers.cached.values()) == [0, 299, 299, 299]
    assert answers.tokens == {number: bench.alone(order(number, prompt)) for number in range(4)}


@pytest.mark.parametrize("prefix_cache", [0, AMPLE])
@pytest.mark.parametrize("length", [2, 10, 300])
def test_answers_to_one_prompt_are_prefilled_once_and_are_each_what_it_is_alone(
    bench: Bench, prefix_cache: int, length: int
) -> None:
    """With and without a prefix cache, for prompts of a step and of several, beside another one."""
    engine, prompt = bench.engine(max_batch=8, prefix_cache=prefix_cache), words(1, length)
    other = order(20, words(9, 100))
    orders = [
        replace(order(number, prompt), sampling=Sampling(number, temperature=1.0), max_tokens=5 + number)
        for number in range(6)
    ]

    answers = run(engine, other, *orders)

    assert engine._generator.prefilled == (length - 1) + (100 - 1)
    assert answers.tokens == {each.key.generation: bench.alone(each) for each in (other, *orders)}
    assert len({tuple(answers.tokens[number][:5]) for number in range(6)}) == 6
    assert answers.cached == {20: 0, 0: 0, **dict.fromkeys(range(1, 6), length - 1)}


def test_answers_to_one_prompt_beyond_the_batch_take_their_turns(bench: Bench) -> None:
    engine, prompt = bench.engine(max_batch=2, prefix_cache=0), words(1, 70)
    orders = [order(number, prompt) for number in range(5)]

    answers = run(engine, *orders)

    assert answers.tokens == {number: bench.alone(each) for number, each in enumerate(orders)}
    assert engine._generator.prefilled == 3 * 69


def test_answers_to_one_prompt_of_different_scopes_share_nothing(by_snapshot: Bench) -> None:
    engine, prompt = by_snapshot.engine(prefix_cache=0), words(1, 70)

    answers = run(engine, order(0, prompt, "one"), order(1, prompt, "other"), order(2, prompt, None))

    assert engine._generator.prefilled == 3 * 69
    assert set(answers.cached.values()) == {0}


def test_who_waits_for_another_prompt_goes_on_when_that_is_cancelled(by_snapshot: Bench) -> None:
    engine, prompt = by_snapshot.engine(), words(1, 300)
    engine.insert(order(0, prompt))
    engine.insert(order(3, prompt))
    for _ in range(3):
        engine.step()

    engine.remove((Key(0, 0),))
    answers = Answers()
    while engine.busy:
        answers.take(engine)

    assert answers.cached == {3: 3 * 64}
    assert answers.tokens[3] == by_snapshot.alone(order(3, prompt))


def test_who_waits_lets_others_pass(by_snapshot: Bench) -> None:
    engine, prompt = by_snapshot.engine(), words(1, 300)

    answers = run(engine, order(0, prompt), order(1, prompt), order(2, words(2, 20), length=3))

    assert next(iter(answers.tokens)) == 2


def test_where_a_prompt_left_a_known_way_the_next_one_is_met(by_snapshot: Bench) -> None:
    """A state can't be cut, so it is taken where prompts part: the third finds what the second has passed."""
    engine, shared = by_snapshot.engine(), words(1, 120)

    cached = [run(engine, order(n, shared + words(10 + n, 40))).cached[n] for n in range(3)]

    assert cached == [0, 0, 120]


def test_a_prefix_is_found_at_any_token_where_all_layers_can_be_cut(cuttable: Bench) -> None:
    engine, shared = cuttable.engine(), words(1, 120)

    cached = [run(engine, order(n, shared + words(10 + n, 40))).cached[n] for n in range(3)]

    assert cached == [0, 120, 120]


def test_a_handful_of_common_tokens_is_not_taken(cuttable: Bench) -> None:
    engine, shared = cuttable.engine(), words(1, 5)

    cached = [run(engine, order(n, shared + words(10 + n, 40))).cached[n] for n in range(2)]

    assert cached == [0, 0]


def test_without_a_budget_nothing_is_kept_and_nobody_waits(by_snapshot: Bench) -> None:
    engine, asked = by_snapshot.engine(prefix_cache=0), order(0, words(1, 90))

    cached = [run(engine, asked, order(1, [*asked.prompt, 1])).cached for _ in range(2)]

    assert cached == [{0: 0, 1: 0}, {0: 0, 1: 0}]
    assert engine._prefixes.nbytes == 0


def test_what_is_kept_counts_its_bytes_and_holds_no_batch_alive(cuttable: Bench) -> None:
    engine = cuttable.engine(max_batch=8)
    run(engine, *[order(number, words(number, 100), length=20) for number in range(8)])
    kept = engine._prefixes.nbytes
    mx.synchronize(engine._generator.stream)
    before = mx.get_active_memory()

    engine.clear_prefix_cache()

    assert kept == 8 * 119 * 2 * 2 * 2 * 16 * 4  # tokens, layers, keys and values, heads, their size, bytes
    # A batch that each of its rows held alive would be eight times as much.
    assert 0.9 * kept < before - mx.get_active_memory() < 1.5 * kept


def test_rows_that_end_are_kept_behind_their_last_tokens(bench: Bench) -> None:
    engine, prompts = bench.engine(), [words(number, 20) for number in range(3)]
    answered = Answers()
    for number, prompt in enumerate(prompts):
        engine.insert(order(number, prompt, length=20 + number))
    while engine.busy:
        kept, running = engine._prefixes.nbytes, engine._generator.decoding
        answered.take(engine)
        if engine._generator.decoding < running:
            assert engine._prefixes.nbytes == kept
            engine.tend_prefix_cache()
            assert engine._prefixes.nbytes > kept
    for number, prompt in enumerate(prompts):
        # Each row had left while others went on; what follows it must be what follows it alone.
        longer = order(3 + number, [*prompt, *answered.tokens[number], *words(9, 5)])
        followed = run(engine, longer)
        assert followed.cached[3 + number] >= 39 + number
        assert followed.tokens[3 + number] == bench.alone(longer)


def test_what_is_forgotten_is_not_kept_afterwards(cuttable: Bench) -> None:
    engine, prompt = cuttable.engine(), words(1, 40)
    engine.insert(order(0, prompt, length=2))
    while engine.busy:
        engine.step()
    engine.clear_prefix_cache()
    assert run(engine, order(1, prompt)).cached == {1: 0}


def test_what_is_found_can_be_saved_and_loaded(by_snapshot: Bench, tmp_path: Any) -> None:
    engine, prompt = by_snapshot.engine(), words(1, 90)
    run(engine, order(0, prompt))

    found = engine._prefixes.find("", prompt)
    assert found.caches is not None
    save_prompt_cache(str(tmp_path / "entry.safetensors"), found.caches)
    loaded = load_prompt_cache(str(tmp_path / "entry.safetensors"))

    rest = mx.array([prompt[found.length :]])
    assert mx.array_equal(by_snapshot.model(rest, cache=loaded), by_snapshot.model(rest, cache=found.caches))


class Strange:
    """A kind of cache that nobody here knows."""


def test_a_kind_of_cache_that_is_not_known_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    class Model:
        layers = ()

        def make_cache(self) -> list[Any]:
            return [*make_prompt_cache(tiny("llama")), Strange()]

    assert not PrefixCache(Model(), AMPLE, least=16).enabled
    assert "Strange can't be kept" in caplog.text
