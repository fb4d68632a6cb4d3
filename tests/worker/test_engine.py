"""The batch with real models: one counts, so every answer is known; one says nonsense, but the same each time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

import mlx.core as mx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_llm_server.protocol.messages import ChatMessage, Generate, Sampling, TokenBias
from mlx_llm_server.worker import engine as engine_module
from mlx_llm_server.worker.decode import Device
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.loading import LoadedModel
from mlx_llm_server.worker.prompts import PromptBuilder
from mlx_llm_server.worker.scheduler import Insert, Key, Token

GREEDY = Sampling(0, temperature=0)
MakeEngine = Callable[..., Engine]


@pytest.fixture
def engine_of() -> Iterator[MakeEngine]:
    """Make engines; all are closed after the test."""
    engines: list[Engine] = []

    def make(model: LoadedModel, max_batch: int = 8) -> Engine:
        engines.append(Engine(model.model, model.tokenizer.eos_token_ids, max_batch))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def order(
    model: LoadedModel, number: int, content: str, max_tokens: int = 1000, sampling: Sampling = GREEDY
) -> Insert:
    request = Generate(number, (ChatMessage("user", content),), sampling, max_tokens)
    return Insert(Key(0, number), PromptBuilder(model.tokenizer).build(request), sampling, max_tokens)


class Answers:
    """What an engine said so far, by the generations' numbers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.tokens: dict[int, list[int]] = {}
        self.ends: dict[int, str] = {}

    def step(self, count: int = 1) -> list[Token]:
        rows: list[Token] = []
        for _ in range(count):
            rows = self._engine.step()
            for row in rows:
                assert row.key.generation not in self.ends, "nothing comes after the end"
                self.tokens.setdefault(row.key.generation, []).append(row.token)
                if row.finish is not None:
                    self.ends[row.key.generation] = row.finish
        return rows

    def finish(self) -> None:
        for _ in range(5000):
            if not self._engine.busy:
                return
            self.step()
        pytest.fail("the engine is busy for ever")


def run(engine: Engine, *orders: Insert) -> Answers:
    for each in orders:
        engine.insert(each)
    answers = Answers(engine)
    answers.finish()
    return answers


def counted(model: LoadedModel, tokens: list[int]) -> str:
    return model.tokenizer.decode(tokens)


def numbers(first: int, last: int) -> str:
    return "".join(f" {number}" for number in range(first, last + 1))


def test_an_engine_without_rows_is_idle(counting: LoadedModel, engine_of: MakeEngine) -> None:
    assert not engine_of(counting).busy


def test_an_answer_ends_at_the_end_of_turn_token_which_is_part_of_it(
    counting: LoadedModel, engine_of: MakeEngine
) -> None:
    answers = run(engine_of(counting), order(counting, 1, "395"))

    *tokens, end = answers.tokens[1]
    assert counted(counting, tokens) == numbers(396, 400)
    assert end in counting.tokenizer.eos_token_ids
    assert answers.ends == {1: "stop"}


@pytest.mark.parametrize("max_tokens", [1, 2, 5])
def test_an_answer_ends_at_its_greatest_length(
    counting: LoadedModel, engine_of: MakeEngine, max_tokens: int
) -> None:
    answers = run(engine_of(counting), order(counting, 1, "40", max_tokens))

    assert counted(counting, answers.tokens[1]) == numbers(41, 40 + max_tokens)
    assert answers.ends == {1: "length"}


def test_an_end_of_turn_at_the_greatest_length_is_an_end_of_turn(
    counting: LoadedModel, engine_of: MakeEngine
) -> None:
    assert run(engine_of(counting), order(counting, 1, "399", max_tokens=2)).ends == {1: "stop"}


def test_rows_of_many_lengths_count_together_as_each_alone(counting: LoadedModel, engine_of: MakeEngine) -> None:
    starts = [399, 390, 350, 398, 1, 380, 375, 340]
    orders = [order(counting, n, f"{'word ' * (7 * n)}{start}") for n, start in enumerate(starts)]

    answers = run(engine_of(counting), *orders)

    for number, start in enumerate(starts):
        assert counted(counting, answers.tokens[number][:-1]) == numbers(start + 1, 400)
    assert set(answers.ends.values()) == {"stop"}


EVERYTHING = Sampling(
    6, 1.2, 0.95, 1.1, 10, top_k=100, min_p=0.001, xtc_probability=0.5, xtc_threshold=0.02,
    presence_penalty=0.5, frequency_penalty=0.5, frequency_context_size=8, min_tokens=9,
    logit_bias=(TokenBias(40, -100), TokenBias(50, 2)),
)  # fmt: skip
ROWS = [
    ("tell me", GREEDY),
    ("something", Sampling(1)),
    ("of the sea " * 30, Sampling(2, temperature=0.7)),
    ("and", Sampling(3, top_p=0.9)),
    ("of people", Sampling(4, repetition_penalty=1.3)),
    ("x", Sampling(5, temperature=0, repetition_penalty=1.2, repetition_context_size=5)),
    ("men", EVERYTHING),
    ("x", Sampling(7, temperature=0, frequency_penalty=2, presence_penalty=1, presence_context_size=6)),
    ("a word", Sampling(8, top_k=20, logprobs=True, top_logprobs=2)),
]


def test_a_row_says_in_a_batch_what_it_says_alone_however_it_is_sampled(
    nonsense: LoadedModel, engine_of: MakeEngine
) -> None:
    orders = [order(nonsense, n, content, 30, sampling) for n, (content, sampling) in enumerate(ROWS)]
    alone = {each.key.generation: run(engine_of(nonsense), each).tokens[each.key.generation] for each in orders}

    assert run(engine_of(nonsense), *orders).tokens == alone


def test_a_row_says_the_same_when_it_joins_and_others_come_and_go(
    nonsense: LoadedModel, engine_of: MakeEngine
) -> None:
    orders = [order(nonsense, n, content, 30, sampling) for n, (content, sampling) in enumerate(ROWS)]
    alone = {each.key.generation: run(engine_of(nonsense), each).tokens[each.key.generation] for each in orders}
    engine = engine_of(nonsense, max_batch=3)

    answers = Answers(engine)
    for each in orders:
        engine.insert(each)
        answers.step(7)
    answers.finish()

    assert answers.tokens == alone


@pytest.fixture(scope="module")
def alone(nonsense: LoadedModel) -> list[list[int]]:
    """What each of `ROWS` says by itself."""
    answers = []
    for content, sampling in ROWS:
        engine = Engine(nonsense.model, nonsense.tokenizer.eos_token_ids, 1)
        answers.append(run(engine, order(nonsense, 0, content, 12, sampling)).tokens[0])
        engine.close()
    return answers


@settings(max_examples=20)
@given(
    deeds=st.lists(st.sampled_from(["come", "come", "step", "step", "step", "go"]), max_size=40),
    data=st.data(),
    max_batch=st.integers(1, 4),
)
def test_whatever_rows_come_and_go_each_says_what_it_says_alone(
    nonsense: LoadedModel, alone: list[list[int]], deeds: list[str], data: st.DataObject, max_batch: int
) -> None:
    engine = Engine(nonsense.model, nonsense.tokenizer.eos_token_ids, max_batch)
    answers = Answers(engine)
    rows: dict[int, int] = {}
    removed: set[int] = set()
    for number, deed in enumerate(deeds):
        if deed == "step" and engine.busy:
            answers.step()
        elif deed == "come":
            rows[number] = data.draw(st.integers(0, len(ROWS) - 1))
            content, sampling = ROWS[rows[number]]
            engine.insert(order(nonsense, number, content, 12, sampling))
        elif deed == "go" and rows:
            gone = data.draw(st.sampled_from(sorted(rows)))
            engine.remove((Key(0, gone),))
            removed.add(gone)
    answers.finish()
    engine.close()

    for number, row in rows.items():
        said = answers.tokens.get(number, [])
        assert said == (alone[row][: len(said)] if number in removed else alone[row])


def test_the_same_seed_says_the_same_and_another_does_not(nonsense: LoadedModel, engine_of: MakeEngine) -> None:
    orders = [order(nonsense, n, "tell me", 20, Sampling(seed)) for n, seed in enumerate((5, 5, 6))]

    tokens = run(engine_of(nonsense), *orders).tokens

    assert tokens[0] == tokens[1] != tokens[2]


@pytest.mark.parametrize(
    "sampling",
    [
        GREEDY,
        Sampling(5),
        Sampling(6, 0.8, 0.9),
        Sampling(7, 1.0, 1.0, 1.3, 15),
        Sampling(8, 0, 1.0, 1.2, 30),
        EVERYTHING,
        Sampling(9, 0, frequency_penalty=1.5, presence_penalty=1),
    ],
    ids=repr,
)
def test_an_answer_that_is_resumed_anywhere_is_the_undisturbed_one(
    nonsense: LoadedModel, engine_of: MakeEngine, sampling: Sampling
) -> None:
    whole = order(nonsense, 0, "hello", 40, sampling)
    tokens = run(engine_of(nonsense), whole).tokens[0]
    assert len(tokens) > 10
    cuts = range(1, len(tokens))
    halves = [
        replace(whole, key=Key(0, cut), prompt=whole.prompt + tokens[:cut], max_tokens=40 - cut, position=cut)
        for cut in cuts
    ]

    resumed = run(engine_of(nonsense, max_batch=len(tokens)), *halves).tokens

    assert resumed == {cut: tokens[cut:] for cut in cuts}


def test_log_probabilities_are_the_models_own_whatever_the_sampling(
    nonsense: LoadedModel, engine_of: MakeEngine
) -> None:
    engine = engine_of(nonsense)
    asking = replace(EVERYTHING, logprobs=True, top_logprobs=3)
    orders = [
        order(nonsense, 0, "tell me", 12, asking),
        order(nonsense, 1, "something", 12, replace(GREEDY, logprobs=True)),
        order(nonsense, 2, "else", 12),
    ]
    for each in orders:
        engine.insert(each)
    rows: list[Token] = []
    while engine.busy:
        rows += engine.step()

    for number in (0, 1):
        said = [row for row in rows if row.key.generation == number]
        whole = mx.array([orders[number].prompt + [row.token for row in said]])
        logits = nonsense.model(whole)[0, len(orders[number].prompt) - 1 : -1].astype(mx.float32)
        expected = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
        for row, logprobs in zip(said, expected, strict=True):
            assert row.logprobs is not None
            assert row.logprobs.logprob == pytest.approx(logprobs[row.token].item(), abs=1e-3)
            best = cast("list[int]", mx.argsort(-logprobs)[: 0 if number else 3].tolist())
            assert [token for token, _ in row.logprobs.top] == best
            assert [value for _, value in row.logprobs.top] == pytest.approx(
                [logprobs[token].item() for token in best], abs=1e-3
            )
    assert all(row.logprobs is None for row in rows if row.key.generation == 2)


def test_a_row_ends_at_its_own_stop_tokens_and_not_before_it_may(
    counting: LoadedModel, engine_of: MakeEngine
) -> None:
    (seven,) = counting.tokenizer.encode(" 7", add_special_tokens=False)
    (end,) = counting.tokenizer.eos_token_ids

    answers = run(
        engine_of(counting),
        order(counting, 0, "4", 20, replace(GREEDY, stop_token_ids=(seven,))),
        order(counting, 1, "4", 20, replace(GREEDY, stop_token_ids=(seven,), min_tokens=5)),
        order(counting, 2, "398", 6, replace(GREEDY, ignore_eos=True)),
        order(counting, 3, "398", 6, replace(GREEDY, min_tokens=4)),
        order(counting, 4, "4", 20),
    )

    assert answers.tokens[0][-1] == seven
    assert len(answers.tokens[0]) == 3
    assert seven not in answers.tokens[1][:5]
    assert end in answers.tokens[2]
    assert end not in answers.tokens[3][:4]
    assert seven in answers.tokens[4]
    assert {n: answers.ends[n] for n in (0, 2, 4)} == {0: "stop", 2: "length", 4: "length"}


def test_more_rows_than_the_batch_holds_take_turns(counting: LoadedModel, engine_of: MakeEngine) -> None:
    engine = engine_of(counting, max_batch=2)
    for number in range(7):
        engine.insert(order(counting, number, "10", 5))

    answers = Answers(engine)
    while engine.busy:
        assert len(answers.step()) <= 2

    assert {counted(counting, tokens) for tokens in answers.tokens.values()} == {numbers(11, 15)}
    assert len(answers.ends) == 7


def test_a_removed_row_says_nothing_more_and_the_others_go_on(
    counting: LoadedModel, engine_of: MakeEngine
) -> None:
    engine, answers = engine_of(counting), None
    for number in (1, 2, 3):
        engine.insert(order(counting, number, "100", 20))
    answers = Answers(engine)
    answers.step(5)
    before = len(answers.tokens[2])

    engine.remove((Key(0, 2),))
    answers.finish()

    assert 0 < before < 20
    assert len(answers.tokens[2]) == before
    assert counted(counting, answers.tokens[1]) == counted(counting, answers.tokens[3]) == numbers(101, 120)


def test_the_last_row_can_be_removed_and_another_come(counting: LoadedModel, engine_of: MakeEngine) -> None:
    engine = engine_of(counting)
    engine.insert(order(counting, 1, "1"))
    Answers(engine).step(5)

    engine.remove((Key(0, 1),))

    assert not engine.busy
    assert counted(counting, run(engine, order(counting, 2, "7", 3)).tokens[2]) == numbers(8, 10)


def test_a_row_is_removed_before_its_first_step(counting: LoadedModel, engine_of: MakeEngine) -> None:
    engine = engine_of(counting)
    engine.insert(order(counting, 1, "1"))
    engine.insert(order(counting, 2, "7", 3))

    engine.remove((Key(0, 1),))
    answers = Answers(engine)
    answers.finish()

    assert answers.tokens.keys() == {2}
    assert counted(counting, answers.tokens[2]) == numbers(8, 10)


def test_a_row_is_removed_in_the_middle_of_its_prefill(counting: LoadedModel, engine_of: MakeEngine) -> None:
    engine = engine_of(counting)
    engine.insert(order(counting, 1, "10", 30))
    answers = Answers(engine)
    answers.step(3)
    engine.insert(order(counting, 2, "x" * 2000 + " 7"))
    answers.step(2)
    assert 2 not in answers.tokens

    engine.remove((Key(0, 2),))
    answers.finish()

    assert answers.tokens.keys() == {1}
    assert counted(counting, answers.tokens[1]) == numbers(11, 40)


def test_a_running_row_gets_tokens_while_a_long_prompt_is_prefilled(
    counting: LoadedModel, engine_of: MakeEngine
) -> None:
    engine = engine_of(counting)
    engine.insert(order(counting, 1, "10", 100))
    answers = Answers(engine)
    answers.step(3)
    before = len(answers.tokens[1])
    engine.insert(order(counting, 2, "x" * 3000 + " 7", 3))

    while 2 not in answers.tokens:
        answers.step()

    assert len(answers.tokens[1]) - before >= 5
    answers.finish()
    assert counted(counting, answers.tokens[2]) == numbers(8, 10)


def test_removing_what_is_not_there_or_over_is_ignored(counting: LoadedModel, engine_of: MakeEngine) -> None:
    engine = engine_of(counting)
    answers = run(engine, order(counting, 1, "7", 3))

    engine.remove((Key(0, 1), Key(5, 5)))

    assert answers.ends == {1: "length"}
    assert not engine.busy


def test_the_same_number_of_two_frontends_is_two_rows(counting: LoadedModel, engine_of: MakeEngine) -> None:
    engine = engine_of(counting)
    prompt = order(counting, 1, "7", 2)
    for frontend in (0, 1):
        engine.insert(Insert(Key(frontend, 1), prompt.prompt, GREEDY, 2))

    keys = []
    while engine.busy:
        keys += [row.key for row in engine.step()]

    assert sorted(keys) == [Key(0, 1), Key(0, 1), Key(1, 1), Key(1, 1)]


def test_every_step_counts_and_prefill_counts_too(counting: LoadedModel, engine_of: MakeEngine) -> None:
    engine = engine_of(counting)
    engine.insert(order(counting, 1, "x" * 2000 + " 7", 2))

    steps = 0
    while engine.busy:
        engine.step()
        steps += 1

    assert engine.steps == steps > 4


def test_a_step_that_only_hands_out_last_tokens_says_nothing_of_the_speed(
    counting: LoadedModel, engine_of: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, decoding = engine_of(counting), []
    monkeypatch.setattr(engine.pace, "measured", lambda *_, **options: decoding.append(options["decoding"]))
    for number in (1, 2):
        engine.insert(order(counting, number, "7", 4))
    while engine.busy:
        engine.step()
    assert 2 in decoding
    assert decoding[-1] == 0


@pytest.mark.parametrize("device", [Device(), Device((1, 2, 4, 8), (16, 32), needs_rehearsal=True)])
def test_warming_up_leaves_the_engine_as_new(
    counting: LoadedModel, monkeypatch: pytest.MonkeyPatch, device: Device
) -> None:
    monkeypatch.setattr(engine_module, "present", lambda: device)
    engine = Engine(counting.model, counting.tokenizer.eos_token_ids, 4)

    engine.warm_up()

    assert not engine.busy
    assert engine.steps == 0
    engine.insert(Insert(Key(0, 1), counting.tokenizer.encode("398"), Sampling(0, 0.0), 10))
    tokens = []
    while engine.busy:
        tokens += engine.step()
    assert [token.finish for token in tokens] == [None, None, "stop"]
