"""How far the loading is: a bar on a terminal, lines in a log, messages to the frontends."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # who looks at a log needs none of it
    from rich.progress import Progress

log = logging.getLogger(__name__)

Report = Callable[[str, int, int], None]
"""Called with the stage's name, bytes done, and bytes in all (both 0 while unknown)."""

_LOG_EVERY_SECONDS = 5.0
_REPORT_EVERY_SECONDS = 0.1


class LoadProgress:
    """Shows the loading of a model. Use as a context manager around it.

    Args:
        report: Told of every advance, as the frontends want to know.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._bar = _bar() if sys.stderr.isatty() else None
        self._logged_at = time.monotonic()
        self._stage = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def stage(self, name: str) -> None:
        """Begin a stage whose extent is not known."""
        self._stage = name
        self._report(name, 0, 0)
        log.info("%s", name)

    def downloads(self) -> Callable[[int, int], None]:
        """Return what is called with the bytes that were downloaded so far, and those in all."""
        stage, reported_at = self._stage, 0.0

        def advance(done: int, total: int) -> None:
            nonlocal reported_at
            if time.monotonic() - reported_at >= _REPORT_EVERY_SECONDS or done == total:
                reported_at = time.monotonic()
                self._report(stage, done, total)
            if time.monotonic() - self._logged_at >= _LOG_EVERY_SECONDS:
                self._logged_at = time.monotonic()
                log.info("%s: %d of %d MB", stage, done >> 20, total >> 20)

        return advance

    def weights(self, total: int) -> Callable[[int], None]:
        """Begin the weights' stage of `total` bytes; return what is called with the bytes done so far."""
        stage = f"{self._stage}: weights"
        if self._bar is not None:
            self._bar.start()
            self._bar.add_task("Loading weights", total=total)

        def advance(done: int) -> None:
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[-1], completed=done)
            elif time.monotonic() - self._logged_at >= _LOG_EVERY_SECONDS:
                self._logged_at = time.monotonic()
                log.info("weights: %d of %d MB", done >> 20, total >> 20)
            self._report(stage, done, total)

        return advance


def _bar() -> Progress:
    # Here: most workers write to a log, and need not import it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
