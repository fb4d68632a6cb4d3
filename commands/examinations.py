"""What the doctor looks at; each examination returns what it found, and what to do."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..protocol.endpoints import EndpointError, default_endpoint, user_dir
from ..sizes import show_size
from ..worker import blas
from ..worker.checkpoint import NoCheckpointError, read_checkpoint
from .connection import Server, ServerError
from .machine import Child, ask_mlx, fits, room_for_models

_OLDEST_PYTHON = (3, 11)
_DISTRIBUTION = "mlx-llm-server"
_INSTALL_MLX = (
    "on a Mac with Apple Silicon: pip install mlx-llm-server; on Linux: pip install 'mlx-llm-server[cpu]', or "
    "[cuda12], or [cuda13]"
)


class State(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """What one examination found.

    Attributes:
        subject: What was looked at.
        told: How it is.
        advice: What to do; empty if nothing is to be done.
    """

    subject: str
    state: State
    told: str
    advice: str = ""


def python() -> Finding:
    """Look at the interpreter."""
    told = f"{platform.python_version()} ({platform.system()} {platform.machine()}) at {sys.executable}"
    if sys.version_info < _OLDEST_PYTHON:
        return Finding("Python", State.FAULT, told, "Python 3.11 or newer is needed")
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        return Finding(
            "Python",
            State.FAULT,
            told,
            "an Intel Python can't see Metal: on Apple Silicon install a native one (CONTRIBUTING.md)",
        )
    return Finding("Python", State.OK, told)


def packages() -> Iterator[Finding]:
    """Look at what is installed, against what the package asks for."""
    try:
        wanted = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding(
            "packages", State.WARNING, "this is not an installed package", "pip install it, or its clone"
        )
        return
    faults, versions = [], []
    # Which extra is wanted can't be told; what those of MLX have is asked for on macOS without one.
    oldest = dict(filter(None, (_name_and_oldest(line) for line in wanted if "extra ==" not in line)))
    for name, version in sorted(oldest.items()):
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            faults.append(f"{name} is missing")
            continue
        versions.append(f"{name} {installed}")
        if _numbers(installed) < _numbers(version):
            faults.append(f"{name} {installed} is older than {version}")
    if faults:
        yield Finding("packages", State.FAULT, "; ".join(faults), _INSTALL_MLX)
    else:
        yield Finding("packages", State.OK, ", ".join(versions))


def _name_and_oldest(requirement: str) -> tuple[str, str] | None:
    match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*>=\s*([0-9.]+)", requirement)
    return (match[1], match[2]) if match else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version.partition("+")[0])[:3]))


def address(host: str, port: int) -> Finding:
    """Look whether the address can be listened on."""
    subject = f"address {host}:{port}"
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except socket.gaierror as error:
        return Finding(
            subject, State.FAULT, f"there is no such address here: {error.strerror}", "choose another --host"
        )
    except PermissionError:
        return Finding(
            subject, State.FAULT, "not allowed", "ports below 1024 belong to root: choose another --port"
        )
    except OSError as error:
        if _is_ours(host, port):
            return Finding(
                subject, State.WARNING, "a server of this kind answers there already", "mlx-serve status shows it"
            )
        return Finding(subject, State.FAULT, f"can't be used: {error.strerror}", "choose another --port or --host")
    return Finding(subject, State.OK, "free")


def _is_ours(host: str, port: int) -> bool:
    try:
        return Server(f"http://{host}:{port}", None).get("/health") == {"status": "ok"}
    except ServerError:
        return False


def folders(port: int, crash_dir: str | None) -> Iterator[Finding]:
    """Look whether what must be written can be."""
    try:
        endpoint = default_endpoint(port)
    except EndpointError as error:
        yield Finding(
            "sockets of workers", State.FAULT, str(error), "MLX_SERVE_RUNTIME_DIR chooses another folder"
        )
    else:
        place = Path(endpoint.removeprefix("ipc://")).parent
        yield _writable("sockets of workers", place, "MLX_SERVE_RUNTIME_DIR chooses another folder")
    place = Path(crash_dir).expanduser() if crash_dir else user_dir() / "crashes"
    yield _writable("files of crashes", place, "--crash-dir chooses another folder")


def _writable(subject: str, folder: Path, advice: str) -> Finding:
    # What is not there yet is made in the first folder above that is.
    place = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding(subject, State.FAULT, f"{place} can't be written: {error.strerror}", advice)
    return Finding(subject, State.OK, str(folder))


def model(name: str) -> tuple[Path | None, Finding]:
    """Look at the files of a model; its folder comes along if it can be loaded."""
    subject = f"model {name}"
    path = Path(name).expanduser()
    if not path.is_dir():
        found = _in_cache(name)
        if found is None:
            return None, Finding(
                subject,
                State.FAULT,
                "neither a folder nor on this machine",
                f"mlx-serve pull {name} downloads a model",
            )
        path = found
    try:
        checkpoint = read_checkpoint(path)
        for file in path.iterdir():
            if file.is_file() and not os.access(file, os.R_OK):
                raise NoCheckpointError(f"{file} can't be read by this user")
    except (NoCheckpointError, OSError) as error:
        return None, Finding(subject, State.FAULT, str(error), "mlx-serve pull completes what came from the hub")
    context = checkpoint.context_length
    told = f"{checkpoint.kind}, {show_size(checkpoint.weight_bytes)} of weights, {checkpoint.format}"
    return path, Finding(subject, State.OK, told if context is None else f"{told}, {context} tokens of context")


def _in_cache(name: str) -> Path | None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - for `--help`
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, HFValidationError):
        return None


def mlx(path: Path | None, timeout: float | None) -> Iterator[Finding]:
    """Look at MLX, its device and the memory, and generate with the model at `path`, in a child process."""
    first = ask_mlx()
    told = first.told
    if first.fault is not None or not told.get("computes"):
        yield Finding("MLX", State.FAULT, first.fault or "it computes what is no number", _INSTALL_MLX)
        return
    name = told["device_name"]
    yield Finding("MLX", State.OK, f"computes on the {told['device']}{f' ({name})' if name else ''}")
    if told["device"] == "cpu" and told["blas"] is not None:
        slow = told["blas"] == blas.ADVICE
        yield Finding("BLAS", State.WARNING if slow else State.OK, told["blas"])
    if sys.platform == "darwin" and told["device"] == "cpu":
        yield Finding("Metal", State.WARNING, "no GPU is used", "is this a virtual machine, or an Intel Mac?")
    yield from _memory(told, path)
    if path is not None and timeout is not None:
        yield generation(ask_mlx(str(path), timeout))


def _memory(told: dict[str, object], path: Path | None) -> Iterator[Finding]:
    room = room_for_models(told)
    text = f"{show_size(room)} for a model"
    if (limit := _wired_limit()) is not None:
        text += f"; wired limit: {f'{limit} MB' if limit else 'the default of the system'}"
    if path is None:
        yield Finding("memory", State.OK, text)
        return
    size = read_checkpoint(path).weight_bytes
    match fits(size, room):
        case "no":
            advice = "choose a smaller model, or one of fewer bits"
            if limit is not None:
                advice += "; sudo sysctl iogpu.wired_limit_mb=N lets the GPU take N MB"
            yield Finding("memory", State.FAULT, f"{text}, and the weights take {show_size(size)}", advice)
        case "tight":
            yield Finding(
                "memory",
                State.WARNING,
                f"{text}, of which the weights take {show_size(size)}",
                "little is left for running requests: lower --max-batch, and --prefix-cache-ram",
            )
        case _:
            yield Finding("memory", State.OK, text)


def _wired_limit() -> int | None:
    """Return macOS's `iogpu.wired_limit_mb`, 0 for the system's default; None elsewhere."""
    if sys.platform != "darwin":
        return None
    asked = subprocess.run(
        ["/usr/sbin/sysctl", "-n", "iogpu.wired_limit_mb"], capture_output=True, text=True, check=False
    )
    return int(asked.stdout) if asked.stdout.strip().isdigit() else None


def generation(child: Child) -> Finding:
    """Tell how the test generation ended."""
    told, subject = child.told, "test generation"
    if child.fault is None:
        return Finding(
            subject,
            State.OK,
            f"loaded in {told['load_seconds']:.1f} s, {told['generated_tokens']} tokens at "
            f"{told['tokens_per_second']:.0f} tok/s, {told['weights']}",
        )
    where = "while it generated" if "load_seconds" in told else "while it loaded the model"
    advice = "the sentence is what a worker would end with; mlx-serve doctor without --model tries the demo model"
    if "signal 9" in child.fault:
        advice = "the system killed it, most likely for its memory: choose a smaller model"
    return Finding(subject, State.FAULT, f"{where}: {child.fault}", advice)
