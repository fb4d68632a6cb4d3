import json
import os
import stat
from pathlib import Path

import pytest
from mlx_llm_server.frontend.crashes import CrashStore, Dossier
from mlx_llm_server.protocol.endpoints import EndpointError


def dossier(number: int, reason: str = "x") -> Dossier:
    return Dossier(
        id=f"{number:010x}",
        time=f"2026-01-02T03:04:{number:02}.500Z",
        endpoint="ipc:///tmp/x",
        worker="worker-1",
        pid=7,
        own=True,
        state="ready",
        reason=reason,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "parent" / "crashes"


def test_a_dossier_is_for_its_owner_alone_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        CrashStore(folder, 5).write(dossier(1))
    finally:
        os.umask(before)

    (path,) = folder.iterdir()
    assert path.name == "20260102T030401.500Z-0000000001.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_is_read_as_it_was_written(folder: Path) -> None:
    store = CrashStore(folder, 5)
    store.write(dossier(1, "Überlauf"))

    assert store.find("0000000001") == json.loads(json.dumps(dossier(1, "Überlauf").as_json()))
    assert store.find("0000000002") is None


def test_the_newest_come_first_and_the_oldest_go(folder: Path) -> None:
    store = CrashStore(folder, 3)
    for number in (3, 1, 5, 2, 4):
        store.write(dossier(number))

    assert [crash["id"][-1] for crash in store.dossiers()] == ["5", "4", "3"]
    assert len(list(folder.iterdir())) == 3


def test_what_is_written_again_is_one_file(folder: Path) -> None:
    store = CrashStore(folder, 3)
    store.write(dossier(1, "before"))
    store.write(dossier(1, "after"))

    assert [crash["reason"] for crash in store.dossiers()] == ["after"]


def test_nothing_is_written_where_nothing_is_kept(folder: Path) -> None:
    store = CrashStore(folder, 0)
    store.write(dossier(1))

    assert not folder.exists()
    assert store.dossiers() == []


def test_other_files_are_neither_read_nor_removed(folder: Path) -> None:
    store = CrashStore(folder, 1)
    store.write(dossier(1))
    (folder / "notes.json").write_text("{}")
    (folder / "20260102T030409.500Z-0000000009.json").write_text("half a dossi")
    store.write(dossier(10))

    assert (folder / "notes.json").exists()
    assert [crash["id"][-1] for crash in store.dossiers()] == ["a"]


def test_one_that_is_damaged_is_left_out(folder: Path) -> None:
    store = CrashStore(folder, 3)
    store.write(dossier(1))
    (folder / "20260102T030409.500Z-0000000009.json").write_text("half a dossi")

    assert [crash["id"][-1] for crash in store.dossiers()] == ["1"]
    assert store.find("0000000009") is None


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(EndpointError, match="file"):
        CrashStore(tmp_path / "file", 3).write(dossier(1))
