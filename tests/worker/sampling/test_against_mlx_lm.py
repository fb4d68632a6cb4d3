"""Every row of a batch gets what mlx-lm's own processors and samplers give for it alone, with the same keys."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

import mlx.core as mx
import mlx_lm.sample_utils
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.protocol.messages import Sampling, TokenBias
from mlx_llm_server.worker.sampling import BatchSampler, RowSampling, SpecialTokens
from mlx_llm_server.worker.sampling.keys import coin_keys, token_keys

VOCABULARY = 40
SPECIAL = SpecialTokens(frozenset({3}), frozenset({3, 7}))
TOKENS = st.integers(0, VOCABULARY - 1)


def uncompiled() -> ModuleType:
    """Return mlx-lm's module with functions that are not compiled: those would keep the key they first saw."""
    spec = importlib.util.spec_from_file_location("uncompiled_sample_utils", mlx_lm.sample_utils.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mx, "compile", lambda function, **_: function)
        spec.loader.exec_module(module)
    return module


MLX_LM = uncompiled()


@dataclass
class Row:
    """A row in the middle of its completion: `prompt` and what was `said`."""

    settings: Sampling
    prompt: list[int]
    said: list[int]

    def sampling(self) -> RowSampling:
        return RowSampling(self.settings, self.prompt + self.said, len(self.said), SPECIAL)


@contextmanager
def keyed(seed: int, position: int) -> Iterator[None]:
    """Let mlx-lm's samplers draw with a token's key, and throw XTC's coin with the coin's."""
    keys = token_keys([(seed, position)], 1)[0]
    categorical, uniform = mx.random.categorical, mx.random.uniform
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mx.random, "categorical", lambda logits: categorical(logits, key=keys[0]))
        patch.setattr(mx.random, "uniform", lambda *_: uniform(key=coin_keys(keys)[0]))
        yield


def by_mlx_lm(row: Row, logits: mx.array) -> int:
    """Return the token that mlx-lm draws from logits of shape (1, vocabulary)."""
    s = row.settings
    everything = 10_000
    windows = {
        "repetition_context_size": s.repetition_context_size,
        "presence_context_size": everything if s.presence_context_size is None else s.presence_context_size,
        "frequency_context_size": everything if s.frequency_context_size is None else s.frequency_context_size,
    }
    bias, *penalties = (
        MLX_LM.make_logits_processors(logit_bias={entry.token: entry.bias for entry in s.logit_bias}) or [None],
        # mlx-lm takes a window of 0 for one without an end; ours looks at nothing.
        MLX_LM.make_logits_processors(repetition_penalty=s.repetition_penalty, **windows)
        if s.repetition_context_size
        else [],
        MLX_LM.make_logits_processors(presence_penalty=s.presence_penalty, **windows)
        if s.presence_context_size != 0
        else [],
        MLX_LM.make_logits_processors(frequency_penalty=s.frequency_penalty, **windows)
        if s.frequency_context_size != 0
        else [],
    )
    logits = mx.array(logits)
    if bias[0] is not None:
        logits = cast("Any", bias[0])(mx.array([]), logits)
    for processors, context in zip(penalties, (row.prompt + row.said, row.said, row.said), strict=True):
        for process in processors:
            logits = process(mx.array(context, mx.int32) if context else [], logits)
    sampler = MLX_LM.make_sampler(
        s.temperature,
        s.top_p,
        s.min_p,
        1,
        s.top_k,
        s.xtc_probability,
        s.xtc_threshold,
        sorted(SPECIAL.kept_by_xtc),
    )
    with keyed(s.seed, len(row.said)):
        # As a vector: MLX draws otherwise from a batch of one.
        token: int = sampler((logits - mx.logsumexp(logits, axis=-1, keepdims=True))[0]).item()  # pyright: ignore[reportAssignmentType]
    return token


def sometimes(values: st.SearchStrategy[float], neutral: float) -> st.SearchStrategy[float]:
    return st.just(neutral) | values


SETTINGS = st.builds(
    Sampling,
    seed=st.integers(0, 2**64 - 1),
    temperature=st.sampled_from([0.0, 0.3, 1.0, 1.7]),
    top_p=sometimes(st.floats(0.01, 0.99), 1.0),
    repetition_penalty=sometimes(st.floats(0.3, 5), 1.0),
    repetition_context_size=st.integers(0, 12),
    top_k=st.just(0) | st.integers(1, VOCABULARY - 1),
    min_p=sometimes(st.floats(0.001, 1), 0.0),
    xtc_probability=sometimes(st.floats(0.1, 1), 0.0),
    xtc_threshold=st.floats(0, 0.5),
    presence_penalty=sometimes(st.floats(-2, 2), 0.0),
    presence_context_size=st.none() | st.integers(0, 12),
    frequency_penalty=sometimes(st.floats(-2, 2), 0.0),
    frequency_context_size=st.none() | st.integers(0, 12),
    logit_bias=st.lists(
        st.builds(TokenBias, TOKENS, st.floats(-100, 100)), max_size=3, unique_by=lambda e: e.token
    ).map(tuple),
)
ROWS = st.lists(
    st.builds(Row, SETTINGS, st.lists(TOKENS, min_size=1, max_size=8), st.lists(TOKENS, max_size=8)),
    min_size=1,
    max_size=4,
)


def logits_of(seed: int, rows: int) -> mx.array:
    return 3 * mx.random.normal((rows, VOCABULARY), key=mx.random.key(seed))


@given(rows=ROWS, seed=st.integers(0, 2**32))
def test_each_row_draws_what_mlx_lm_draws_for_it_step_after_step(rows: list[Row], seed: int) -> None:
    sampler = BatchSampler([row.sampling() for row in rows], [[*row.prompt, *row.said][:-1] for row in rows])
    for step in range(3):
        logits = logits_of(seed + step, len(rows))
        newest = mx.array([[*row.prompt, *row.said][-1] for row in rows], mx.uint32)

        drawn: list[int] = sampler(logits, newest).tokens.tolist()  # pyright: ignore[reportAssignmentType]

        assert drawn == [by_mlx_lm(row, logits[index : index + 1]) for index, row in enumerate(rows)]
        for row, token in zip(rows, drawn, strict=True):
            row.said.append(token)


@given(rows=ROWS, order=st.randoms(use_true_random=False), seed=st.integers(0, 2**32))
def test_rows_draw_on_where_they_were_when_others_join_and_leave(rows: list[Row], order, seed: int) -> None:  # noqa: ANN001
    samplings = [row.sampling() for row in rows]
    began = [[*row.prompt, *row.said][:-1] for row in rows]
    for step in range(4):
        together = [index for index in range(len(rows)) if order.random() < 0.6] or [0]
        order.shuffle(together)
        logits = logits_of(seed + step, len(rows))
        newest = mx.array([[*rows[index].prompt, *rows[index].said][-1] for index in together], mx.uint32)
        sampler = BatchSampler([samplings[index] for index in together], [began[index] for index in together])

        drawn: list[int] = sampler(logits[mx.array(together)], newest).tokens.tolist()  # pyright: ignore[reportAssignmentType]
        sampler.end()

        for index, token in zip(together, drawn, strict=True):
            assert token == by_mlx_lm(rows[index], logits[index : index + 1])
            began[index].append(([*rows[index].prompt, *rows[index].said])[-1])
            rows[index].said.append(token)
