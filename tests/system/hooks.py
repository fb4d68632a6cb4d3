"""Code that is put into the interpreters of our commands at their start."""

from __future__ import annotations

import os
from pathlib import Path


def hook(folder: Path, code: str) -> str:
    """Return the PYTHONPATH with which every interpreter runs `code` first; it is kept in `folder`."""
    (folder / "sitecustomize.py").write_text(code)
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
