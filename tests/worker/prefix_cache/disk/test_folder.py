"""The files of a model: private, bounded, shared, and nobody else's."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from mlx_llm_server.protocol.endpoints import EndpointError
from mlx_llm_server.worker.prefix_cache.disk.chain import tail_name
from mlx_llm_server.worker.prefix_cache.disk.entry import Entry, Tensor
from mlx_llm_server.worker.prefix_cache.disk.folder import File, Folder, discard, least_used

MODEL = "f" * 32
AMPLE = 10**9
PAYLOAD = 10_000


def name(number: int) -> str:
    return f"{number:032x}"


def entry(called: str, model: str = MODEL, size: int = PAYLOAD) -> Entry:
    data = np.arange(size, dtype=np.uint8)
    return Entry(called, model, "", [1, 2, 3], {"x": Tensor("U8", (size,), data)})


def write(folder: Folder, *numbers: int) -> None:
    """Write entries, a millisecond or more between their times."""
    for number in numbers:
        folder.write(entry(name(number)))
        when = time.time_ns() - 10**9 + 10**6 * number
        os.utime(path(folder, name(number)), ns=(when, when))


def path(folder: Folder, called: str) -> Path:
    return folder._place / f"{called}.safetensors"


def mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def test_what_is_written_is_there_after_a_restart_and_private(tmp_path: Path) -> None:
    root = tmp_path / "prefixes"
    Folder(root, MODEL, AMPLE).write(entry(name(1)))

    folder = Folder(root, MODEL, AMPLE)

    assert (mode(root), mode(root / MODEL), mode(path(folder, name(1)))) == (0o700, 0o700, 0o600)
    found = folder.read(name(1))
    assert found is not None
    assert found.tensors["x"].data.tobytes() == entry(name(1)).tensors["x"].data.tobytes()


def test_a_directory_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(EndpointError, match="MLX_SERVE_PREFIX_CACHE_DIR"):
        Folder(tmp_path / "link", MODEL, AMPLE)


def test_two_workers_see_what_the_other_writes_and_miss_what_it_removes(tmp_path: Path) -> None:
    one, two = Folder(tmp_path, MODEL, AMPLE), Folder(tmp_path, MODEL, AMPLE)
    one.write(entry(name(1)))
    two.refresh()
    assert name(1) in two.held()

    one.remove([name(1)])

    assert name(1) in two.held()
    assert two.read(name(1)) is None
    assert name(1) not in two.held()


def test_a_damaged_file_is_removed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = Folder(tmp_path, MODEL, AMPLE)
    folder.write(entry(name(1)))
    os.truncate(path(folder, name(1)), 5000)

    assert folder.read(name(1)) is None

    assert "checksum is wrong" in caplog.text
    assert not path(folder, name(1)).exists()
    assert folder.nbytes == 0


def test_another_models_files_are_left_alone_and_do_not_count(tmp_path: Path) -> None:
    other = Folder(tmp_path, "e" * 32, AMPLE)
    other.write(entry(name(1), "e" * 32))

    folder = Folder(tmp_path, MODEL, 2 * PAYLOAD)
    folder.write(entry(name(1)))

    assert other.read(name(1)) is not None
    assert PAYLOAD < folder.nbytes < 2 * PAYLOAD


def test_over_the_budget_what_was_used_least_recently_goes(tmp_path: Path) -> None:
    folder = Folder(tmp_path, MODEL, 4 * PAYLOAD)
    write(folder, 1, 2, 3)
    folder.use([name(1)])

    folder.write(entry(name(4)))

    assert folder.nbytes <= 4 * PAYLOAD
    folder.refresh()
    assert sorted(folder.held()) == [name(1), name(3), name(4)]


def test_a_budget_that_was_lowered_is_kept_from_the_start(tmp_path: Path) -> None:
    write(Folder(tmp_path, MODEL, AMPLE), 1, 2, 3)

    assert list(Folder(tmp_path, MODEL, 2 * PAYLOAD).held()) == [name(3)]


def test_when_it_was_used_is_known_after_a_restart_and_a_path_goes_from_its_end(tmp_path: Path) -> None:
    write(Folder(tmp_path, MODEL, AMPLE), 1, 2, 3, 4)
    Folder(tmp_path, MODEL, AMPLE).use([name(1), name(2), name(3)])

    held = Folder(tmp_path, MODEL, AMPLE).held()

    assert sorted(held, key=lambda each: held[each].used) == [name(4), name(3), name(2), name(1)]


def test_no_more_goes_than_must() -> None:
    held = {name(number): File(10, number) for number in range(5)}
    assert least_used(held, 50) == []
    assert least_used(held, 49) == [name(0)]
    assert least_used(held, 30) == [name(0), name(1)]


def test_what_is_larger_than_the_budget_is_not_written_and_nothing_goes_for_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path, MODEL, 2 * PAYLOAD)
    write(folder, 1)

    assert not folder.write(entry(name(2), size=3 * PAYLOAD))

    assert list(folder.held()) == [name(1)]


def test_what_is_called_otherwise_is_not_touched(tmp_path: Path) -> None:
    folder = Folder(tmp_path, MODEL, 2 * PAYLOAD)
    strange = [tmp_path / "notes.txt", tmp_path / MODEL / "model.safetensors", tmp_path / "other"]
    for each in strange[:2]:
        each.write_bytes(b"x" * 5 * PAYLOAD)
    strange[2].mkdir()
    os.utime(strange[2], (0, 0))
    write(folder, 1, 2, 3)

    place = folder.clear()
    assert place is not None
    discard(place)
    Folder(tmp_path, MODEL, AMPLE)

    assert strange[0].exists()
    assert strange[2].exists()
    assert (place / "model.safetensors").exists()


def test_after_clearing_nothing_is_there_and_others_notice(tmp_path: Path) -> None:
    one, two = Folder(tmp_path, MODEL, AMPLE), Folder(tmp_path, MODEL, AMPLE)
    write(one, 1)
    two.refresh()

    place = one.clear()

    two.refresh()
    assert (one.read(name(1)), two.read(name(1)), dict(two.held())) == (None, None, {})
    assert place is not None
    discard(place)
    assert list(tmp_path.iterdir()) == []
    two.write(entry(name(2)))
    one.refresh()
    assert list(one.held()) == [name(2)]


def test_what_a_killed_worker_left_unfinished_goes_after_a_while(tmp_path: Path) -> None:
    folder = Folder(tmp_path, MODEL, AMPLE)
    left = folder._place / f".{name(1)}.{'0' * 16}.new"
    left.touch()
    Folder(tmp_path, MODEL, AMPLE)
    assert left.exists(), "it may be written right now"
    os.utime(left, (0, 0))

    Folder(tmp_path, MODEL, AMPLE)

    assert not left.exists()


def test_models_that_nobody_has_served_for_a_month_go(tmp_path: Path) -> None:
    old, recent = Folder(tmp_path, "e" * 32, AMPLE), Folder(tmp_path, "d" * 32, AMPLE)
    old.write(entry(name(1), "e" * 32))
    recent.write(entry(name(1), "d" * 32))
    for folder, days in ((old, 31), (recent, 29)):
        os.utime(folder._place, (0, time.time() - days * 24 * 3600))

    Folder(tmp_path, MODEL, AMPLE)

    assert not old._place.exists()
    assert recent.read(name(1)) is not None


def test_a_disk_that_can_not_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = Folder(tmp_path / "prefixes", MODEL, AMPLE)
    folder._place.rmdir()
    folder._place.write_text("in the way")

    assert not folder.write(entry(name(1)))
    assert not folder.write(entry(name(2)))

    assert caplog.text.count("can't be written") == 1


def test_tails_are_known_by_the_block_before_them(tmp_path: Path) -> None:
    folder = Folder(tmp_path, MODEL, AMPLE)
    for tokens in ([1], [2], [1, 2]):
        folder.write(entry(tail_name(name(7), tokens)))

    assert sorted(Folder(tmp_path, MODEL, AMPLE).tails(name(7))) == [1, 2]

    folder.remove([tail_name(name(7), [1]), tail_name(name(7), [1, 2])])
    assert folder.tails(name(7)) == [1]
    assert folder.tails(name(8)) == []
