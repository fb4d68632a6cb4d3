"""The rows that decode together, step by step.

In the place of mlx-lm's `GenerationBatch` (`mlx_lm/generate.py`, 0.32), with these differences:

- one row runs on the plain caches, several of one length without a mask (`caches.py`); on CUDA, steps are
  compiled (`compiled.py`);
- log-probabilities are computed for the rows that ask, and not sliced and evaluated for every row;
- a step computes a chunk of a prompt, too, if there is one: both read the weights once;
- one `BatchSampler` processes and draws for all rows, instead of calls for each row;
- the cache of a finished row is cut out without waiting for the step under way (`prefix_cache`), and of it only
  what is not kept yet;
- each step is begun before the tokens of the one before are read, but for the first: a row that begins alone
  hands its first token out before the next step is built, which took 5 ms of the 0.6B shape's on an H200. Nor is a
  step begun behind everybody's last token.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, NamedTuple

import mlx.core as mx

from ..ledger import TokenLogprobs
from ..sampling import BatchSampler, RowSampling
from ..sampling.logprobs import StepLogprobs
from .caches import Chunk, RowCaches

# Why a row ends whose grammar can't go on: it never does with a token that the grammar has not.
BROKEN = "broken"


class Decoded(NamedTuple):
    """A row's next token, and why the row ends with it, if it does."""

    uid: int
    token: int
    finish: str | None
    logprobs: TokenLogprobs | None


@dataclass(slots=True)
class Row:
    """One row.

    Attributes:
        uid: What it is known by.
        sampling: How its tokens are drawn.
        tokens: Its prompt, and what was handed out since.
        left: How many more tokens it may say.
        ends: The tokens that end it.
    """

    uid: int
    sampling: RowSampling
    tokens: list[int]
    left: int
    ends: Container[int]


@dataclass(slots=True)
class _Drawn:
    """What a step draws: tokens of shape (rows,), and the log-probabilities of the rows that ask."""

    tokens: mx.array
    logprobs: list[tuple[StepLogprobs, int] | None]


class DecodeBatch:
    """Rows that decode together, each a token in every step.

    Args:
        model: The model.
        rows: The rows.
        caches: Theirs: of each row all tokens but the last.
        on_finished: Is told of the rows that have finished, by their index, while their caches are still here.
        take_chunk: Returns what the next step is to compute of a prompt, if anything.

    Attributes:
        carried: How many tokens of prompts were computed in steps that were begun.
    """

    def __init__(
        self,
        model: Any,
        rows: list[Row],
        caches: RowCaches,
        on_finished: Callable[[list[int]], None] | None = None,
        take_chunk: Callable[[], Chunk | None] = lambda: None,
    ) -> None:
        self.rows = rows
        self.caches = caches
        self._model = model
        self._on_finished = on_finished
        self._take_chunk = take_chunk
        self.carried = 0
        self._sampler: BatchSampler | None = None  # made anew when the rows change
        # The newest tokens, first those whose step is not begun yet; and how many steps are not handed out.
        self._newest = _Drawn(mx.array([row.tokens[-1] for row in rows], dtype=mx.uint32), [None] * len(rows))
        self._waiting: list[_Drawn] = []
        self._alone = True
        if rows:
            self._begin_step()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @property
    def uids(self) -> list[int]:
        """What the rows are known by."""
        return [row.uid for row in self.rows]

    def cached(self, index: int) -> list[int]:
        """Return the tokens that a row's caches hold."""
        tokens = self.rows[index].tokens
        return tokens if self._waiting else tokens[:-1]

    def extend(self, batch: DecodeBatch) -> None:
        """Let the rows of another batch, which has just begun, join."""
        if not self.rows:
            self.rows, self._newest, self._waiting, self._alone = batch.rows, batch._newest, batch._waiting, True
            self.caches.extend(batch.caches)
            self._sampler = batch._sampler
            return
        if not self._waiting:
            self._begin_step()
        self._end_sampler()
        batch._end_sampler()
        order = self.caches.extend(batch.caches)
        rows, asked = self.rows + batch.rows, self._newest.logprobs + batch._newest.logprobs
        tokens = mx.concatenate([self._newest.tokens, batch._newest.tokens])
        if order != sorted(order):
            rows, asked = [rows[index] for index in order], [asked[index] for index in order]
            tokens = tokens[mx.array(order)]
        self.rows, self._newest = rows, _Drawn(tokens, asked)
        self._waiting = [self._newest]
        self._alone = False

    def filter(self, keep: list[int]) -> None:
        """Keep only the rows at these indices, which rise."""
        self._end_sampler()
        self.rows = [self.rows[index] for index in keep]
        self.caches.filter(keep)
        if not keep:
            self._waiting = []
            return
        asked = [self._newest.logprobs[index] for index in keep]
        self._newest = _Drawn(self._newest.tokens[mx.array(keep)], asked)
        if self._waiting:
            self._waiting = [self._newest]

    def next(self) -> list[Decoded]:
        """Return the next token of each row; finished rows leave the batch."""
        if not self.rows:
            return []
        if not self._waiting:
            self._begin_step()
        if self._alone:
            self._alone = False
        elif any(row.left > 1 for row in self.rows):
            self._begin_step()
        drawn = self._waiting.pop(0)
        tokens: list[int] = drawn.tokens.tolist()  # pyright: ignore[reportAssignmentType]
        decoded: list[Decoded] = []
        keep: list[int] = []
        finished: list[int] = []
        for index, (row, token, asked) in enumerate(zip(self.rows, tokens, drawn.logprobs, strict=True)):
            row.tokens.append(token)
            row.left -= 1
            finish = None
            if token in row.ends:
                finish = "stop"
            elif row.left <= 0:
                finish = "length"
            elif row.sampling.grammar is not None and row.sampling.grammar.broken:
                finish = BROKEN
            (keep if finish is None else finished).append(index)
            decoded.append(Decoded(row.uid, token, finish, asked and asked[0].of(asked[1])))
        if finished:
            if self._on_finished is not None:
                self._on_finished(finished)
            self.filter(keep)
        return decoded

    def _begin_step(self) -> None:
        """Begin to compute what follows the newest tokens."""
        inputs = self._newest.tokens
        chunk = self._take_chunk()
        logits = self.caches.forward(self._model, inputs, chunk)
        if chunk is not None:
            self.carried += len(chunk.tokens)
            chunk.begun()
        if self._sampler is None:
            self._sampler = self._make_sampler()
        if self._sampler.held:
            # What may come next depends on the newest tokens. They are done before these logits, so the masks are
            # made on the host while the device computes the logits.
            mx.async_eval(logits)
            self._sampler.take(inputs.tolist())  # pyright: ignore[reportArgumentType]
        drawn = self._sampler(logits, inputs)
        asked: list[tuple[StepLogprobs, int] | None] = [None] * len(self.rows)
        if drawn.logprobs is None:
            mx.async_eval(drawn.tokens)
        else:
            mx.async_eval(drawn.tokens, drawn.logprobs.arrays)
            for index, place in self._sampler.asking.items():
                asked[index] = (drawn.logprobs, place)
        self._newest = _Drawn(drawn.tokens, asked)
        self._waiting.append(self._newest)

    def _make_sampler(self) -> BatchSampler:
        # The sampler wants what was said before the newest tokens, which are handed out already if no step waits.
        known = [row.tokens if self._waiting else row.tokens[:-1] for row in self.rows]
        return BatchSampler([row.sampling for row in self.rows], known)

    def _end_sampler(self) -> None:
        """Let the rows know where they are; the next step makes a new sampler."""
        if self._sampler is not None:
            self._sampler.end()
            self._sampler = None
