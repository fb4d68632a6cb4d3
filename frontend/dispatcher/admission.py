"""Which workers have the memory for a generation, so that nothing that is let in runs out of it.

A worker says what its key-value caches may take, and what a token of them takes (`KvMemory`). A generation holds
credit for the longest that it can get: its prompt and `max_tokens`. The frontend has no tokenizer, so until the
worker has accepted the prompt, its length is estimated, rather too long than too short. The worker counts again
(`worker/admission.py`), and refuses what it could not run even alone.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate

from ...protocol.messages import Generate, rounded
from .state import Generation, Worker

# English has four to five characters a token, code and most other scripts at least three bytes.
_BYTES_A_TOKEN = 3
# A template's marks around a message, and what it puts before all.
_TOKENS_A_MESSAGE = 8
# So many may overtake one that needs more memory than is free; then a worker is kept for it until it fits.
MOST_OVERTAKING = 16


def estimated_tokens(request: Generate) -> int:
    """Return about how many tokens a request's prompt has; exactly, if it is given as ids."""
    if request.prompt_tokens:
        return len(request.prompt_tokens)
    texts = [request.prompt or "", *request.tools]
    for message in request.messages:
        texts += [message.content, *(call.arguments for call in message.tool_calls)]
    size = sum(len(text) if text.isascii() else len(text.encode()) for text in texts)
    return size // _BYTES_A_TOKEN + _TOKENS_A_MESSAGE * (1 + len(request.messages))


class Credit:
    """What a worker's generations hold of its memory now.

    Args:
        worker: One that is ready.
        generations: All, by their numbers.
    """

    def __init__(self, worker: Worker, generations: Mapping[int, Generation]) -> None:
        assert worker.ready is not None  # noqa: S101 - it takes work, so it is
        self._model = worker.ready.model
        self._kv = worker.ready.kv_memory
        lengths = [generations[number].length(self._model) for number in worker.running] if self._kv else []
        self._longest = max(lengths, default=0)
        # Sorted, with their sums: a long queue asks for each of its generations.
        self._rooms = sorted(map(self._kv.room, lengths)) if self._kv else []
        self._sums = [0, *accumulate(self._rooms)]

    @property
    def in_use(self) -> int:
        """How many bytes are held."""
        return 0 if self._kv is None else self._kv.size(len(self._rooms), self._tokens(rounded(self._longest)))

    def has_for(self, generation: Generation) -> bool:
        """Tell whether there is enough for one more."""
        if self._kv is None:
            return True
        length = generation.length(self._model)
        longest = rounded(max(self._longest, length))
        tokens = self._tokens(longest) + min(self._kv.room(length), longest)
        return self._kv.size(len(self._rooms) + 1, tokens) <= self._kv.budget

    def _tokens(self, longest: int) -> int:
        """Return how many tokens the generations have the memory of if the longest of all gets so long."""
        shorter = bisect(self._rooms, longest)
        return self._sums[shorter] + (len(self._rooms) - shorter) * longest

    def would_have_for(self, generation: Generation) -> bool:
        """Tell whether there would be enough for this one alone."""
        return self._kv is None or self._kv.needed([generation.length(self._model)]) <= self._kv.budget


def with_memory(able: Sequence[Worker], credits_: Mapping[bytes, Credit], generation: Generation) -> list[Worker]:
    """Return those of the workers with room that have the memory for a generation, too.

    What is too long for every worker by an estimate may run alone: the worker knows better.

    Args:
        able: Workers with room that serve its model.
        credits_: Of these, and of those that serve its model and have no room now.
        generation: It.
    """
    if any(credit.would_have_for(generation) for credit in credits_.values()):
        return [worker for worker in able if credits_[worker.identity].has_for(generation)]
    return [worker for worker in able if not worker.running]
