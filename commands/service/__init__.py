"""`mlx-serve service`: the server as a service of launchd (macOS) or systemd (Linux)."""

from .command import service

__all__ = ["service"]
