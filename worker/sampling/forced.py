"""Tokens that come whatever was drawn: those that end a thought whose budget is spent.

A grammar has the last word: where it does not let the token come (a character is not whole yet, say), it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mlx.core as mx

from .row import RowSampling


class Forced:
    """The forced tokens of the rows that think on a budget.

    Args:
        rows: All rows of the batch.
    """

    def __init__(self, rows: Sequence[RowSampling]) -> None:
        self._budgets = {index: row.thinking for index, row in enumerate(rows) if row.thinking is not None}

    def __bool__(self) -> bool:
        """Whether a row has a budget."""
        return bool(self._budgets)

    def take(self, newest: Sequence[int]) -> None:
        """Take each row's latest token."""
        for index, budget in self._budgets.items():
            budget.take(newest[index])

    def __call__(self, drawn: mx.array, allow: Callable[[int, int], bool]) -> mx.array:
        """Return the next tokens.

        Args:
            drawn: Of shape (rows,).
            allow: Tells whether a row may say a token.
        """
        due = {index: token for index, each in self._budgets.items() if (token := each.forced) is not None}
        due = {index: token for index, token in due.items() if allow(index, token)}
        if due:
            drawn[mx.array(list(due), dtype=mx.uint32)] = mx.array(list(due.values()), dtype=drawn.dtype)
        return drawn
