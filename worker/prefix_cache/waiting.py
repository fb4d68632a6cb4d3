"""Whether a prompt waits until another one, that is being prefilled, has computed their common prefix."""

from __future__ import annotations

from collections.abc import Sequence

from .tree import common_length


def worth_waiting(
    prompt: Sequence[int], usable: int, other: Sequence[int], other_left: int, *, by_snapshot: bool
) -> bool:
    """Tell whether waiting saves at least as many tokens as the other one has still to compute.

    Then it costs nothing: alone, the prompt would have had to compute these tokens itself.

    Args:
        prompt: That could wait.
        usable: How many of its tokens are kept already.
        other: The prompt that is being prefilled; all but its last token will be kept.
        other_left: How many of its tokens are still to be computed before it is kept.
        by_snapshot: What is kept of `other` helps only if `prompt` holds all of it.
    """
    if prompt[usable : usable + 1] != other[usable : usable + 1]:
        return False
    shared = min(common_length(prompt, other[:-1]), len(prompt) - 1)
    if by_snapshot and shared < len(other) - 1:
        return False
    return shared - usable >= max(1, other_left)
