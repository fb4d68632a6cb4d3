import os
import pwd
import stat
from pathlib import Path

import pytest
from mlx_llm_server.protocol.endpoints import (
    MAX_SOCKET_PATH,
    RUNTIME_DIR_VARIABLE,
    EndpointError,
    check_endpoint,
    default_endpoint,
    private_dir,
    runtime_dir,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    private_dir(tmp_path / "parent" / "run")

    assert mode(tmp_path / "parent" / "run") == 0o700


def test_the_directory_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private_dir(tmp_path / "run")
    finally:
        os.umask(before)

    assert mode(tmp_path / "run") == 0o700


def test_an_open_directory_of_the_user_is_closed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)

    private_dir(tmp_path / "run")

    assert mode(tmp_path / "run") == 0o700


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    somebody_else = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: somebody_else)

    with pytest.raises(EndpointError, match=f"not a directory of this user; .* {RUNTIME_DIR_VARIABLE}"):
        private_dir(tmp_path / "run")


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_a_link_is_refused_whether_it_leads_somewhere_or_not(tmp_path: Path, target: str) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    (tmp_path / "run").symlink_to(tmp_path / target)

    with pytest.raises(EndpointError):
        private_dir(tmp_path / "run")
    assert mode(tmp_path / "there") == 0o755


def test_a_file_in_the_directorys_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")

    with pytest.raises(EndpointError, match="can't make the directory"):
        private_dir(tmp_path / "run")


def test_the_variable_chooses_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNTIME_DIR_VARIABLE, str(tmp_path / "chosen"))

    assert runtime_dir() == tmp_path / "chosen"


def test_the_directory_is_under_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RUNTIME_DIR_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert runtime_dir() == tmp_path / ".mlx-serve" / "run"


def test_a_service_without_a_home_variable_has_a_directory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RUNTIME_DIR_VARIABLE, raising=False)
    monkeypatch.delenv("HOME")

    assert runtime_dir() == Path(pwd.getpwuid(os.getuid()).pw_dir) / ".mlx-serve" / "run"


def test_the_default_endpoint_is_named_after_the_port(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNTIME_DIR_VARIABLE, str(short_dir / "run"))

    endpoint = default_endpoint(8123)

    assert endpoint == f"ipc://{short_dir}/run/8123.sock"
    assert mode(short_dir / "run") == 0o700
    assert check_endpoint(endpoint) == endpoint


def test_a_home_too_deep_for_a_socket_falls_back_to_a_private_short_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * MAX_SOCKET_PATH)
    monkeypatch.setenv(RUNTIME_DIR_VARIABLE, str(deep))

    endpoint = default_endpoint(8123)

    path = Path(endpoint.removeprefix("ipc://"))
    assert path == Path(f"/tmp/mlx-serve-{os.getuid()}/8123.sock")
    assert mode(path.parent) == 0o700
    assert not deep.exists()
    assert check_endpoint(endpoint) == endpoint


def test_the_longest_path_that_fits_is_taken_and_one_more_byte_is_refused() -> None:
    longest = "ipc:///" + "x" * (MAX_SOCKET_PATH - 1)
    assert check_endpoint(longest) == longest

    with pytest.raises(EndpointError, match=f"at most {MAX_SOCKET_PATH} bytes"):
        check_endpoint(longest + "x")


def test_the_length_of_a_path_is_counted_in_bytes() -> None:
    with pytest.raises(EndpointError, match="bytes"):
        check_endpoint("ipc:///" + "ä" * 60)


@pytest.mark.parametrize(
    "endpoint", ["tcp://127.0.0.1:5555", "tcp://*:5555", "inproc://x", "/tmp/x.sock", "ipc://", "", "IPC:///x"]
)
def test_what_is_no_ipc_address_is_refused(endpoint: str) -> None:
    with pytest.raises(EndpointError, match="only ipc:// endpoints are served"):
        check_endpoint(endpoint)
