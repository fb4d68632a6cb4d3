"""What is kept in memory goes to disk behind the steps, and comes back for the prompts that need it.

Writing: sequences that were kept are *offered*; the main thread cuts their blocks, two steps later it hands the
bytes over, and a thread writes them. Each block is written soon after it was computed and not when memory forgets
it, since a worker that is killed has no time for it. If the disk is too slow, no more is cut than the backlog may
hold, and what memory forgets meanwhile is lost.

Reading: before a prompt is given to the main thread, what the disk has beyond memory is read and checked on a
thread of its own; it *arrives* before the prompt does and becomes part of what is kept in memory, where it is
found. What is computed sooner than read is left where it is: an H200 computes 4,000 tokens of a 0.6B shape in
0.13 s, and their 450 MB took 0.8 s.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import mlx.core as mx

from ....protocol.endpoints import EndpointError
from ..rows import Positions, States
from . import arrays
from .chain import BLOCK, Plan, chain, plan, tail_name
from .entry import Damaged, Entry
from .folder import Folder, discard

log = logging.getLogger(__name__)

# Sequences that wait to be cut; the oldest are forgotten. What they lack is offered again with their next turns.
_MOST_SEQUENCES = 256
# Steps after which what was cut has been computed for sure: the engine computes one step ahead.
_STEPS = 2
# Blocks that an idle engine brings on their way before it looks for orders again.
_WHEN_IDLE = 4
# What is read for a prompt is planned anew if an entry is not there after all, but not for ever.
_TRIES = 8
# What a worker that ends has for what is not on disk yet; its supervisor kills it after five seconds.
_LAST_SECONDS = 3.0
_POLL_SECONDS = 0.01
# Bytes; smaller reads are over before it matters, and say nothing of the disk's speed.
_LARGE_READ = 64 << 20
# Bytes per second, until one was measured; and what the estimate grows by with each read that it prevents, so that
# it is measured again at times.
_FIRST_SPEED, _GROWTH = 1e9, 1.05


class Memory(Protocol):
    """What is kept in memory, up to `budget` bytes; the methods are for the main thread.

    Attributes:
        tokens_per_second: How fast prompts are computed; None if that is not known yet.
    """

    has_positions: bool
    by_snapshot: bool
    budget: int
    tokens_per_second: float | None

    def positions(self, scope: str, tokens: Sequence[int], start: int, end: int) -> Positions | None:
        """Return the keys and values of some tokens of a sequence, if they are still there."""
        ...

    def states(self, scope: str, tokens: Sequence[int]) -> States | None:
        """Return the states behind a sequence, if they are still there."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read for a prompt.

    Attributes:
        epoch: How often the tier had been cleared before.
        tokens: From the first one to the last one that is known with it.
        start: The first of those whose keys and values are in `raw`.
        raw: All arrays.
        description: Of the states, if there are any.
    """

    epoch: int
    scope: str
    tokens: list[int]
    start: int
    raw: dict[str, arrays.Raw]
    description: Any

    def positions(self) -> Positions:
        """Return keys and values from `start` on; for the main thread."""
        return arrays.positions_of(self.raw)

    def states(self) -> States | None:
        """Return the states behind the last token, if there are any; for the main thread."""
        return None if self.description is None else arrays.restore(self.description, self.raw)


@dataclass(frozen=True, slots=True)
class _Cut:
    """An entry whose arrays are being computed."""

    name: str
    scope: str
    tokens: list[int]
    arrays: dict[str, mx.array]
    states: Any = None

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays.values())


@dataclass(frozen=True, slots=True)
class _Write:
    entry: Entry
    nbytes: int
    epoch: int


@dataclass(frozen=True, slots=True)
class _Use:
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Discard:
    place: Path


@dataclass(slots=True)
class _Backlog:
    """Bytes that are cut and not yet written."""

    limit: int
    nbytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, nbytes: int) -> None:
        with self.lock:
            self.nbytes += nbytes

    @property
    def full(self) -> bool:
        return self.nbytes >= self.limit


class DiskTier:
    """The prefixes of one model on disk.

    Args:
        folder: Where they are.
        backlog: Bytes that may be held beside what memory keeps, until they are written.
    """

    def __init__(self, folder: Folder, backlog: int) -> None:
        self._folder = folder
        self._backlog = _Backlog(backlog)
        self._bytes_per_second = _FIRST_SPEED
        self._epoch = 0
        self._step = 0
        self._offers: deque[Iterator[_Cut | _Use]] = deque(maxlen=_MOST_SEQUENCES)
        # Each with the step in which it is ready for sure.
        self._cuts: deque[tuple[int, _Cut | _Use]] = deque()
        self._under_way: set[str] = set()
        self._arrived: queue.SimpleQueue[Fetched] = queue.SimpleQueue()
        self._orders: queue.SimpleQueue[_Write | _Use | _Discard | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="prefixes")
        self._writer = threading.Thread(target=self._write_all, name="prefix-writer", daemon=True)
        self._writer.start()

    @property
    def folder(self) -> Folder:
        """Where the entries are."""
        return self._folder

    # --- for the main thread ---

    def offer(self, scope: str, tokens: Sequence[int], memory: Memory) -> None:
        """Have a sequence, which memory has just kept, written as far as it is not on disk yet."""
        names = chain(scope, tokens)
        if len(names) > 1 or (memory.by_snapshot and len(tokens) >= BLOCK):
            self._offers.append(self._lacking(scope, list(tokens), names, memory))

    def tend(self, *, idle: bool = False) -> bool:
        """Bring what was offered on its way: a block between two steps, a few of them when idle.

        Returns:
            Whether there is more to do.
        """
        self._step += 1
        most = _WHEN_IDLE if idle else 1
        for _ in range(most):
            if self._cuts and (idle or self._cuts[0][0] <= self._step):
                self._hand_over(self._cuts.popleft()[1])
        while most and self._offers and not self._backlog.full:
            if (cut := next(self._offers[0], None)) is None:
                self._offers.popleft()
                continue
            self._cuts.append((self._step + _STEPS, cut))
            most -= isinstance(cut, _Cut)
        return bool(self._cuts or self._offers)

    def arrived(self) -> list[Fetched]:
        """Return what was read since; nothing of what was there before a `clear`."""
        found: list[Fetched] = []
        while not self._arrived.empty():
            found.append(self._arrived.get())
        return [each for each in found if each.epoch == self._epoch]

    def clear(self) -> None:
        """Forget everything, on disk too."""
        self._epoch += 1
        self._offers.clear()
        for _, cut in self._cuts:
            if isinstance(cut, _Cut):
                self._end(cut.name, cut.nbytes)
        self._cuts.clear()
        self._under_way.clear()  # the writer drops what it still has
        if (place := self._folder.clear()) is not None:
            self._orders.put(_Discard(place))

    def close(self) -> None:
        """Write what is left, as far as that is done in a few seconds, and end the threads."""
        deadline = time.monotonic() + _LAST_SECONDS
        while self.tend(idle=True) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        self._orders.put(None)
        self._writer.join(max(0.0, deadline - time.monotonic()))
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _lacking(self, scope: str, tokens: list[int], names: list[str], memory: Memory) -> Iterator[_Cut | _Use]:
        """Yield what of a sequence is not on disk, until memory has forgotten it; and that it was used."""
        start = 0
        for name in names[1:]:
            end = start + BLOCK
            if memory.has_positions and not self._known(name):
                if (positions := memory.positions(scope, tokens, start, end)) is None:
                    return
                yield self._cut(name, scope, tokens[start:end], positions, None)
            start = end
        used = names[1:] if memory.has_positions else []
        if memory.by_snapshot:
            name = tail_name(names[-1], tokens[start:])
            used.append(name)
            if not self._known(name):
                rest = memory.has_positions and start < len(tokens)
                positions = memory.positions(scope, tokens, start, len(tokens)) if rest else None
                states = memory.states(scope, tokens)
                if states is None or (rest and positions is None):
                    return
                yield self._cut(name, scope, tokens[start:], positions, states)
        yield _Use(used)

    def _known(self, name: str) -> bool:
        return name in self._under_way or name in self._folder.held()

    def _cut(
        self, name: str, scope: str, tokens: list[int], positions: Positions | None, states: States | None
    ) -> _Cut:
        named = {} if positions is None else arrays.name_positions(positions)
        description = None
        if states is not None:
            description, more = arrays.describe(states)
            named |= more
        named = {key: mx.contiguous(array) for key, array in named.items()}
        mx.async_eval(list(named.values()))
        cut = _Cut(name, scope, tokens, named, description)
        self._under_way.add(name)
        self._backlog.add(cut.nbytes)
        return cut

    def _hand_over(self, cut: _Cut | _Use) -> None:
        if isinstance(cut, _Use):
            self._orders.put(cut)
            return
        tensors = {name: arrays.tensor_of(array) for name, array in cut.arrays.items()}
        entry = Entry(cut.name, self._folder.model, cut.scope, cut.tokens, tensors, cut.states)
        self._orders.put(_Write(entry, cut.nbytes, self._epoch))

    def _end(self, name: str, nbytes: int) -> None:
        self._under_way.discard(name)
        self._backlog.add(-nbytes)

    # --- for any thread ---

    def fetch(
        self, scope: str, prompt: Sequence[int], usable: int, reach: int, memory: Memory, then: Callable[[], None]
    ) -> None:
        """Read what serves a prompt better than what is in memory, then call `then`.

        Args:
            scope: Whose the prompt is.
            prompt: All of it.
            usable: How many of its tokens memory saves.
            reach: How many of its tokens memory has keys and values of.
            memory: What the model's caches are like.
            then: Called once, whatever is found, when that has arrived; on this thread if there is nothing.
        """
        names = chain(scope, prompt[:-1])
        epoch = self._epoch

        def planned() -> Plan | None:
            self._folder.refresh()
            tails = self._folder.tails if memory.by_snapshot else None
            held = self._folder.held()
            wanted = plan(names, prompt[:-1], usable, reach, held, tails, positions=memory.has_positions)
            if wanted is None:
                return None
            size = self._folder.size_of(wanted.entries)
            # What memory has no room for could not be taken there.
            is_worth = size <= memory.budget and self._is_faster(size, wanted.length - usable, memory)
            return wanted if is_worth else None

        def read() -> None:
            try:
                for _ in range(_TRIES):
                    if (wanted := planned()) is None:
                        return
                    if (fetched := self._read(epoch, scope, prompt, wanted)) is not None:
                        self._arrived.put(fetched)
                        return
            except Exception:  # the prompt can be computed
                log.exception("a prefix could not be read from disk")
            finally:
                then()

        if planned() is None:
            then()
            return
        try:
            self._readers.submit(read)
        except RuntimeError:  # the worker ends
            then()

    def _is_faster(self, size: int, tokens: int, memory: Memory) -> bool:
        """Tell whether so many bytes are read sooner than so many tokens are computed, as far as is known."""
        speed = memory.tokens_per_second
        if size < _LARGE_READ or speed is None or size / self._bytes_per_second < tokens / speed:
            return True
        self._bytes_per_second *= _GROWTH
        return False

    def _read(self, epoch: int, scope: str, prompt: Sequence[int], wanted: Plan) -> Fetched | None:
        """Return what was planned; None if an entry is not there after all, which then is known."""
        since = time.perf_counter()
        tokens = list(prompt[: wanted.length])
        parts: list[Entry] = []
        at = wanted.start
        for name in wanted.entries:
            entry = self._folder.read(name)
            if entry is None:
                return None
            begin = wanted.length - len(entry.tokens) if name == wanted.tail else at
            if entry.scope != scope or list(entry.tokens) != tokens[begin : begin + len(entry.tokens)]:
                self._folder.remove([name])
                return None
            at += len(entry.tokens)
            parts.append(entry)
        last = parts[-1]
        try:
            tensors = dict(last.tensors) if wanted.tail else {}
            tensors |= arrays.join([part.tensors for part in parts if arrays.has_positions(part.tensors)])
        except Damaged as error:
            log.warning("removing files of the prefix cache: %s", error)
            self._folder.remove([part.name for part in parts])
            return None
        raw = {name: arrays.Raw.of(tensor) for name, tensor in tensors.items()}
        size = self._folder.size_of(wanted.entries)
        if size >= _LARGE_READ:
            speed = size / (time.perf_counter() - since)
            self._bytes_per_second = (self._bytes_per_second + speed) / 2
        return Fetched(epoch, scope, tokens, wanted.start, raw, last.states if wanted.tail else None)

    # --- the writer's thread ---

    def _write_all(self) -> None:
        while (order := self._orders.get()) is not None:
            try:
                self._perform(order)
            except Exception:  # without the disk, all goes on
                log.exception("the prefix cache on disk failed")

    def _perform(self, order: _Write | _Use | _Discard) -> None:
        match order:
            case _Use(names):
                self._folder.use(names)
            case _Discard(place):
                discard(place)
            case _Write(entry, nbytes, epoch):
                try:
                    if epoch == self._epoch:
                        self._folder.write(entry)
                    if epoch != self._epoch:  # it was cleared meanwhile
                        self._folder.remove([entry.name])
                finally:
                    self._end(entry.name, nbytes)


def open_disk(root: Path, model: str, budget: int, backlog: int) -> DiskTier | None:
    """Return the prefixes of a model on disk; None, and a line in the log, if that can't be.

    Args:
        root: The directory of all models.
        model: The fingerprint.
        budget: Bytes that the files of this model may take.
        backlog: See `DiskTier`.
    """
    try:
        tier = DiskTier(Folder(root, model, budget), backlog)
    except (OSError, EndpointError) as error:
        log.error("no prefix cache on disk: %s", error)  # noqa: TRY400 - the sentence says it all
        return None
    with contextlib.suppress(OSError):
        log.info("prefix cache on disk: %d files in %s", len(tier.folder.held()), root / model)
    return tier
