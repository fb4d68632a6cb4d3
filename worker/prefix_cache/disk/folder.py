"""The files of one model: private to the user, written atomically, under a byte budget.

Several workers may share them. The directory itself is the truth: what one of them has written the others see, and
what it has removed is a miss for them. When a file was used last is its time of modification, so that this too is
known to all, and after a restart. What is called otherwise than an entry is not ours to touch.

Any thread may call; nothing here knows MLX.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ....protocol.endpoints import EndpointError, private_dir
from . import entry as files
from .chain import parse
from .entry import Damaged, Entry

log = logging.getLogger(__name__)

VARIABLE = "MLX_SERVE_PREFIX_CACHE_DIR"
_SUFFIX = ".safetensors"
_UNFINISHED = re.compile(r"\.[0-9a-f-]+\.[0-9a-f]{16}\.new")
_MODEL = re.compile(r"[0-9a-f]{32}(\.cleared-[0-9a-f]{16})?")
# A worker that writes is never at one file for so long; one that was killed leaves its file behind.
_UNFINISHED_SECONDS = 600
# Files of models that nobody has served for so long are removed.
_DAY = 24 * 3600
_STALE_SECONDS = 30 * _DAY
# What is left free on the disk, whatever the budget.
_RESERVE = 256 << 20
# Where files must go, some more go at once: to look for the oldest takes time.
_ROOM = 0.95


@dataclass(slots=True)
class File:
    """An entry's file: its bytes, and when it was used last, in nanoseconds since the epoch."""

    size: int
    used: int


class _Index:
    """Which entries there are, as last seen."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.tails: dict[str, dict[int, int]] = {}  # by block: how many tails of how many tokens

    def note(self, name: str, file: File) -> None:
        """Add an entry, or change it."""
        self.forget(name)
        self.files[name] = file
        if (tail := parse(name)) is not None:
            lengths = self.tails.setdefault(tail[0], {})
            lengths[tail[1]] = lengths.get(tail[1], 0) + 1

    def forget(self, name: str) -> None:
        """Take an entry out, if it is there."""
        if self.files.pop(name, None) is None or (tail := parse(name)) is None:
            return
        lengths = self.tails[tail[0]]
        lengths[tail[1]] -= 1
        if not lengths[tail[1]]:
            del lengths[tail[1]]


class Folder:
    """A model's entries in a directory.

    Args:
        root: Of all models; made, private to the user.
        model: The fingerprint that is the name of this model's own directory.
        budget: Bytes that its files may take.

    Raises:
        OSError: It can't be made.
        EndpointError: It belongs to somebody else.
    """

    def __init__(self, root: Path, model: str, budget: int) -> None:
        self.model = model
        self.budget = budget
        self._root = root
        self._place = root / model
        self._lock = threading.Lock()
        self._index = _Index()
        self._seen: int | None = None
        self._failed = False
        self._marked = 0.0
        private_dir(root, VARIABLE)
        private_dir(self._place, VARIABLE)
        self._mark_used()
        self._sweep()
        self.refresh()
        self._trim()

    @property
    def nbytes(self) -> int:
        """What its files take."""
        return sum(file.size for file in list(self._index.files.values()))

    def size_of(self, names: Iterable[str]) -> int:
        """Return the bytes of some entries' files, as last seen."""
        files = self._index.files
        return sum(files[name].size for name in names if name in files)

    def refresh(self) -> None:
        """See what others have written and removed."""
        with self._lock:
            try:
                changed = self._place.stat().st_mtime_ns
            except OSError:
                changed = None
            if changed is None or changed != self._seen:
                self._index = self._scan()
                self._seen = changed

    def held(self) -> Mapping[str, File]:
        """Return what is there, as last seen: by name, to look into."""
        return self._index.files

    def tails(self, parent: str) -> list[int]:
        """Return the numbers of tokens of the tails behind a block."""
        return list(self._index.tails.get(parent, ()))

    def read(self, name: str) -> Entry | None:
        """Return an entry; None if it is not there, or was damaged and is removed."""
        try:
            return files.read(self._path(name), name, self.model)
        except Damaged as error:
            log.warning("removing a file of the prefix cache, %s: %s", self._path(name), error)
            self.remove([name])
        except OSError:
            with self._lock:
                self._index.forget(name)
        return None

    def write(self, entry: Entry) -> bool:
        """Write an entry, and remove what is used least where that is too much; return whether it is there."""
        parts = files.encode(entry)
        size = sum(len(part) for part in parts)
        if size > self.budget:
            return False
        try:
            self._write(entry.name, parts, size)
        except (OSError, EndpointError) as error:
            if not self._failed:
                log.warning("the prefix cache on disk can't be written for now: %s", error)
            self._failed = True
            return False
        self._failed = False
        self._trim()
        return True

    def use(self, names: Sequence[str]) -> None:
        """Count a path of entries as used now: its beginning goes last."""
        self._mark_used()
        now = time.time_ns()
        for index, name in enumerate(names):
            used = now - 1000 * index  # microseconds are what all file systems keep
            with contextlib.suppress(OSError):
                os.utime(self._path(name), ns=(used, used))
            with self._lock:
                if name in self._index.files:
                    self._index.files[name].used = used

    def remove(self, names: Iterable[str]) -> None:
        """Remove entries; those that are not there are passed over."""
        for name in names:
            with contextlib.suppress(OSError):
                self._path(name).unlink()
            with self._lock:
                self._index.forget(name)

    def clear(self) -> Path | None:
        """Let all entries be gone from now on, and return where they went, for `discard`; None if nowhere."""
        away = self._root / f"{self.model}.cleared-{secrets.token_hex(8)}"
        with self._lock:
            self._index = _Index()
            try:
                self._place.rename(away)
            except OSError:
                return None
        return away

    def _write(self, name: str, parts: Sequence[bytes | memoryview], size: int) -> None:
        private_dir(self._place, VARIABLE)
        disk = os.statvfs(self._place)
        if disk.f_bavail * disk.f_frsize < size + _RESERVE:
            raise OSError("the disk is nearly full")
        unfinished = self._place / f".{name}.{secrets.token_hex(8)}.new"
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for part in parts:
                    _write_all(file.fileno(), part)
            unfinished.replace(self._path(name))
        finally:
            unfinished.unlink(missing_ok=True)
        with self._lock:
            self._index.note(name, File(size, time.time_ns()))

    def _trim(self) -> None:
        """Remove what is used least, if there is too much."""
        if self.nbytes > self.budget:
            with self._lock:
                self._index = self._scan()
                gone = least_used(self._index.files, int(_ROOM * self.budget))
            self.remove(gone)

    def _path(self, name: str) -> Path:
        return self._place / (name + _SUFFIX)

    def _scan(self) -> _Index:
        index = _Index()
        with contextlib.suppress(OSError), os.scandir(self._place) as entries:
            for each in entries:
                if (name := _entry_name(each.name)) is None:
                    continue
                with contextlib.suppress(OSError):
                    status = each.stat(follow_symlinks=False)
                    index.note(name, File(status.st_size, status.st_mtime_ns))
        return index

    def _mark_used(self) -> None:
        """Say, once a day at most, that this model is still served."""
        now = time.time()
        if now - self._marked > _DAY:
            self._marked = now
            with contextlib.suppress(OSError):
                os.utime(self._place)

    def _sweep(self) -> None:
        """Remove what killed workers left unfinished, and what is of models that nobody serves any more."""
        now = time.time()
        with contextlib.suppress(OSError):
            for path in self._place.iterdir():
                if _UNFINISHED.fullmatch(path.name) and now - path.lstat().st_mtime > _UNFINISHED_SECONDS:
                    path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            for path in self._root.iterdir():
                match = _MODEL.fullmatch(path.name)
                if match and (match[1] or now - path.lstat().st_mtime > _STALE_SECONDS):
                    discard(path)


def discard(place: Path) -> None:
    """Remove a directory of entries that nobody uses any more."""
    with contextlib.suppress(OSError):
        for path in place.iterdir():
            if _entry_name(path.name) is not None or _UNFINISHED.fullmatch(path.name):
                path.unlink(missing_ok=True)
        place.rmdir()


def _entry_name(file: str) -> str | None:
    """Return which entry a file is; None if it is none."""
    name = file.removesuffix(_SUFFIX)
    try:
        parse(name)
    except ValueError:
        return None
    return None if name == file else name


def least_used(held: Mapping[str, File], budget: int) -> list[str]:
    """Return the entries that must go for the others to keep to a budget: those that were used least recently."""
    excess = sum(file.size for file in held.values()) - budget
    gone: list[str] = []
    for name, file in sorted(held.items(), key=lambda item: item[1].used):
        if excess <= 0:
            break
        excess -= file.size
        gone.append(name)
    return gone


def _write_all(descriptor: int, part: bytes | memoryview) -> None:
    rest = memoryview(part)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
