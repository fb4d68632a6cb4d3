"""Which workers have the memory for a generation, so that nothing that is let in runs out of it.

A worker says what its key-value caches may take, and what a token of them takes (`KvMemory`). A generation holds
credit for the longest that it can get: its prompt and `max_tokens`. The frontend has no tokenizer, so until the
worker has accepted the prompt, its length is estimated, rather too long than too short. The worker counts again
(`worker/admission.py`), and refuses what it could not run even alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...protocol.messages import Generate, KvMemory
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


def with_memory(
    able: Sequence[Worker], all_able: Sequence[Worker], generation: Generation, running: Mapping[int, Generation]
) -> list[Worker]:
    """Return those of the workers with room that have the memory for a generation, too.

    What is too long for each of them by an estimate may run alone: the worker knows better.

    Args:
        able: Workers with room that serve its model.
        all_able: The same, and those without room now.
        generation: It.
        running: All generations, by their numbers.
    """
    if any(_holds(worker, [], generation) for worker in all_able):
        return [worker for worker in able if _holds(worker, _others(worker, running), generation)]
    return [worker for worker in able if not worker.running]


def memory_in_use(worker: Worker, running: Mapping[int, Generation]) -> int:
    """Return the bytes of credit that a worker's generations hold."""
    kv = _kv_of(worker)
    return 0 if kv is None else kv.needed(_lengths(worker, _others(worker, running)))


def _others(worker: Worker, running: Mapping[int, Generation]) -> list[Generation]:
    return [running[number] for number in worker.running]


def _holds(worker: Worker, others: Sequence[Generation], generation: Generation) -> bool:
    kv = _kv_of(worker)
    return kv is None or kv.needed(_lengths(worker, [*others, generation])) <= kv.budget


def _lengths(worker: Worker, generations: Sequence[Generation]) -> list[int]:
    return [] if worker.ready is None else [each.length(worker.ready.model) for each in generations]


def _kv_of(worker: Worker) -> KvMemory | None:
    return None if worker.ready is None else worker.ready.kv_memory
