"""What a service is, and what is to be done about it. Writes no file and runs no program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Service:
    """The server as a service.

    Attributes:
        name: In systemd the unit's; launchd's label is made of it.
        command: The program and its arguments; the program as an absolute path.
        system: It belongs to the machine and runs before anybody logs in; otherwise it is its user's.
        user: Who runs it.
        home: Where that is at home.
        logs: Where its log is.
        environment: What it has besides what the system gives.
        grace_seconds: How long it may take to end.
    """

    name: str
    command: tuple[str, ...]
    system: bool
    user: str
    home: Path
    logs: Path
    environment: dict[str, str]
    grace_seconds: int

    @property
    def log(self) -> Path:
        """The file that the server's log goes to."""
        return self.logs / f"{self.name}.log"


@dataclass(frozen=True)
class Write:
    """Write a file, and the folders above it."""

    path: Path
    content: bytes


@dataclass(frozen=True)
class MakeFolder:
    """Make a folder, which belongs to the user that runs the service."""

    path: Path
    owner: str


@dataclass(frozen=True)
class Run:
    """Run a program.

    Attributes:
        may_fail: It fails where there is nothing to be done.
        tries: How often it is tried, a second apart.
    """

    command: tuple[str, ...]
    may_fail: bool = False
    tries: int = 1


@dataclass(frozen=True)
class Delete:
    """Delete a file, if it is there."""

    path: Path


Step = Write | MakeFolder | Run | Delete
