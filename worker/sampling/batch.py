"""One pass for all rows: processors, filters, the draw, and log-probabilities where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import mlx.core as mx

from .filters import Filters
from .forced import Forced
from .keys import Keys
from .logprobs import Logprobs, StepLogprobs
from .masks import Masks
from .processors import Processors
from .row import RowSampling


class Drawn(NamedTuple):
    """What a step draws: token ids, uint32 of shape (rows,), and log-probabilities if a row asks."""

    tokens: mx.array
    logprobs: StepLogprobs | None


class BatchSampler:
    """Draws one token for each of a fixed set of rows, step after step.

    Attributes:
        asking: The rows that ask for log-probabilities: of each, its place among them.

    Args:
        rows: Their settings; `end` tells them how far they came.
        tokens: Of each row, what ends in all that it has said since it began, but for the newest token.
    """

    def __init__(self, rows: Sequence[RowSampling], tokens: Sequence[Sequence[int]]) -> None:
        self._all_rows = list(rows)
        self._steps = 0
        processors = Processors(rows, tokens)
        self._processors = None if processors.idle else processors
        masks = Masks(rows)
        self._masks = masks or None
        forced = Forced(rows)
        self._forced = forced or None
        logprobs = Logprobs(rows)
        self.asking = logprobs.places
        self._logprobs = logprobs if logprobs.places else None
        drawing = [index for index, row in enumerate(rows) if not row.greedy]
        self._draw = _Draw([rows[index] for index in drawing]) if drawing else None
        self._drawing = mx.array(drawing, dtype=mx.uint32) if 0 < len(drawing) < len(rows) else None

    def end(self) -> None:
        """Tell the rows their positions: the set of rows changes, and another sampler takes over."""
        for row in self._all_rows:
            row.position += self._steps
        self._steps = 0

    @property
    def held(self) -> bool:
        """Whether a row is held to a grammar or a thinking budget: each step needs `take` then."""
        return self._masks is not None or self._forced is not None

    def take(self, newest: Sequence[int]) -> None:
        """Move grammars and budgets on by each row's latest token, before the next tokens are drawn."""
        if self._masks is not None:
            self._masks.take(newest)
        if self._forced is not None:
            self._forced.take(newest)

    def __call__(self, logits: mx.array, newest: mx.array) -> Drawn:
        """Return the next tokens.

        Args:
            logits: Of shape (rows, vocabulary), any float type.
            newest: Each row's latest token, of shape (rows,).
        """
        self._steps += 1
        raw = logits
        if self._processors is not None:
            # A new array in any case: processors write into theirs.
            logits = self._processors(mx.array(logits, dtype=mx.float32), newest)
        if self._masks is not None:
            held = self._masks(logits)
            if self._masks.rows is None:
                logits = held
            elif self._draw is None:
                # Nobody needs the others' logits again: a row without a grammar pays for none of this.
                tokens = mx.argmax(logits, axis=-1)
                tokens[self._masks.rows] = mx.argmax(held, axis=-1)
                return self._drawn(raw, tokens)
            else:
                logits = mx.array(logits, dtype=mx.float32)
                logits[self._masks.rows] = held
        if self._draw is None:
            tokens = mx.argmax(logits, axis=-1)
        elif self._drawing is None:
            tokens = self._draw(logits)
        else:
            tokens = mx.argmax(logits, axis=-1)
            tokens[self._drawing] = self._draw(logits[self._drawing])
        return self._drawn(raw, tokens)

    def _drawn(self, logits: mx.array, tokens: mx.array) -> Drawn:
        if self._forced is not None:
            tokens = self._forced(tokens, _anything if self._masks is None else self._masks.allow)
        return Drawn(tokens, None if self._logprobs is None else self._logprobs(logits, tokens))


class _Draw:
    """Draws for rows that are not greedy."""

    def __init__(self, rows: Sequence[RowSampling]) -> None:
        self._filters = Filters(rows)
        self._keys = Keys([(row.settings.seed, row.position) for row in rows])
        self._scale = mx.array([[1.0 / row.settings.temperature] for row in rows], dtype=mx.float32)

    def __call__(self, logits: mx.array) -> mx.array:
        keys = self._keys.next()
        logits = logits.astype(mx.float32)
        logprobs = self._filters(logits - mx.logsumexp(logits, axis=-1, keepdims=True), keys)
        return mx.vmap(lambda row, key: mx.random.categorical(row, key=key))(logprobs * self._scale, keys)


def _anything(_index: int, _token: int) -> bool:
    return True
