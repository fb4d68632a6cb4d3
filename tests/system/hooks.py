"""Code that is put into the interpreters of our commands at their start."""

from __future__ import annotations

import os
from pathlib import Path

# A hook may import mlx, whose BLAS must be decided before; and dead workers are started again at once, as how long
# that waits, and why, is tested with the nursery's parts.
_ALWAYS = """
import sys
if "worker" in sys.orig_argv:
    from mlx_llm_server.worker.blas import prefer_openblas
    prefer_openblas()
elif any("mlx-" in argument for argument in sys.orig_argv):
    from mlx_llm_server.frontend.nursery import backoff
    assert backoff.FIRST_PAUSE_SECONDS and backoff.LONGEST_PAUSE_SECONDS
    backoff.FIRST_PAUSE_SECONDS = backoff.LONGEST_PAUSE_SECONDS = 0.02
import hooked
"""

# For `hook`: a worker whose model takes four seconds more to load.
SLOW_TO_LOAD = """
import sys, time
if "worker" in sys.orig_argv:
    from mlx_llm_server.worker import loading
    load = loading.load
    def load_slowly(*arguments, **options):
        time.sleep(4)
        return load(*arguments, **options)
    loading.load = load_slowly
"""


def hook(folder: Path, code: str = "") -> str:
    """Return the PYTHONPATH with which every interpreter runs `code` first; it is kept in `folder`."""
    (folder / "sitecustomize.py").write_text(_ALWAYS)
    (folder / "hooked.py").write_text(code)
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
