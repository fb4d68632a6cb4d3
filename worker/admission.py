"""Which prepared generations may be in the batch together, so that their caches fit into memory.

Pure. The frontends give out work by their estimates, each without knowing of the others; here tokens are counted.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from ..protocol.messages import KvMemory

K = TypeVar("K")


class Admission(Generic[K]):
    """Keys of generations, each with how many tokens its prompt and answer may have together.

    Whoever comes first is first: one that needs more than is free is not overtaken, so it waits no longer than
    those that run. The frontends let a few overtake it before they give it out.

    Args:
        kv_memory: What there is; None is without a bound.
    """

    def __init__(self, kv_memory: KvMemory | None) -> None:
        self._kv_memory = kv_memory
        self._running: dict[K, int] = {}
        self._waiting: deque[tuple[K, int]] = deque()

    @property
    def most_tokens(self) -> int | None:
        """How many tokens a generation may have that runs alone; None is without a bound."""
        return None if self._kv_memory is None else self._kv_memory.most_tokens()

    def add(self, key: K, tokens: int) -> None:
        """Let a generation wait for memory; `admitted` tells when it has it."""
        self._waiting.append((key, tokens))

    def remove(self, key: K) -> None:
        """A generation is gone, from the batch or from those that wait."""
        if self._running.pop(key, None) is None and self._waiting:
            self._waiting = deque(each for each in self._waiting if each[0] != key)

    def admitted(self) -> list[K]:
        """Return those that have the memory by now, and are in the batch from now on."""
        keys: list[K] = []
        while self._waiting and self._fits(self._waiting[0][1]):
            key, tokens = self._waiting.popleft()
            self._running[key] = tokens
            keys.append(key)
        return keys

    def _fits(self, tokens: int) -> bool:
        kv = self._kv_memory
        return kv is None or kv.needed([*self._running.values(), tokens]) <= kv.budget
