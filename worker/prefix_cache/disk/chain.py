"""What entries on disk are called, and which of them a prompt needs.

A sequence of tokens is cut into *blocks* of equal length. A block is called by a hash of its tokens and of the
name before it, from the scope on: so sequences that begin alike have their blocks in common, whoever wrote them,
and a name tells nothing of what it stands for (the idea of vLLM's block hashes and of LMCache's chunks,
https://docs.vllm.ai/en/latest/design/prefix_caching.html).

Where some layers hold only behind their last token, a *tail* closes a sequence: the tokens behind its last whole
block, and the states behind all. It is called by the block before it, its number of tokens, and their hash.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

# Tokens of a block: what is lost at the end of a sequence without a tail, and what a file holds.
BLOCK = 128
# Fewer tokens are not worth reading a file for.
LEAST_GAIN = 64
_DIGEST_BYTES = 16
_BLOCK_NAME = re.compile(rf"[0-9a-f]{{{2 * _DIGEST_BYTES}}}")
_TAIL_NAME = re.compile(rf"({_BLOCK_NAME.pattern})-(\d{{1,3}})-({_BLOCK_NAME.pattern})")


def chain(scope: str, tokens: Sequence[int]) -> list[str]:
    """Return the names of a sequence's whole blocks in their order, behind the name of the scope itself."""
    names = [blake2b(scope.encode(), digest_size=_DIGEST_BYTES, person=b"scope").hexdigest()]
    for start in range(0, len(tokens) - BLOCK + 1, BLOCK):
        names.append(_behind(names[-1], tokens[start : start + BLOCK]))
    return names


def tail_name(parent: str, tokens: Sequence[int]) -> str:
    """Return the name of the tail of so many tokens behind a block, or behind the scope's own name."""
    return f"{parent}-{len(tokens)}-{_behind(parent, tokens)}"


def parse(name: str) -> tuple[str, int] | None:
    """Return which block a tail follows and how many tokens it has; None if it is a block itself.

    Raises:
        ValueError: No entry is called so.
    """
    if _BLOCK_NAME.fullmatch(name):
        return None
    if (match := _TAIL_NAME.fullmatch(name)) is None or int(match[2]) >= BLOCK:
        raise ValueError(f"{name!r} is no entry")
    return match[1], int(match[2])


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be read for a prompt.

    Attributes:
        start: The first token that it holds, at the border of a block.
        length: Tokens of the prompt that are known with it.
        blocks: Names, in order.
        tail: The name of the tail, where snapshots are needed.
    """

    start: int
    length: int
    blocks: tuple[str, ...]
    tail: str | None = None

    @property
    def entries(self) -> tuple[str, ...]:
        """The names of all that is to be read, in order."""
        return self.blocks if self.tail is None else (*self.blocks, self.tail)


def plan(
    names: Sequence[str],
    prompt: Sequence[int],
    usable: int,
    reach: int,
    held: Collection[str],
    tails: Callable[[str], Iterable[int]] | None,
    *,
    positions: bool,
) -> Plan | None:
    """Return what of the disk serves a prompt better than what is in memory; None if nothing does.

    Args:
        names: Its `chain`.
        prompt: Without the last token, which is always computed.
        usable: How many of its tokens need not be computed, by what is in memory.
        reach: How many of its tokens memory has keys and values of.
        held: The entries that are on disk.
        tails: The numbers of tokens of the tails behind a block; None where a sequence needs no tail.
        positions: Whether the model has keys and values at all, and so blocks.
    """
    first = reach // BLOCK
    whole = first
    while positions and whole + 1 < len(names) and names[whole + 1] in held:
        whole += 1
    if tails is None:
        length = whole * BLOCK
        worth = length - usable >= LEAST_GAIN
        return Plan(first * BLOCK, length, tuple(names[first + 1 : whole + 1])) if worth else None
    for block in range(whole if positions else len(names) - 1, -1, -1):
        for more in sorted(tails(names[block]), reverse=True):
            length = block * BLOCK + more
            if length - usable < LEAST_GAIN:
                break
            tail = tail_name(names[block], prompt[block * BLOCK : length])
            if length <= len(prompt) and tail in held:
                begin = min(first, block)
                blocks = tuple(names[begin + 1 : block + 1]) if positions else ()
                return Plan(begin * BLOCK, length, blocks, tail)
    return None


def _behind(parent: str, tokens: Sequence[int]) -> str:
    digest = blake2b(bytes.fromhex(parent), digest_size=_DIGEST_BYTES)
    digest.update(array("q", tokens).tobytes())
    return digest.hexdigest()
