"""What `pip install mlx-llm-server` puts on a machine."""

import configparser
import email
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlx_llm_server.demo import DEMO_MODEL

ROOT = Path(__file__).parents[2]
SOURCES = ("commands", "demo", "frontend", "worker", "protocol", "scripts", "tests")
DEMO_FILES = {
    "MODEL_CARD.md",
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
}
LARGEST_DEMO_BYTES = 8_000_000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from a copy, with the build backend of this environment."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for folder in SOURCES:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy(file, source)
    build = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--sdist", "--no-isolation", "--outdir", out, source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    (path,) = built.glob("*.whl")
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


def test_every_module_of_the_root_and_its_packages_is_installed(wheel: zipfile.ZipFile) -> None:
    packages = ("commands", "demo", "frontend", "worker", "protocol")
    inner = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    modules = {f"mlx_llm_server/{path.relative_to(ROOT)}" for path in [*ROOT.glob("*.py"), *inner]}

    assert modules == {name for name in wheel.namelist() if name.endswith(".py")}


def test_the_demo_model_is_installed_and_small(wheel: zipfile.ZipFile) -> None:
    folder = f"mlx_llm_server/demo/{DEMO_MODEL.name}/"
    sizes = {
        each.filename.removeprefix(folder): each.file_size
        for each in wheel.infolist()
        if each.filename.startswith(folder)
    }

    assert set(sizes) == DEMO_FILES
    assert sum(sizes.values()) <= LARGEST_DEMO_BYTES


def test_the_demo_model_is_in_the_source_distribution(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {f"demo/{DEMO_MODEL.name}/{file}" for file in DEMO_FILES} <= names


def test_the_page_is_installed_and_in_the_source_distribution(wheel: zipfile.ZipFile, built: Path) -> None:
    files = {f"frontend/page/{file.name}" for file in (ROOT / "frontend" / "page").iterdir()}
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert "frontend/page/index.html" in files
    assert {f"mlx_llm_server/{file}" for file in files} <= set(wheel.namelist())
    assert files <= names


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
