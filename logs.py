"""The log of every process: lines for people, or a JSON object each.

A worker that the frontend has started writes its own lines, and the frontend passes them on. With JSON, what a
worker prints and is no such line (a traceback of the interpreter, a word of a library) is put into one.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

import click

FORMATS = ("text", "json")
_BEGIN = '{"time": '

LOG_OPTIONS = [
    click.option(
        "--log-format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        envvar="MLX_SERVE_LOG_FORMAT",
        help="Lines of the log: for people, or each a JSON object.",
    )
]


def log_to_stderr(style: str = "text", process: str = "") -> None:
    """Log what we do, and of our libraries only what is wrong; may be called again once more is known.

    Args:
        style: One of `FORMATS`.
        process: What this process is called in each line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Json(process) if style == "json" else _Text(process))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(__package__).setLevel(logging.INFO)
    logging.captureWarnings(style == "json")


def as_line(printed: str, process: str) -> str:
    """Return what goes into our log for a line, with its end, that another process printed."""
    (handler,) = logging.getLogger().handlers[:1] or [None]
    if handler is None or not isinstance(handler.formatter, _Json) or printed.startswith(_BEGIN):
        return printed
    if not (content := printed.rstrip()):
        return ""
    return _object("info", process, "stderr", content) + "\n"


class _Text(logging.Formatter):
    def __init__(self, process: str) -> None:
        named = f" {process}:".replace("%", "%%") if process else ""
        super().__init__(f"%(asctime)s %(levelname)-7s{named} %(message)s", "%Y-%m-%d %H:%M:%S")


class _Json(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        more: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info:
            more["exception"] = self.formatException(record.exc_info)
        name = record.name.removeprefix(f"{__package__}.")
        return _object(record.levelname.lower(), self._process, name, record.getMessage(), more)


def _object(level: str, process: str, logger: str, message: str, more: dict[str, Any] | None = None) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps(
        {"time": now, "level": level, "process": process, "logger": logger, "message": message, **(more or {})}
    )
