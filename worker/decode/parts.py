"""Which rows share an array of keys and values; knows no MLX.

An array has every row as long as its longest. Beside a row of 100,000 tokens, a short one would take the memory of
100,000, attention would read it, and both would be copied as they join. So an array's rows are of about one
length: none is made longer than twice its own, or by more than a few tokens that don't matter.

Rows that decode together grow together, so what fits once goes on fitting.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

# Each costs a step some operations in every layer.
_ENOUGH_PARTS = 8


def group(
    present: Sequence[Sequence[int]], joining: Sequence[Sequence[int]], slack: int | None
) -> list[list[int]]:
    """Return which parts become one as others join.

    Args:
        present: The lengths of the rows of each part, in tokens; left as they are if possible.
        joining: Likewise.
        slack: So many tokens more than it has a row may always be given; None is any number.

    Returns:
        For each new part, the indices of those it is made of, of `present` and then `joining`; rising.
    """
    lengths = [*present, *joining]
    if slack is None:
        return [list(range(len(lengths)))]
    groups = [[index] for index in range(len(present))]

    def all_of(*indices: int) -> list[int]:
        return [length for index in indices for length in lengths[index]]

    for index in range(len(present), len(lengths)):
        fitting = [group for group in groups if _fit(all_of(*group, index), slack)]
        if fitting:
            min(fitting, key=lambda group: _padding(all_of(*group, index))).append(index)
        else:
            groups.append([index])
    while len(groups) > _ENOUGH_PARTS:
        pairs = [pair for pair in combinations(groups, 2) if _fit(all_of(*pair[0], *pair[1]), slack)]
        if not pairs:
            break
        first, second = min(pairs, key=lambda pair: sum(all_of(*pair[0], *pair[1])))  # the least is copied
        groups.remove(second)
        first[:] = sorted([*first, *second])
    return groups


def _fit(lengths: Sequence[int], slack: int) -> bool:
    return max(lengths) <= max(min(lengths) + slack, 2 * min(lengths))


def _padding(lengths: Sequence[int]) -> int:
    return len(lengths) * max(lengths) - sum(lengths)
