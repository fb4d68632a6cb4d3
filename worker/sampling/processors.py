"""What changes a row's logits before the draw: biases, penalties, and tokens that may not come yet.

As mlx-lm's `make_logits_processors`, in its order, but for what the penalties look at:

- the repetition penalty at the latest tokens of prompt and completion, as in mlx-lm;
- presence and frequency penalty at the completion alone, and at all of it unless a context size is given: OpenAI's
  "text so far" (https://platform.openai.com/docs/api-reference/chat/create), read as vLLM reads it.

The tokens that penalties look at are in one array on the device, which grows by a column at a step. A penalty
writes to the tokens that it concerns, never over a whole vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx

from .row import RowSampling

# A context without an end.
_ALL = 1 << 30


class Processors:
    """The processors of a fixed set of rows.

    Args:
        tokens: Of each row, what ends in all that it has said since it began, but for the newest token.
    """

    def __init__(self, rows: Sequence[RowSampling], tokens: Sequence[Sequence[int]]) -> None:
        self._bias = _Bias.of(rows)
        self._penalties = _Penalties.of(rows, tokens)
        self._early = _Early.of(rows)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do, now and until the rows change."""
        return self._bias is None and self._penalties is None and self._early is None

    def __call__(self, logits: mx.array, newest: mx.array) -> mx.array:
        """Return the logits of the next step.

        Args:
            logits: float32 of shape (rows, vocabulary).
            newest: Each row's latest token, of shape (rows,).
        """
        if self._bias is not None:
            logits = self._bias(logits)
        if self._penalties is not None:
            logits = self._penalties(logits, newest)
        if self._early is not None:
            logits = self._early(logits)
            if self._early.over:
                self._early = None
        return logits


class _Bias:
    """Adds to the logits of tokens that requests name."""

    def __init__(self, rows: mx.array, tokens: mx.array, biases: mx.array) -> None:
        self._rows, self._tokens, self._biases = rows, tokens, biases

    @classmethod
    def of(cls, rows: Sequence[RowSampling]) -> _Bias | None:
        entries = [(index, entry) for index, row in enumerate(rows) for entry in row.settings.logit_bias]
        if not entries:
            return None
        return cls(
            mx.array([index for index, _ in entries], dtype=mx.uint32),
            mx.array([entry.token for _, entry in entries], dtype=mx.uint32),
            mx.array([entry.bias for _, entry in entries], dtype=mx.float32),
        )

    def __call__(self, logits: mx.array) -> mx.array:
        return logits.at[self._rows, self._tokens].add(self._biases)


class _Penalties:
    """Repetition, presence and frequency penalty of the rows that have one of them."""

    def __init__(self, rows: dict[int, RowSampling], tokens: Sequence[Sequence[int]]) -> None:
        settings = [row.settings for row in rows.values()]
        self._rows = mx.array([[index] for index in rows], dtype=mx.uint32)
        self._said = mx.array([[row.position] for row in rows.values()])
        self._steps = 0
        self._repetition = _column([s.repetition_penalty if s.repetition_context_size else 1.0 for s in settings])
        self._presence = _column([s.presence_penalty for s in settings])
        self._frequency = _column([s.frequency_penalty for s in settings])
        windows = [_windows(row) for row in rows.values()]
        self._repeated, self._present, self._frequent = (
            mx.array([[w] for w in each]) for each in zip(*windows, strict=True)
        )
        self._longest = max(max(each) for each in windows)
        # Before the newest token. Rows with less to remember have -1 in front.
        known = [row.context(tokens[index], _reach(row) - 1) for index, row in rows.items()]
        width = max(map(len, known))
        self._history = mx.array([[-1] * (width - len(each)) + each for each in known], dtype=mx.int32)
        self._history = self._history.reshape(len(known), width)
        self._does_repetition = any(s.repetition_penalty != 1 and s.repetition_context_size for s in settings)
        self._does_presence = any(s.presence_penalty for s in settings)
        self._does_frequency = any(s.frequency_penalty for s in settings)

    @classmethod
    def of(cls, rows: Sequence[RowSampling], tokens: Sequence[Sequence[int]]) -> _Penalties | None:
        penalized = {index: row for index, row in enumerate(rows) if _reach(row)}
        return cls(penalized, tokens) if penalized else None

    def __call__(self, logits: mx.array, newest: mx.array) -> mx.array:
        latest = newest[self._rows].astype(mx.int32)
        history = self._history = mx.concatenate([self._history, latest], axis=1)[:, -self._longest :]
        age = mx.arange(history.shape[1] - 1, -1, -1)
        said = self._said + self._steps
        self._steps += 1
        if self._does_repetition:
            # Where there is nothing to look at, the newest token again: writing a value twice does no harm.
            seen = mx.where((age < self._repeated) & (history >= 0), history, latest)
            before = logits[self._rows, seen]
            after = mx.where(before < 0, before * self._repetition, before / self._repetition)
            logits[self._rows, seen] = after
        if self._does_presence:
            window = mx.minimum(self._present, said)
            seen = mx.where(age < window, history, latest)
            logits[self._rows, seen] = logits[self._rows, seen] - mx.where(window > 0, self._presence, 0.0)
        if self._does_frequency:
            counts = age < mx.minimum(self._frequent, said)
            seen = mx.where(counts, history, latest)
            logits = logits.at[self._rows, seen].subtract(mx.where(counts, self._frequency, 0.0))
        return logits


class _Early:
    """Takes away what would end a row before it has its least number of tokens."""

    def __init__(self, rows: Sequence[tuple[int, RowSampling]]) -> None:
        banned = [(index, token, row) for index, row in rows for token in row.banned_early]
        self._rows = mx.array([index for index, _, _ in banned], dtype=mx.uint32)
        self._tokens = mx.array([token for _, token, _ in banned], dtype=mx.uint32)
        left = [row.settings.min_tokens - row.position for _, _, row in banned]
        self._left = mx.array(left)
        self._longest = max(left)
        self._steps = 0

    @classmethod
    def of(cls, rows: Sequence[RowSampling]) -> _Early | None:
        early = [
            (index, row)
            for index, row in enumerate(rows)
            if row.position < row.settings.min_tokens and row.banned_early
        ]
        return cls(early) if early else None

    @property
    def over(self) -> bool:
        """Whether every row has its least number of tokens."""
        return self._steps >= self._longest

    def __call__(self, logits: mx.array) -> mx.array:
        ban = mx.where(self._left > self._steps, -mx.inf, 0.0)
        self._steps += 1
        return logits.at[self._rows, self._tokens].add(ban)


def _windows(row: RowSampling) -> tuple[int, int, int]:
    """Return how many tokens the three penalties look back; 0 if there is no such penalty."""
    s = row.settings
    present = _ALL if s.presence_context_size is None else s.presence_context_size
    frequent = _ALL if s.frequency_context_size is None else s.frequency_context_size
    return (
        s.repetition_context_size if s.repetition_penalty != 1 else 0,
        present if s.presence_penalty else 0,
        frequent if s.frequency_penalty else 0,
    )


def _reach(row: RowSampling) -> int:
    """Return how many of the latest tokens a row's penalties look at, now; 0 if there are none."""
    repeated, present, frequent = _windows(row)
    said = max(present, frequent)
    return max(repeated, min(said, max(row.position, 1)))


def _column(values: Sequence[float]) -> mx.array:
    return mx.array([[value] for value in values], dtype=mx.float32)
