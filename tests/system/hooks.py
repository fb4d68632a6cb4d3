"""Code that is put into the interpreters of our commands at their start."""

from __future__ import annotations

import os
from pathlib import Path

# Dead workers are started again at once: how long that waits, and why, is tested with the nursery's parts.
_HASTE = """
import sys
if "worker" not in sys.orig_argv and any("mlx-" in argument for argument in sys.orig_argv):
    from mlx_llm_server.frontend.nursery import backoff
    assert backoff.FIRST_PAUSE_SECONDS and backoff.LONGEST_PAUSE_SECONDS
    backoff.FIRST_PAUSE_SECONDS = backoff.LONGEST_PAUSE_SECONDS = 0.02
"""


def hook(folder: Path, code: str = "") -> str:
    """Return the PYTHONPATH with which every interpreter runs `code` first; it is kept in `folder`."""
    (folder / "sitecustomize.py").write_text(code + _HASTE)
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
