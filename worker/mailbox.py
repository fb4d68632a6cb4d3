"""A queue that a polling thread can wait for together with its sockets."""

from __future__ import annotations

import contextlib
import queue
import socket
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Any thread posts, one thread polls `fileno` and then takes all.

    The guarantee: after a `post`, `fileno` is readable until the item was taken.
    """

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._wake, self._bell = socket.socketpair()
        self._wake.setblocking(False)
        self._bell.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor to poll for reading."""
        return self._wake.fileno()

    def post(self, item: T) -> None:
        """Add an item; safe on any thread and in a signal handler."""
        self._items.put(item)
        # Full means that so many wake-ups wait already that the reader is sure to look.
        with contextlib.suppress(BlockingIOError):
            self._bell.send(b"\0")

    def take_all(self) -> list[T]:
        """Return what was posted, oldest first. The bell is emptied first, so that no item is left unseen."""
        with contextlib.suppress(BlockingIOError):
            while self._wake.recv(4096):
                pass
        items: list[T] = []
        try:
            while True:
                items.append(self._items.get_nowait())
        except queue.Empty:
            return items
