"""The caches of finished, running and broken-off generations, kept for those that begin alike.

Rules kept here:

- What is found is right: it was computed for exactly these tokens. Kinds of caches that are not known to survive
  being cut and put together are not kept at all.
- At least the last token of a prompt is always computed: its logits are not kept.
- Layers that hold only behind their last token (sliding windows, recurrent states) are found only where a snapshot
  was taken: at the end of prompts and answers, and where a prompt left a known path, which is where others will
  leave it too (the idea of Marconi, https://arxiv.org/abs/2411.19379).
- Runs on the main thread, but for `fetch`. Nothing waits for the device: what is kept is evaluated behind the
  step under way.
- What is on disk too comes back by way of memory: what `fetch` has read is kept there before the prompt looks for
  it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import make_prompt_cache

from ..device import free_memory
from . import rows
from .disk import DiskTier
from .tree import Node, PrefixTree

log = logging.getLogger(__name__)

# Of what is free once the model is loaded; the rest is for the running batch, and for others.
_SHARE = 0.25
# Sequences that are looked at when the process ends; most are on disk by then.
_LAST_OFFERS = 64


@dataclass(frozen=True, slots=True)
class Found:
    """The longest prefix of a prompt that is kept.

    Attributes:
        length: In tokens, 0 if there is none.
        caches: Of these tokens, for mlx-lm's `BatchGenerator`; None if there is none.
        border: Where a snapshot would help others, between `length` and the prompt's last token; or 0.
    """

    length: int
    caches: list[Any] | None
    border: int


class PrefixCache:
    """What is kept for one model.

    Args:
        model: The model that computes the caches.
        budget: Bytes that may be kept; 0 keeps nothing.
        disk: What outlives this process, if anything does.
        least: Fewer tokens are not worth it, neither to keep nor to take.

    Attributes:
        budget: As given.
        least: As given.
        enabled: Whether anything is kept: there is a budget, and the model's caches are of kinds that can be.
        has_positions: Whether any layer can be cut at any token.
        by_snapshot: Whether what is kept of a sequence helps only those that hold all of it.
        tokens_per_second: How fast the model computes prompts; whoever knows it sets it.
    """

    def __init__(self, model: Any, budget: int, disk: DiskTier | None = None, *, least: int) -> None:
        self._model = model
        self.least = least
        empty = make_prompt_cache(model)
        unknown = rows.unknown_kinds(empty)
        if unknown and budget:
            log.warning("no prefix cache: this model's %s can't be kept", ", ".join(unknown))
        self.enabled = bool(budget) and not unknown
        self.has_positions = rows.has_positions(empty)
        self.by_snapshot = rows.has_states(empty)
        self.budget = budget
        self.tokens_per_second: float | None = None
        self._disk = disk if self.enabled else None
        # Held where the tree changes, and where another thread looks into it.
        self._changes = threading.Lock()
        self._tree: PrefixTree[rows.Positions, rows.States] = PrefixTree(budget, by_snapshot=self.by_snapshot)

    @property
    def nbytes(self) -> int:
        """How many bytes are kept."""
        return self._tree.nbytes

    def usable(self, scope: str | None, prompt: Sequence[int]) -> int:
        """Return how many of a prompt's tokens `find` would find."""
        if scope is None:
            return 0
        self._take_arrived()
        return self._best(scope, prompt[:-1])[0]

    def find(self, scope: str | None, prompt: Sequence[int]) -> Found:
        """Return the longest prefix that is kept; a scope of None finds nothing."""
        if scope is None or not self.enabled:
            return Found(0, None, 0)
        self._take_arrived()
        length, path = self._best(scope, prompt[:-1])
        # Where only snapshots are of use, the known path may go on behind the last of them.
        known = min(self._tree.reach(scope, prompt), len(prompt) - 1)
        border = known if self.by_snapshot and known - length >= self.least and known < len(prompt) - 1 else 0
        if not length:
            return Found(0, None, border)
        last = path[-1][0]
        with self._changes:
            self._tree.use(last, snapshot=self.by_snapshot)
        caches = make_prompt_cache(self._model)
        pieces = [(node.piece, count) for node, count in path if node.piece is not None]
        rows.rebuild(caches, pieces, last.snapshot, more=len(prompt) - length)
        return Found(length, caches, border)

    def keep(self, scope: str | None, tokens: Sequence[int], batch: Sequence[Any], row: int) -> None:
        """Keep a row of a batch.

        Args:
            scope: Who may find it; None keeps nothing.
            tokens: All that the row's caches stand for.
            batch: The batch's caches.
            row: Its place in the batch.
        """
        if scope is None or not self.enabled:
            return
        if len(tokens) - self._best(scope, tokens)[0] >= self.least:
            self._keep(scope, tokens, batch, row)
        if self._disk is not None:
            self._disk.offer(scope, tokens, self)

    def _keep(self, scope: str, tokens: Sequence[int], batch: Sequence[Any], row: int) -> None:
        known = self._tree.reach(scope, tokens)
        positions = states = None
        if self.has_positions and known < len(tokens):
            positions = rows.cut_positions(batch, row, known, len(tokens))
        if self.by_snapshot:
            states = rows.cut_states(batch, row, len(tokens))
        if (self.has_positions and known < len(tokens) and positions is None) or (
            self.by_snapshot and states is None
        ):
            return
        self._insert(scope, tokens, positions, states)

    def _insert(
        self, scope: str, tokens: Sequence[int], positions: rows.Positions | None, states: rows.States | None
    ) -> None:
        with self._changes:
            self._tree.insert(scope, tokens, positions, states)
        # Now, or the lazy slices would hold the batch's arrays, and the next step would have to copy these.
        mx.async_eval(rows.arrays_of(positions, states))

    def clear(self) -> None:
        """Forget everything, on disk too."""
        with self._changes:
            self._tree.clear()
        if self._disk is not None:
            self._disk.clear()

    # --- with the disk ---

    def fetch(self, scope: str | None, prompt: Sequence[int], then: Callable[[], None]) -> None:
        """Read what the disk has of a prompt beyond what memory has; any thread may call.

        Args:
            scope: Whose the prompt is.
            prompt: All of it.
            then: Called once, on this thread or another one, when the prompt may be inserted.
        """
        if scope is None or self._disk is None:
            then()
            return
        with self._changes:
            usable, reach = self._best(scope, prompt[:-1])[0], self._tree.reach(scope, prompt[:-1])
        self._disk.fetch(scope, prompt, usable, reach, self, then)

    def tend(self, *, idle: bool = False) -> bool:
        """Bring what was kept on its way to the disk: a little of it between two steps, all of it when idle.

        Returns:
            Whether there is more to do.
        """
        return self._disk is not None and self._disk.tend(idle=idle)

    def close(self) -> None:
        """Write to disk what is worth it and not there yet."""
        if self._disk is not None:
            for scope, tokens in islice(self._tree.sequences(), _LAST_OFFERS):
                self._disk.offer(scope, tokens, self)
            self._disk.close()

    def positions(self, scope: str, tokens: Sequence[int], start: int, end: int) -> rows.Positions | None:
        """Return the keys and values of some tokens of a sequence, in memory of their own, if they are kept."""
        path = self._tree.path(scope, tokens[:end])
        pieces = [(node.piece, count) for node, count in path if node.piece is not None]
        return rows.take(pieces, start, end) if sum(count for _, count in pieces) == end else None

    def states(self, scope: str, tokens: Sequence[int]) -> rows.States | None:
        """Return the states behind a sequence, if they are kept."""
        length, path = self._best(scope, tokens)
        return path[-1][0].snapshot if path and length == len(tokens) else None

    def _take_arrived(self) -> None:
        """Keep what was read from disk."""
        for fetched in self._disk.arrived() if self._disk is not None else ():
            known, end = self._tree.reach(fetched.scope, fetched.tokens), len(fetched.tokens)
            positions = None
            if self.has_positions and known < end:
                if known < fetched.start:
                    continue  # what it follows was forgotten meanwhile
                count = end - fetched.start
                positions = rows.take([(fetched.positions(), count)], known - fetched.start, count)
            self._insert(fetched.scope, fetched.tokens, positions, fetched.states())

    def _best(
        self, scope: str, tokens: Sequence[int]
    ) -> tuple[int, list[tuple[Node[rows.Positions, rows.States], int]]]:
        """Return the length of the longest usable prefix, and its path."""
        path = self._tree.path(scope, tokens)
        if self.by_snapshot:
            while path and (path[-1][0].snapshot is None or path[-1][1] < len(path[-1][0].tokens)):
                path.pop()
        length = sum(count for _, count in path)
        return (length, path) if length >= self.least else (0, [])


def default_budget() -> int:
    """Return how many bytes to keep if nobody says: a share of what is free now, with the model loaded."""
    return int(_SHARE * free_memory())
