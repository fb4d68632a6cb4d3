"""What `pip install mlx-llm-server` puts on a machine."""

import configparser
import email
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("frontend", "worker", "protocol", "scripts", "tests")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built from a copy, with the build backend of this environment."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for folder in SOURCES:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy(file, source)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = [path for path in wheel.namelist() if path.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode()


def test_nothing_but_the_package_and_its_metadata_is_installed(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    (dist_info,) = tops - {"mlx_llm_server"}
    assert dist_info.startswith("mlx_llm_server-")
    assert dist_info.endswith(".dist-info")


def test_every_module_of_the_root_and_the_three_layers_is_installed(wheel: zipfile.ZipFile) -> None:
    layers = [path for layer in ("frontend", "worker", "protocol") for path in (ROOT / layer).rglob("*.py")]
    modules = {f"mlx_llm_server/{path.relative_to(ROOT)}" for path in [*ROOT.glob("*.py"), *layers]}

    assert modules == {name for name in wheel.namelist() if name.endswith(".py")}


def test_the_commands_are_installed(wheel: zipfile.ZipFile) -> None:
    entry_points = configparser.ConfigParser()
    entry_points.read_string(metadata(wheel, "entry_points.txt"))

    assert dict(entry_points["console_scripts"]) == {
        "mlx-serve": "mlx_llm_server.__main__:main",
        "mlx-llm-server": "mlx_llm_server.__main__:single",
    }


def test_a_mac_gets_mlx_and_elsewhere_an_extra_chooses_it(wheel: zipfile.ZipFile) -> None:
    requirements = email.message_from_string(metadata(wheel, "METADATA")).get_all("Requires-Dist", [])

    mlx = {each.partition(";")[2].strip() for each in requirements if each.startswith(("mlx>", "mlx[", "mlx "))}
    assert mlx == {
        'sys_platform == "darwin"',
        'extra == "cpu"',
        'extra == "cuda12"',
        'extra == "cuda13"',
    }


def test_the_license_is_installed(wheel: zipfile.ZipFile) -> None:
    assert any(name.endswith("/LICENSE") for name in wheel.namelist())
