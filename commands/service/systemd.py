"""A unit of systemd (https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html)."""

from __future__ import annotations

from pathlib import Path

from .plan import Delete, MakeFolder, Run, Service, Step, Write


def unit_path(service: Service) -> Path:
    """Return where the unit is."""
    folder = Path("/etc/systemd/system") if service.system else service.home / ".config/systemd/user"
    return folder / f"{service.name}.service"


def unit(service: Service) -> str:
    """Return the unit's text."""
    environment = [f"Environment={_quoted(f'{name}={value}')}" for name, value in service.environment.items()]
    lines = [
        "[Unit]",
        "Description=mlx-llm-server, an OpenAI-compatible server for language models",
        "Wants=network-online.target",
        "After=network-online.target",
        # However often it fails, it is tried again.
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "Type=exec",
        f"ExecStart={' '.join(map(_quoted_in_command, service.command))}",
        *environment,
        *([f"User={service.user}"] if service.system else []),
        f"WorkingDirectory={_escaped(str(service.home))}",
        # Not after an end that was asked for.
        "Restart=on-failure",
        "RestartSec=5",
        # The server first, whose workers end with it; what is left of them is killed.
        "KillMode=mixed",
        f"TimeoutStopSec={service.grace_seconds}",
        f"StandardOutput=append:{_escaped(str(service.log))}",
        f"StandardError=append:{_escaped(str(service.log))}",
        "NoNewPrivileges=true",
        "LimitNOFILE=65536",
        "",
        "[Install]",
        f"WantedBy={'multi-user' if service.system else 'default'}.target",
    ]
    return "\n".join(lines) + "\n"


def install(service: Service) -> list[Step]:
    """Return what makes the service start now, and with the machine."""
    steps: list[Step] = [
        MakeFolder(service.logs, service.user),
        Write(unit_path(service), unit(service).encode()),
        Run((*_systemctl(service), "daemon-reload")),
        Run((*_systemctl(service), "enable", service.name)),
        Run((*_systemctl(service), "restart", service.name)),
    ]
    if not service.system:
        # Else its user's services begin with the first login, and end with the last.
        steps.append(Run(("loginctl", "enable-linger", service.user)))
    return steps


def remove(service: Service) -> list[Step]:
    """Return what ends the service and takes it away; its log stays."""
    return [
        Run((*_systemctl(service), "disable", "--now", service.name), may_fail=True),
        Delete(unit_path(service)),
        Run((*_systemctl(service), "daemon-reload")),
    ]


def status(service: Service) -> tuple[str, ...]:
    """Return the program that tells how it is."""
    return (*_systemctl(service), "--no-pager", "status", service.name)


def _systemctl(service: Service) -> tuple[str, ...]:
    return ("systemctl",) if service.system else ("systemctl", "--user")


def _escaped(text: str) -> str:
    # % begins what systemd replaces.
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    text = _escaped(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"' if not text or any(each in text for each in " \t'\";\\#") else text


def _quoted_in_command(text: str) -> str:
    # $ begins a variable there.
    return _quoted(text).replace("$", "$$")
