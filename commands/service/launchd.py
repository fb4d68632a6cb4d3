"""A job of launchd: a property list as launchd.plist(5) has it."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path
from typing import Any

from .plan import Delete, MakeFolder, Run, Service, Step, Write

_PREFIX = "io.github.mlx-llm-server"
_GONE_TRIES = 60
# Open files: a connection is one.
_FILES = 8192


def label(service: Service) -> str:
    """Return what launchd calls it."""
    return f"{_PREFIX}.{service.name}"


def plist_path(service: Service) -> Path:
    """Return where the property list is."""
    folder = Path("/Library/LaunchDaemons") if service.system else service.home / "Library/LaunchAgents"
    return folder / f"{label(service)}.plist"


def plist(service: Service) -> bytes:
    """Return the property list."""
    keys: dict[str, Any] = {
        "Label": label(service),
        "ProgramArguments": list(service.command),
        # A daemon has no HOME, and the Hugging Face cache and our folders are found by it.
        "EnvironmentVariables": {"HOME": str(service.home), **service.environment},
        "WorkingDirectory": str(service.home),
        "RunAtLoad": True,
        # It comes back after an end that nobody asked for, and not after one that was.
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": service.grace_seconds,
        # Otherwise it is a background process, which macOS gives less of the processor and of the disk.
        "ProcessType": "Interactive",
        "StandardOutPath": str(service.log),
        "StandardErrorPath": str(service.log),
        "SoftResourceLimits": {"NumberOfFiles": _FILES},
        "HardResourceLimits": {"NumberOfFiles": _FILES},
    }
    if service.system:
        # Before anybody logs in; not as root, which nothing of it needs.
        keys["UserName"] = service.user
    return plistlib.dumps(keys)


def install(service: Service) -> list[Step]:
    """Return what makes the service start now, and with the machine, or with its user's login."""
    return [
        MakeFolder(service.logs, service.user),
        Run(("launchctl", "bootout", f"{_domain(service)}/{label(service)}"), may_fail=True),
        Write(plist_path(service), plist(service)),
        Run(("launchctl", "enable", f"{_domain(service)}/{label(service)}")),
        # The job of before may still be ending, which `bootout` does not wait for.
        Run(("launchctl", "bootstrap", _domain(service), str(plist_path(service))), tries=_GONE_TRIES),
    ]


def remove(service: Service) -> list[Step]:
    """Return what ends the service and takes it away; its log stays."""
    return [
        Run(("launchctl", "bootout", f"{_domain(service)}/{label(service)}"), may_fail=True),
        Delete(plist_path(service)),
    ]


def status(service: Service) -> tuple[str, ...]:
    """Return the program that tells how it is."""
    return ("launchctl", "print", f"{_domain(service)}/{label(service)}")


def _domain(service: Service) -> str:
    return "system" if service.system else f"gui/{os.getuid()}"
