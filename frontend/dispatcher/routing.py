"""Which of several workers a generation goes to: the one that has computed most of its prompt before.

A worker keeps what it computed of prompts, but only a worker can tell tokens. The frontend compares texts: it
remembers of each worker which beginnings of prompts went there, as a chain of hashes, one for each message and for
each block of a longer one. So what is remembered is approximate (the worker may have forgotten), bounded (what
was used least recently goes first) and holds no text; Python draws the key of its string hashes at each start.

The policy is that of SGLang's cache-aware router
(https://github.com/lightseekorg/smg/blob/main/docs/concepts/routing/cache-aware.md): the worker with the longest
prefix, if it is worth anything and that worker is not clearly busier than the least loaded one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...protocol.messages import Generate

if TYPE_CHECKING:
    from .state import Worker

_BLOCK_CHARACTERS = 256
_BLOCK_TOKENS = 64
# Of a prompt; what comes behind the first 256 Ki characters is not looked at.
_MOST_BLOCKS = 1024
# Of a worker: 8 Mi characters of full blocks, in about 3 MB of memory.
_KEPT_BLOCKS = 32_768
# A prefix is worth going for if it is so much of the prompt, ...
_WORTH_SHARE = 0.3
# ... or so many characters of a prompt that is much longer; and not less than a worker would keep.
_WORTH_CHARACTERS = 4096
_LEAST_CHARACTERS = 64
# A worker is clearly busier than another one with so many more generations, and so many times as many.
_BUSIER_BY = 8
_BUSIER_TIMES = 1.5


@dataclass(frozen=True, slots=True)
class Trail:
    """A prompt by its beginnings, the shortest first.

    Attributes:
        marks: A hash of each.
        lengths: Of each, in characters.
    """

    marks: tuple[int, ...]
    lengths: tuple[int, ...]


def trail_of(request: Generate) -> Trail:
    """Return the trail of a request's prompt, in the order in which chat templates show it.

    What stands before all messages (tools, options of the template) is in every mark, and so is the cache scope.
    Thoughts are in none, as templates leave out older ones.
    """
    mapping = tuple(sorted((request.role_mapping or {}).items()))
    mark = hash((request.cache_scope, request.tools, request.template_options, mapping))
    marks: list[int] = []
    lengths: list[int] = []
    length = sum(map(len, request.tools))
    for head, text, block in _parts(request):
        mark = hash((mark, head))
        for start in range(0, len(text) or 1, block):
            piece = text[start : start + block]
            mark = hash((mark, piece))
            # A token stands for about four characters.
            length += len(piece) * _BLOCK_CHARACTERS // block
            marks.append(mark)
            lengths.append(length)
            if len(marks) >= _MOST_BLOCKS:
                return Trail(tuple(marks), tuple(lengths))
    return Trail(tuple(marks), tuple(lengths))


def _parts(request: Generate) -> Iterable[tuple[object, str | tuple[int, ...], int]]:
    """Yield what a prompt is made of: what stands before a text, the text, and the size of its blocks."""
    if request.prompt is not None:
        yield "", request.prompt, _BLOCK_CHARACTERS
    elif request.prompt_tokens:
        yield "", request.prompt_tokens, _BLOCK_TOKENS
    for message in request.messages:
        yield (message.role, message.tool_calls, message.tool_call_id), message.content, _BLOCK_CHARACTERS


class Prefixes:
    """The beginnings of prompts that went to one worker.

    Args:
        most: How many blocks are remembered.
    """

    def __init__(self, most: int = _KEPT_BLOCKS) -> None:
        self._most = most
        self._marks: dict[int, None] = {}  # the least recently used first

    def __len__(self) -> int:
        return len(self._marks)

    def match(self, trail: Trail) -> int:
        """Return the length of the longest known beginning of a prompt, in characters."""
        length = 0
        for mark, reached in zip(trail.marks, trail.lengths, strict=True):
            if mark not in self._marks:
                break
            length = reached
        return length

    def add(self, trail: Trail) -> None:
        """Remember a prompt, and forget what was not used for long."""
        # From its end: of all that is as old, the beginnings are forgotten last.
        for mark in reversed(trail.marks):
            self._marks.pop(mark, None)
            self._marks[mark] = None
        while len(self._marks) > self._most:
            del self._marks[next(iter(self._marks))]

    def clear(self) -> None:
        """Forget all: the worker did."""
        self._marks.clear()


def choose_worker(workers: Sequence[Worker], trail: Trail | None) -> Worker:
    """Return which of the workers with room gets a generation.

    Args:
        workers: At least one.
        trail: Of its prompt; None looks at the load alone.
    """
    # Of those that are equally loaded, the one that knows less has more to give.
    least = min(workers, key=lambda worker: (worker.load, len(worker.prefixes)))
    if trail is None or len(workers) == 1:
        return least
    holder = max(workers, key=lambda worker: (worker.prefixes.match(trail), -worker.load))
    known = holder.prefixes.match(trail)
    worth = known >= min(_WORTH_SHARE * trail.lengths[-1], _WORTH_CHARACTERS) if trail.lengths else False
    if known < _LEAST_CHARACTERS or not worth or _clearly_busier(holder, least):
        return least
    return holder


def _clearly_busier(one: Worker, other: Worker) -> bool:
    more, less = len(one.running), len(other.running)
    return more - less > _BUSIER_BY and more > _BUSIER_TIMES * less
