"""The servers that clients are tried against: one as it comes, and one that is easily full and loses workers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from ..benchmark.servers import HOST, free_port, serving

KEY = "client-key"
NARROW = ("--api-key", KEY, "--max-batch", "1", "--max-queue", "1", "--queue-timeout", "0.2")
"""Options of the second one: so soon is it full, and out of patience when its worker is gone.

Who waits is looked at once a second, and a worker is back within two.
"""


@contextlib.contextmanager
def both() -> Iterator[dict[str, str]]:
    """Serve the bundled model twice; give the variables that tell the tests where.

    Raises:
        RuntimeError: one did not start.
    """
    with _serving() as server, _serving(*NARROW) as narrow:
        yield {"CLIENTS_SERVER": server, "CLIENTS_NARROW_SERVER": narrow, "CLIENTS_NARROW_KEY": KEY}


@contextlib.contextmanager
def _serving(*options: str) -> Iterator[str]:
    port = free_port()
    # What a person has set for servers of their own is not for these; deaths are the tests' deeds.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MLX_SERVE_")}
    env |= {"MLX_SERVE_KEEP_CRASHES": "0"}
    command = ["mlx_llm_server", "up", "--host", HOST, "--port", str(port), *options]
    with serving(command, port, "/ready", env):
        yield f"http://{HOST}:{port}"
