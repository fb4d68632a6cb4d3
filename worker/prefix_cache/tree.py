"""A radix tree over token ids, whose edges hold what was computed for their tokens.

- A prefix that sequences share is one path, so what belongs to it is held once.
- A *piece* belongs to an edge: something for each of its tokens, so it can be split (keys and values).
- A *snapshot* belongs to the end of a node: the state behind exactly its last token (a recurrent state).
- What was used least recently goes first: ends of paths, and snapshots inside of them. A path is used from its
  root to where it was left, so a node never goes before its children.

Scopes share the budget and nothing else. Nothing here knows MLX.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, Self, TypeVar


class Sized(Protocol):
    """Something whose bytes count."""

    @property
    def nbytes(self) -> int: ...  # noqa: D102


class Piece(Sized, Protocol):
    """What was computed for some tokens in a row."""

    def split(self, at: int) -> tuple[Self, Self]:
        """Return what belongs to the first `at` tokens, and the rest."""
        ...


P = TypeVar("P", bound=Piece)
S = TypeVar("S", bound=Sized)


@dataclass(eq=False, slots=True)
class Node(Generic[P, S]):
    """An edge and its end; the tokens of a root are empty."""

    tokens: list[int]
    piece: P | None
    parent: Node[P, S] | None
    scope: str
    snapshot: S | None = None
    children: dict[int, Node[P, S]] = field(default_factory=dict)


class PrefixTree(Generic[P, S]):
    """Prefixes of token ids, by scope.

    Args:
        budget: Bytes that pieces and snapshots may take together.
        by_snapshot: A path is of use only up to a snapshot; what has none behind it is not kept.

    Attributes:
        nbytes: What pieces and snapshots take.
    """

    def __init__(self, budget: int, *, by_snapshot: bool = False) -> None:
        self.nbytes = 0
        self._budget = budget
        self._by_snapshot = by_snapshot
        self._roots: dict[str, Node[P, S]] = {}
        # Oldest first, each with the time of its last use.
        self._nodes: OrderedDict[Node[P, S], int] = OrderedDict()
        self._snapshots: OrderedDict[Node[P, S], int] = OrderedDict()
        self._now = 0

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self._nodes)

    def path(self, scope: str, tokens: Sequence[int]) -> list[tuple[Node[P, S], int]]:
        """Return the nodes that the tokens run through, each with how many of its tokens they share (never 0)."""
        node, at = self._roots.get(scope), 0
        found: list[tuple[Node[P, S], int]] = []
        while node is not None and at < len(tokens):
            node = node.children.get(tokens[at])
            if node is None:
                break
            shared = common_length(node.tokens, tokens[at : at + len(node.tokens)])
            found.append((node, shared))
            if shared < len(node.tokens):
                break
            at += shared
        return found

    def reach(self, scope: str, tokens: Sequence[int]) -> int:
        """Return how many of the tokens are a known prefix."""
        return sum(shared for _, shared in self.path(scope, tokens))

    def sequences(self) -> Iterator[tuple[str, list[int]]]:
        """Yield the ends of all paths, each with its scope and all its tokens; what was used last comes first."""
        for node in reversed(self._nodes):
            if node.children and node.snapshot is None:
                continue
            parts: list[list[int]] = []
            each: Node[P, S] | None = node
            while each is not None:
                parts.append(each.tokens)
                each = each.parent
            yield node.scope, [token for part in reversed(parts) for token in part]

    def use(self, node: Node[P, S], *, snapshot: bool = False) -> None:
        """Count a node, with all before it, as used now; its snapshot only if that was what was used."""
        self._now += 1
        if snapshot:
            self._snapshots[node] = self._now
            self._snapshots.move_to_end(node)
        each: Node[P, S] | None = node
        while each is not None and each.parent is not None:
            # Upwards, so that a parent is always more recent than its children.
            self._nodes[each] = self._now
            self._nodes.move_to_end(each)
            each = each.parent

    def insert(self, scope: str, tokens: Sequence[int], piece: P | None, snapshot: S | None) -> None:
        """Keep a sequence, unless it alone is larger than the budget: nothing else has to go for it then.

        Args:
            scope: Who may find it.
            tokens: All of it, not empty.
            piece: What belongs to the tokens behind those that are known already (`reach`); None if all are, or if
                there are no pieces.
            snapshot: The state behind the last token, if there is such.
        """
        path = self.path(scope, tokens)
        known = sum(shared for _, shared in path)
        held = sum(_size(node.piece) * shared // len(node.tokens) for node, shared in path)
        if held + _size(piece) + _size(snapshot) > self._budget:
            return
        node = path[-1][0] if path else self._roots.setdefault(scope, Node([], None, None, scope))
        if path and path[-1][1] < len(node.tokens):
            node = self._split(node, path[-1][1])
        if known < len(tokens):
            child = Node(list(tokens[known:]), piece, node, scope)
            node.children[child.tokens[0]] = child
            self.nbytes += _size(piece)
            node = child
        if snapshot is not None and node.snapshot is None:
            node.snapshot = snapshot
            self.nbytes += snapshot.nbytes
        self.use(node, snapshot=node.snapshot is not None)
        while self.nbytes > self._budget:
            self._evict()

    def clear(self) -> None:
        """Forget everything."""
        for node in self._nodes:  # parents and children hold each other, and this memory is wanted now
            node.piece = node.snapshot = None
        self._roots.clear()
        self._nodes.clear()
        self._snapshots.clear()
        self.nbytes = 0

    def _split(self, node: Node[P, S], at: int) -> Node[P, S]:
        """Split a node behind its first `at` tokens and return the first part."""
        assert node.parent is not None  # noqa: S101 - a root has no tokens to split
        first = rest = None
        if node.piece is not None:
            first, rest = node.piece.split(at)
            self.nbytes += first.nbytes + rest.nbytes - node.piece.nbytes
        upper: Node[P, S] = Node(node.tokens[:at], first, node.parent, node.scope)
        node.parent.children[upper.tokens[0]] = upper
        node.tokens, node.piece, node.parent = node.tokens[at:], rest, upper
        upper.children[node.tokens[0]] = node
        return upper

    def _evict(self) -> None:
        """Forget what was used least recently."""
        node, used = next(iter(self._nodes.items()))
        holder, snapshot_used = next(iter(self._snapshots.items()), (None, used + 1))
        if holder is None or snapshot_used > used:
            self._remove(node)
            return
        self._drop_snapshot(holder)
        self._prune(holder)

    def _prune(self, node: Node[P, S]) -> None:
        """Remove what leads to no snapshot any more, where only snapshots are of use."""
        while self._by_snapshot and node.parent is not None and not node.children and node.snapshot is None:
            parent = node.parent
            self._take_out(node)
            node = parent

    def _remove(self, node: Node[P, S]) -> None:
        parent = node.parent
        self._take_out(node)
        if parent is not None:
            self._prune(parent)

    def _take_out(self, node: Node[P, S]) -> None:
        """Take a node without children out of the tree."""
        assert node.parent is not None  # noqa: S101 - roots are in no order of use
        self._drop_snapshot(node)
        self.nbytes -= _size(node.piece)
        del self._nodes[node], node.parent.children[node.tokens[0]]
        if node.parent.parent is None and not node.parent.children:
            del self._roots[node.scope]

    def _drop_snapshot(self, node: Node[P, S]) -> None:
        if node.snapshot is not None:
            self.nbytes -= node.snapshot.nbytes
            del self._snapshots[node]
            node.snapshot = None


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many elements two sequences share from their beginnings."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    return next(index for index in range(length) if one[index] != other[index])


def _size(piece: Sized | None) -> int:
    return 0 if piece is None else piece.nbytes
