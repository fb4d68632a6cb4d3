"""Where frontend and worker meet: a Unix socket in a directory that only its owner can enter.

The directory is under the home directory rather than a temporary one, which macOS sweeps after three days;
a worker that starts later must still find the socket of a frontend that has run for months.
"""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

DEFAULT_PORT = 8080
# sun_path holds 104 bytes on macOS and 108 on Linux, the closing zero included.
MAX_SOCKET_PATH = 103
RUNTIME_DIR_VARIABLE = "MLX_SERVE_RUNTIME_DIR"


class EndpointError(Exception):
    """An endpoint can't be used safely; the sentence says what to do."""


def default_endpoint(port: int) -> str:
    """Return the endpoint of the frontend that listens on `port`, its directory made with mode 0700.

    Raises:
        EndpointError: The directory belongs to somebody else, or is open to others and can't be closed.
    """
    path = runtime_dir() / f"{port}.sock"
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        path = Path(f"/tmp/mlx-serve-{os.getuid()}") / f"{port}.sock"  # noqa: S108 - private_dir checks the owner
    private_dir(path.parent)
    return f"ipc://{path}"


def runtime_dir() -> Path:
    """Return the directory for sockets: `MLX_SERVE_RUNTIME_DIR`, or `.mlx-serve/run` at home."""
    if chosen := os.environ.get(RUNTIME_DIR_VARIABLE):
        return Path(chosen).expanduser().absolute()
    return user_dir() / "run"


def user_dir() -> Path:
    """Return the directory for what we keep of a user: `.mlx-serve` at home."""
    # A system service may have no HOME.
    home = os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
    return Path(home) / ".mlx-serve"


def private_dir(path: Path, variable: str = RUNTIME_DIR_VARIABLE) -> None:
    """Make `path` a directory that only the user can enter; `variable` is what chooses another one.

    Raises:
        EndpointError: It is a link, belongs to somebody else, or can't be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
    except OSError as error:
        raise EndpointError(f"can't make the directory {path}: {error}") from error
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise EndpointError(f"{path} is not a directory of this user; remove it or set {variable} to another one")
    if stat.S_IMODE(status.st_mode) != 0o700:
        path.chmod(0o700)


def check_endpoint(endpoint: str) -> str:
    """Return `endpoint` if frontend and worker may use it.

    Raises:
        EndpointError: It is no `ipc://` address, or too long for a Unix socket.
    """
    scheme, _, path = endpoint.partition("://")
    if scheme != "ipc" or not path:
        raise EndpointError(
            f"{endpoint!r}: only ipc:// endpoints are served; tcp:// needs encryption, which is not built yet"
        )
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise EndpointError(f"{endpoint!r}: a Unix socket path holds at most {MAX_SOCKET_PATH} bytes")
    return endpoint
