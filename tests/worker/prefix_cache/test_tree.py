"""The radix tree against a plain list of what was put into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.worker.prefix_cache.tree import PrefixTree, common_length

PER_TOKEN = 10


class Text:
    """A piece that says which tokens it stands for."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self.tokens = list(tokens)
        self.nbytes = PER_TOKEN * len(self.tokens)

    def split(self, at: int) -> tuple[Text, Text]:
        return Text(self.tokens[:at]), Text(self.tokens[at:])


Tree = PrefixTree[Text, Text]


def put(tree: Tree, tokens: Sequence[int], scope: str = "", *, snapshot: bool = False) -> None:
    known = tree.reach(scope, tokens)
    piece = Text(tokens[known:]) if known < len(tokens) else None
    tree.insert(scope, tokens, piece, Text(tokens) if snapshot else None)


def held(tree: Tree, tokens: Sequence[int], scope: str = "") -> list[int]:
    """Return what the pieces on the way of these tokens stand for."""
    path = tree.path(scope, tokens)
    return [token for node, count in path if node.piece is not None for token in node.piece.tokens[:count]]


def all_nodes(tree: Tree) -> list[Any]:
    found, stack = [], list(tree._roots.values())
    while stack:
        node = stack.pop()
        found += [node] if node.parent is not None else []
        stack += node.children.values()
    return found


sequences = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), max_size=12)
scopes = st.lists(st.sampled_from("ab"), min_size=12, max_size=12)


@given(sequences, scopes, st.lists(st.integers(0, 2), max_size=9))
def test_the_longest_common_prefix_is_found_within_the_scope(
    kept: list[list[int]], whose: list[str], wanted: list[int]
) -> None:
    tree: Tree = PrefixTree(10**9)
    for tokens, scope in zip(kept, whose, strict=False):
        put(tree, tokens, scope)

    for scope in "ab":
        mine = [tokens for tokens, of in zip(kept, whose, strict=False) if of == scope]
        longest = max((common_length(tokens, wanted) for tokens in mine), default=0)
        assert tree.reach(scope, wanted) == longest
        assert held(tree, wanted, scope) == wanted[:longest]


@given(sequences)
def test_a_shared_prefix_is_held_once(kept: list[list[int]]) -> None:
    tree: Tree = PrefixTree(10**9)
    for tokens in kept:
        put(tree, tokens)

    prefixes = {tuple(tokens[:end]) for tokens in kept for end in range(1, len(tokens) + 1)}
    assert tree.nbytes == PER_TOKEN * len(prefixes)


@given(sequences, st.integers(0, 300), st.booleans())
def test_the_budget_is_kept_and_what_is_left_is_right(
    kept: list[list[int]], budget: int, by_snapshot: bool
) -> None:
    tree: Tree = PrefixTree(budget, by_snapshot=by_snapshot)
    for tokens in kept:
        put(tree, tokens, snapshot=by_snapshot)

        assert tree.nbytes <= budget
        nodes = all_nodes(tree)
        assert len(nodes) == len(tree)
        assert tree.nbytes == sum(x.nbytes for n in nodes for x in (n.piece, n.snapshot) if x is not None)
        assert held(tree, tokens) == tokens[: tree.reach("", tokens)]
        if by_snapshot:
            assert all(node.snapshot or node.children for node in nodes)


def test_what_was_used_least_recently_goes_first() -> None:
    tree: Tree = PrefixTree(6 * PER_TOKEN)
    put(tree, [1, 1, 1])
    put(tree, [2, 2, 2])
    tree.use(tree.path("", [1, 1, 1])[-1][0])

    put(tree, [3, 3, 3])

    assert [tree.reach("", [token] * 3) for token in (1, 2, 3)] == [3, 0, 3]


def test_a_prefix_stays_longer_than_what_follows_it() -> None:
    tree: Tree = PrefixTree(6 * PER_TOKEN)
    put(tree, [1, 1, 2, 2])
    put(tree, [1, 1, 3, 3])

    put(tree, [4, 4])

    assert [tree.reach("", tokens) for tokens in ([1, 1, 2, 2], [1, 1, 3, 3], [4, 4])] == [2, 4, 2]


def test_what_is_larger_than_the_budget_is_not_kept_and_nothing_goes_for_it() -> None:
    tree: Tree = PrefixTree(4 * PER_TOKEN)
    put(tree, [7, 7])

    put(tree, [1, 2, 3, 4, 5])
    put(tree, [7, 7, 1, 2, 3])

    assert [tree.reach("", tokens) for tokens in ([1, 2, 3, 4, 5], [7, 7, 1, 2, 3])] == [0, 2]


def test_an_old_snapshot_in_the_middle_goes_before_a_new_one_at_the_end() -> None:
    tree: Tree = PrefixTree(12 * PER_TOKEN, by_snapshot=True)
    put(tree, [1, 1], snapshot=True)
    put(tree, [1, 1, 2, 2], snapshot=True)

    put(tree, [1, 1, 2, 2, 3], snapshot=True)

    path = [node for node, _ in tree.path("", [1, 1, 2, 2, 3])]
    assert [node.snapshot is not None for node in path] == [False, False, True]


def test_where_only_snapshots_help_what_leads_to_none_goes_with_it() -> None:
    tree: Tree = PrefixTree(8 * PER_TOKEN, by_snapshot=True)
    put(tree, [1, 1, 1], snapshot=True)

    put(tree, [2, 2, 2], snapshot=True)

    assert [tree.reach("", [token] * 3) for token in (1, 2)] == [0, 3]


def test_after_clearing_nothing_is_left() -> None:
    tree: Tree = PrefixTree(100 * PER_TOKEN)
    put(tree, [1, 2, 3], "a")
    put(tree, [1, 2, 4], "b", snapshot=True)

    tree.clear()

    assert (tree.nbytes, len(tree), tree.reach("a", [1, 2, 3])) == (0, 0, 0)
    put(tree, [1, 2, 3], "a")
    assert tree.reach("a", [1, 2, 3]) == 3
