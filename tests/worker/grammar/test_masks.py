"""Masks on the device, whatever the logits are."""

from typing import Any

import mlx.core as mx
import pytest
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.worker.sampling import BatchSampler, RowSampling

from .conftest import House
from .test_row import PROMPT, ids, row

WARM, COLD = Sampling(1, min_p=0.5, top_k=3, xtc_probability=1, top_p=0.3), Sampling(1, temperature=0)


def draw(rows: list[RowSampling], logits: mx.array) -> list[int]:
    sampler = BatchSampler(rows, [[]] * len(rows))
    sampler.take([PROMPT] * len(rows))
    tokens: Any = sampler(logits, mx.zeros(len(rows), mx.uint32)).tokens.tolist()
    return tokens


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16, mx.float32])
@pytest.mark.parametrize("sampling", [WARM, COLD], ids=["warm", "cold"])
@pytest.mark.parametrize("more", [-200, 0, 100])
def test_what_is_drawn_is_allowed_and_other_rows_draw_as_without(
    plain: House, dtype: mx.Dtype, sampling: Sampling, more: int
) -> None:
    tokens = plain.compiler._known_tokenizer().vocab_size + more
    logits = mx.random.normal((3, tokens), dtype, key=mx.random.key(3))
    held = RowSampling(sampling, grammar=row(plain, "[xyz]"))

    first, second, third = draw([RowSampling(WARM), held, RowSampling(COLD)], logits)

    assert second in {token for text in "xyz" for token in ids(plain, text)}
    assert [first] == draw([RowSampling(WARM)], logits[:1])
    assert [third] == draw([RowSampling(COLD)], logits[2:])


@pytest.mark.parametrize("sampling", [WARM, COLD, Sampling(5)], ids=["warm", "cold", "plain"])
def test_a_token_that_nothing_else_would_let_come_comes_where_it_must(plain: House, sampling: Sampling) -> None:
    logits = mx.full((1, plain.compiler._known_tokenizer().vocab_size), -mx.inf)
    logits[:, 0] = 5

    assert draw([RowSampling(sampling, grammar=row(plain, "x"))], logits) == ids(plain, "x")
