from pathlib import Path

import pytest
from mlx_llm_server.worker.memory import available_memory

MACHINE = 8_000_000


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The files of a Linux machine with 8 MB available, whose processes are in no group."""
    write(tmp_path, "proc/meminfo", f"MemTotal: 16000 kB\nMemFree: 5 kB\nMemAvailable: {MACHINE // 1000} kB\n")
    return tmp_path


def test_here_some_memory_is_available() -> None:
    assert available_memory() > 0


def test_without_groups_it_is_what_the_machine_has_available(machine: Path) -> None:
    assert available_memory(machine) == MACHINE // 1000 * 1024


def test_where_the_machine_does_not_tell_it_is_all_that_it_has(tmp_path: Path) -> None:
    assert available_memory(tmp_path) > 2**20


@pytest.mark.parametrize("group", ["", "/outer", "/outer/inner"])
def test_a_groups_limit_counts_whether_it_is_ours_or_one_around_it(machine: Path, group: str) -> None:
    write(machine, "proc/self/cgroup", "0::/outer/inner\n")
    write(machine, f"sys/fs/cgroup{group}/memory.max", "5000\n")
    write(machine, f"sys/fs/cgroup{group}/memory.current", "3000\n")
    write(machine, f"sys/fs/cgroup{group}/memory.stat", "anon 1000\ninactive_file 500\n")

    assert available_memory(machine) == 2500


def test_a_limit_of_the_first_version_of_groups_counts(machine: Path) -> None:
    write(machine, "proc/self/cgroup", "5:devices:/ours\n4:cpu,memory:/ours\n0::/\n")
    write(machine, "sys/fs/cgroup/memory/ours/memory.limit_in_bytes", "5000\n")
    write(machine, "sys/fs/cgroup/memory/ours/memory.usage_in_bytes", "3000\n")
    write(machine, "sys/fs/cgroup/memory/ours/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n")

    assert available_memory(machine) == 2500


def test_in_a_container_the_outermost_folder_is_our_group(machine: Path) -> None:
    write(machine, "proc/self/cgroup", "0::/a/path/of/the/host\n")
    write(machine, "sys/fs/cgroup/memory.max", "5000\n")
    write(machine, "sys/fs/cgroup/memory.current", "6000\n")
    write(machine, "sys/fs/cgroup/memory.stat", "inactive_file 0\n")

    assert available_memory(machine) == 0


def test_a_group_without_a_limit_does_not_count(machine: Path) -> None:
    write(machine, "proc/self/cgroup", "0::/\n")
    write(machine, "sys/fs/cgroup/memory.max", "max\n")
    write(machine, "sys/fs/cgroup/memory.current", "3000\n")
    write(machine, "sys/fs/cgroup/memory.stat", "inactive_file 0\n")

    assert available_memory(machine) == MACHINE // 1000 * 1024
