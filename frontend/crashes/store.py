"""The files of the crash dossiers: a bounded number, the oldest removed, readable for their owner alone."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from typing import Any

from ...protocol.endpoints import private_dir
from .dossier import Dossier

CRASH_DIR_VARIABLE = "MLX_SERVE_CRASH_DIR"
# Times first, so that the order of names is that of time. What is named otherwise is not ours to touch.
_NAME = re.compile(r"\d{8}T\d{6}\.\d{3}Z-([0-9a-f]{10})\.json")


class CrashStore:
    """A folder of dossiers; several frontends may share it.

    Args:
        folder: Made, private to the user, when there is something to write.
        keep: How many dossiers are kept; 0 writes none.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self._folder = folder
        self._keep = keep

    def write(self, dossier: Dossier) -> None:
        """Write a dossier, in place of an earlier one with its id and time, and remove what is too old.

        Raises:
            OSError: It can't be written.
            EndpointError: The folder can't be made, or belongs to somebody else.
        """
        if not self._keep:
            return
        private_dir(self._folder, CRASH_DIR_VARIABLE)
        name = f"{dossier.time.replace('-', '').replace(':', '')}-{dossier.id}.json"
        unfinished = self._folder / f".{name}.new"
        try:
            # A file that is there already keeps its mode, and its name could be a link to elsewhere.
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(dossier.as_json(), file, indent=1)
                file.write("\n")
            unfinished.replace(self._folder / name)
        finally:
            unfinished.unlink(missing_ok=True)
        for path in self._paths()[self._keep :]:
            path.unlink(missing_ok=True)

    def dossiers(self) -> list[dict[str, Any]]:
        """Return the content of all dossiers that can be read, the newest first."""
        return [dossier for path in self._paths()[: self._keep] if (dossier := _read(path)) is not None]

    def find(self, crash: str) -> dict[str, Any] | None:
        """Return the content of a dossier, or None if it is not, or no longer, there."""
        for path in self._paths():
            if path.name.endswith(f"-{crash}.json"):
                return _read(path)
        return None

    def _paths(self) -> list[Path]:
        """Return the files that are dossiers, the newest first."""
        try:
            names = [name for name in os.listdir(self._folder) if _NAME.fullmatch(name)]  # noqa: PTH208 - names
        except OSError:
            return []
        return [self._folder / name for name in sorted(names, reverse=True)]


def _read(path: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return None
