"""The servers that clients are tried against, as far as their environments can know them: by address alone."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PATIENCE = 60.0


@dataclass(frozen=True)
class Running:
    """A server that serves the bundled demo model with one worker.

    Attributes:
        key: What it asks for; any string where it asks for none.
    """

    address: str
    key: str = "any"

    @property
    def base_url(self) -> str:
        """What clients are told."""
        return f"{self.address}/v1"

    def workers(self) -> list[dict[str, Any]]:
        """Return those that are ready."""
        try:
            with urllib.request.urlopen(f"{self.address}/ready") as answer:
                state = json.load(answer)
        except urllib.error.HTTPError as error:
            state = json.load(error)
        return [worker for worker in state["workers"] if worker["state"] == "ready"]

    def kill_worker(self) -> None:
        (worker,) = self.workers()
        os.kill(worker["pid"], signal.SIGKILL)

    def wait_ready(self) -> None:
        _until(self.workers, "a worker is ready")

    def wait_idle(self) -> None:
        """Wait until nothing is running: who left was cancelled."""
        _until(lambda: not any(worker["running"] for worker in self.workers()), "nothing is running")


def _until(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.05)
