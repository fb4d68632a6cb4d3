"""A worker's standard error: printed to ours as it comes, and its last lines kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections import deque

from ...logs import as_line

MAX_LINES = 100
MAX_BYTES = 16 * 1024
_CHUNK_BYTES = 64 * 1024
# What comes without an end for so long is printed as it is.
_LONGEST_LINE_BYTES = 8 * 1024
_LINE_ENDS = re.compile(rb"(?<=\n)|(?<=\r)(?!\n)")


class LastLines:
    """The last lines of a text, at most so many and so many bytes.

    A line that ends with a carriage return is replaced by the next one, as on a terminal: so a progress bar
    is one line.
    """

    def __init__(self, max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES) -> None:
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._overwrite = False

    def push(self, line: bytes) -> None:
        """Take a line with its end."""
        content = line.rstrip(b"\r\n")[: self._max_bytes]
        if self._overwrite and content:
            self._bytes -= len(self._lines.pop())
        if content or not self._overwrite:
            self._lines.append(content)
            self._bytes += len(content)
        self._overwrite = line.endswith(b"\r")
        while len(self._lines) > self._max_lines or self._bytes > self._max_bytes:
            self._bytes -= len(self._lines.popleft())

    def read(self) -> tuple[str, ...]:
        """Return the lines, oldest first."""
        return tuple(line.decode(errors="replace") for line in self._lines)


class StderrTail:
    """A pipe to be a process's standard error, read on the running event loop.

    Whole lines are printed to our own standard error, so that those of several workers don't mix. A process
    that the worker leaves behind may hold the pipe open; nothing here waits for its end.

    Args:
        name: The worker's, for lines that do not say it.

    Attributes:
        write_end: The descriptor to give to the process; then call `given`.
        lines: The last ones.
    """

    def __init__(self, name: str) -> None:
        self.lines = LastLines()
        self._name = name
        self._rest = b""
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._open = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._read_end, self._take)

    def given(self) -> None:
        """The process has its own descriptor of the write end: let go of ours."""
        os.close(self.write_end)

    def close(self) -> None:
        """Take what is still in the pipe, and close it. Idempotent."""
        while self._take():
            pass
        self._end()

    def _take(self) -> bool:
        """Take a part of what is there; return whether there may be more."""
        if not self._open:
            return False
        try:
            data = os.read(self._read_end, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._end()
            return False
        *lines, self._rest = _LINE_ENDS.split(self._rest + data)
        if len(self._rest) > _LONGEST_LINE_BYTES:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._pass_on(line)
        return True

    def _end(self) -> None:
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._read_end)
        os.close(self._read_end)
        if self._rest:
            self._pass_on(self._rest + b"\n")
            self._rest = b""

    def _pass_on(self, line: bytes) -> None:
        self.lines.push(line)
        # Our terminal may be gone; that is no reason to stop.
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(as_line(line.decode(errors="replace"), self._name))
            sys.stderr.flush()
