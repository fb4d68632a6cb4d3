"""What this machine has for a model, as MLX sees it; asked in a child, which may crash where we must not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from ..worker.memory import available_memory

_TIMEOUT_SECONDS = 120.0
# Caches of running requests, and what computing needs, beside the weights.
_BESIDE_WEIGHTS = 0.2


@dataclass(frozen=True)
class Child:
    """How a child ended that looked at MLX.

    Attributes:
        told: What it found, as far as it came.
        fault: Why it did not come to its end; None if it did.
    """

    told: dict[str, Any]
    fault: str | None


def ask_mlx(model: str | None = None, timeout: float = _TIMEOUT_SECONDS) -> Child:
    """Look at MLX in a child process; with a model, have it generate too (see `worker/checkup.py`)."""
    command = [sys.executable, "-m", "mlx_llm_server.worker.checkup", *([] if model is None else [model])]
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours
            command, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        told = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else ""
        return Child(_read(told), f"it did not end within {timeout:.0f} s")
    if done.returncode == 0:
        return Child(_read(done.stdout), None)
    last = (done.stderr.strip().splitlines() or [""])[-1]
    how = f"killed by signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
    return Child(_read(done.stdout), f"{how}: {last}" if last else how)


def _read(lines: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for line in lines.splitlines():
        try:
            told |= json.loads(line)
        except (ValueError, TypeError):
            continue  # a library printed it
    return told


def room_for_models(told: dict[str, Any]) -> int:
    """Return the bytes that models may take here: the GPU's, where MLX told of one, or else what is available."""
    return told.get("gpu_bytes") or available_memory()


def fits(weight_bytes: int, room: int) -> str:
    """Return `yes`, `no`, or `tight`: the weights fit, but little is left for running requests."""
    if weight_bytes > room:
        return "no"
    return "yes" if weight_bytes * (1 + _BESIDE_WEIGHTS) <= room else "tight"
