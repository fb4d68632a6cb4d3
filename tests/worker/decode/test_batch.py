"""When steps begin: one ahead of what is handed out, but for a first token alone and behind the last."""

from __future__ import annotations

from typing import Any, cast

import mlx.core as mx
import pytest
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.worker.decode import DecodeBatch, Row, RowCaches
from mlx_llm_server.worker.sampling import RowSampling
from mlx_lm.models.cache import make_prompt_cache

from ..tiny_models import tiny

GREEDY = Sampling(0, temperature=0)


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny("llama")


def batch(model: Any, uid: int, prompt: list[int], left: int, ends: frozenset[int] = frozenset()) -> DecodeBatch:
    caches = make_prompt_cache(model)
    model(mx.array([prompt[:-1]]), cache=caches)
    row = Row(uid, RowSampling(GREEDY, prompt), list(prompt), left, ends)
    return DecodeBatch(model, [row], RowCaches(caches, [len(prompt) - 1]))


def plain(model: Any, prompt: list[int], count: int) -> list[int]:
    caches, tokens = make_prompt_cache(model), list(prompt)
    new = prompt
    for _ in range(count):
        new = cast("list[int]", mx.argmax(model(mx.array([new]), cache=caches)[:, -1], axis=-1).tolist())
        tokens += new
    return tokens[len(prompt) :]


def test_a_row_says_what_the_plain_loop_says(model: Any) -> None:
    decoding = batch(model, 7, [1, 2, 3], 20)
    decoded = [each for _ in range(20) for each in decoding.next()]
    assert [each.token for each in decoded] == plain(model, [1, 2, 3], 20)
    assert [each.finish for each in decoded] == [None] * 19 + ["length"]
    assert {each.uid for each in decoded} == {7}
    assert decoding.next() == []


def test_the_first_token_of_a_row_alone_is_handed_out_before_the_next_step_begins(model: Any) -> None:
    decoding = batch(model, 0, [1, 2, 3], 20)
    decoding.next()
    assert (decoding.caches.lengths, len(decoding.cached(0))) == ([3], 3)
    decoding.next()
    assert (decoding.caches.lengths, len(decoding.cached(0))) == ([5], 5)


def test_no_step_begins_behind_the_last_token_of_all(model: Any) -> None:
    finished: list[tuple[list[int], int]] = []
    decoding = batch(model, 0, [1, 2, 3], 3)
    decoding._on_finished = lambda rows: finished.extend(
        (decoding.cached(row), decoding.caches.lengths[row]) for row in rows
    )
    for _ in range(3):
        decoding.next()
    assert finished == [([1, 2, 3, *plain(model, [1, 2, 3], 2)], 5)]


def test_a_token_that_ends_a_row_ends_it(model: Any) -> None:
    tokens = plain(model, [1, 2, 3], 20)
    end = next(token for index, token in enumerate(tokens) if index > 1 and token not in tokens[:index])
    decoding = batch(model, 0, [1, 2, 3], 20, frozenset({end}))
    decoded = [each for _ in range(tokens.index(end) + 1) for each in decoding.next()]
    assert (decoded[-1].token, decoded[-1].finish) == (end, "stop")
    assert len(decoding) == 0


@pytest.mark.parametrize("handed_out", [0, 1, 2, 5])
def test_a_row_joins_whenever_it_comes(model: Any, handed_out: int) -> None:
    decoding = batch(model, 0, [1, 2, 3], 20)
    said: dict[int, list[int]] = {0: [], 1: []}
    for _ in range(handed_out):
        said[0] += [each.token for each in decoding.next()]
    decoding.extend(batch(model, 1, [9, 8, 7, 6, 5], 9))
    while decoding:
        for each in decoding.next():
            said[each.uid].append(each.token)
    assert said == {0: plain(model, [1, 2, 3], 20), 1: plain(model, [9, 8, 7, 6, 5], 9)}
