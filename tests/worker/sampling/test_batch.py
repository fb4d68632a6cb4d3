from typing import Any

import mlx.core as mx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.worker.sampling import BatchSampler, RowSampling
from mlx_llm_server.worker.sampling.keys import Keys, token_keys

SEEDS = st.integers(0, 2**64 - 1)
VOCABULARY = 50


def logits(seed: int = 0, *, dtype: mx.Dtype = mx.float32) -> mx.array:
    return (2 * mx.random.normal((1, VOCABULARY), key=mx.random.key(seed))).astype(dtype)


def log(*probabilities: float) -> mx.array:
    """Return logits of these probabilities; they need not add up to 1."""
    return mx.log(mx.array([probabilities]))


def values(array: mx.array) -> Any:
    """Return the array as lists of numbers."""
    return array.tolist()


def draw_together(rows: list[Sampling], count: int, row: mx.array | None = None) -> list[list[int]]:
    """Draw for all rows at once, from the same logits at every step; return each row's tokens."""
    sampler = BatchSampler([RowSampling(sampling) for sampling in rows], [[]] * len(rows))
    given_logits = mx.repeat(logits() if row is None else row, len(rows), axis=0)
    newest = mx.zeros(len(rows), mx.uint32)
    steps = [values(sampler(given_logits, newest).tokens) for _ in range(count)]
    return [list(tokens) for tokens in zip(*steps, strict=True)]


def draws(sampling: Sampling, count: int, row: mx.array | None = None) -> list[int]:
    return draw_together([sampling], count, row)[0]


def key_of(seed: int, position: int) -> int:
    high, low = values(token_keys([(seed, position)], 1)[0, 0])
    return high << 32 | low


# --- the key ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "outputs"),
    [
        # https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
        (1234567, [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]),
        (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]),
    ],
)
def test_the_keys_are_the_outputs_of_splitmix64(seed: int, outputs: list[int]) -> None:
    assert [key_of(seed, position) for position in range(len(outputs))] == outputs


@given(seed=SEEDS, position=st.integers(0, 2**32))
def test_a_key_depends_on_seed_and_position_alone(seed: int, position: int) -> None:
    before = key_of(seed, position)
    mx.random.seed(position)
    key_of(seed + 1, position)

    assert key_of(seed, position) == before


@given(seed=SEEDS)
def test_the_keys_of_a_seed_differ(seed: int) -> None:
    keys = token_keys([(seed, 0)], 200)[:, 0]

    assert len({tuple(key) for key in values(keys)}) == 200


@given(seed=SEEDS, position=st.integers(0, 2**32))
def test_keys_made_for_many_rows_and_steps_are_those_made_one_by_one(seed: int, position: int) -> None:
    keys = Keys([(0, 0), (seed, position)])

    for step in range(130):
        high, low = values(keys.next())[1]
        if step in {0, 1, 63, 64, 128, 129}:
            assert high << 32 | low == key_of(seed, position + step)


# --- the draw --------------------------------------------------------------------------------------------


@given(seed=SEEDS)
def test_the_same_seed_draws_the_same_and_another_draws_otherwise(seed: int) -> None:
    assert draws(Sampling(seed), 20) == draws(Sampling(seed), 20)
    assert draws(Sampling(seed), 20) != draws(Sampling(seed ^ 1), 20)


ROWS = [
    Sampling(1),
    Sampling(2, temperature=0.5),
    Sampling(3, top_p=0.8),
    Sampling(4, temperature=0),
    Sampling(5, temperature=1.5, top_p=0.5),
]


def test_what_a_row_draws_does_not_depend_on_the_others_or_its_place() -> None:
    alone = [draws(sampling, 10) for sampling in ROWS]

    assert draw_together(ROWS, 10) == alone
    assert draw_together(ROWS[::-1], 10) == alone[::-1]
    assert draw_together(ROWS[:2], 10) == alone[:2]


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    probabilities = [0.5, 0.3, 0.15, 0.05]

    drawn = draws(Sampling(9), 4000, log(*probabilities))

    for token, probability in enumerate(probabilities):
        assert drawn.count(token) / 4000 == pytest.approx(probability, abs=0.03)


def test_the_temperature_sharpens_and_flattens() -> None:
    row = log(8, 2)

    shares = [draws(Sampling(9, temperature=t), 2000, row).count(0) / 2000 for t in (0.5, 1.0, 2.0)]

    assert shares == pytest.approx([16 / 17, 0.8, 2 / 3], abs=0.03)


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.79, {0, 1}), (0.81, {0, 1, 2}), (0.4, {0}), (1e-6, {0}), (0.96, {0, 1, 2, 3})]
)
def test_only_the_nucleus_is_drawn_from(top_p: float, kept: set[int]) -> None:
    row = log(50, 30, 15, 5)

    assert set(draws(Sampling(9, top_p=top_p), 500, row)) == kept


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16, mx.float32])
@pytest.mark.parametrize("temperature", [1e-4, 1.0, 2.0])
def test_draws_are_tokens_at_any_precision_and_temperature(dtype: mx.Dtype, temperature: float) -> None:
    drawn = draws(Sampling(9, temperature=temperature, top_p=0.9), 20, logits(dtype=dtype))

    assert all(0 <= token < VOCABULARY for token in drawn)


def test_the_coldest_draw_is_the_most_probable_token() -> None:
    assert set(draws(Sampling(9, temperature=1e-4), 50)) == {values(mx.argmax(logits()))}


GREEDY = [Sampling(1, temperature=0), Sampling(1, temperature=1e-5), Sampling(1, top_p=0), Sampling(1, 0, 0)]


@pytest.mark.parametrize("sampling", GREEDY, ids=str)
def test_a_row_without_temperature_or_nucleus_takes_the_most_probable_token(sampling: Sampling) -> None:
    best = values(mx.argmax(logits()))

    assert draws(sampling, 5) == [best] * 5
    assert draw_together([Sampling(1), sampling, Sampling(2, top_p=0.5)], 5)[1] == [best] * 5
