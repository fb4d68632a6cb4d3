"""What transformers offers, kept between two imports of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.worker.kept_structure import Structure, kept

STRUCTURE: Structure = {
    frozenset(): {"llama.configuration_llama": {"LlamaConfig"}, "llama.other": set()},
    frozenset({"torch", "vision"}): {"llama.modeling_llama": {"LlamaModel", "LlamaForCausalLM"}},
}

# Prints how many folders were read, and of how many modules something is offered.
IMPORT = """
import sys
from pathlib import Path
from mlx_llm_server.worker.kept_structure import keep_structure
keep_structure(Path(sys.argv[1]))
from transformers import AutoTokenizer
from transformers.models import _import_structure as offered
from transformers.utils import import_utils
print(import_utils.create_import_structure_from_path.cache_info().misses, len(offered))
"""


class Library:
    """A library that tells its structure, and counts how often it was asked."""

    def __init__(self, folder: Path, structure: Any = STRUCTURE) -> None:
        self.models = folder / "models"
        self.models.mkdir(exist_ok=True)
        self.structure = structure
        self.asked = 0

    def define(self, module_path: Path | str, prefix: str | None = None) -> Any:
        self.asked += 1
        return self.structure

    def start(self, folder: Path, *, module: str = "", version: str = "5.23.0", prefix: str | None = None) -> Any:
        """Return what a process that starts now is told."""
        return kept(self.define, self.models, version, folder)(self.models / module, prefix=prefix)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_the_second_process_is_told_the_same_without_asking(library: Library, folder: Path) -> None:
    assert library.start(folder) == library.start(folder) == STRUCTURE
    assert library.asked == 1


def test_each_question_has_an_answer_of_its_own(library: Library, folder: Path) -> None:
    for _ in range(2):
        library.start(folder)
        library.start(folder, module="__init__.py")
        library.start(folder, prefix="models")

    assert library.asked == 3


def test_another_version_and_another_folder_of_models_are_asked_again(library: Library, folder: Path) -> None:
    library.start(folder)
    library.structure = {frozenset(): {"new": {"New"}}}

    assert library.start(folder, version="5.24.0") == library.structure
    os.utime(library.models, ns=(1, 1))
    assert library.start(folder, version="5.24.0") == library.structure
    assert library.asked == 3


def test_small_packages_and_versions_that_are_worked_on_are_not_kept(library: Library, folder: Path) -> None:
    for _ in range(2):
        library.start(folder, module="auto/__init__.py")
        library.start(folder, version="5.24.0.dev0")

    assert library.asked == 4
    assert not folder.exists()


@pytest.mark.parametrize("content", ["", "[", "[1, 2]", "[STAMP, 5]", '[STAMP, [[["torch"], null]]]', "\0\xff"])
def test_what_is_broken_is_written_anew(library: Library, folder: Path, content: str) -> None:
    library.start(folder)
    (file,) = folder.iterdir()
    stamp = json.dumps(json.loads(file.read_text())[0])
    file.write_text(content.replace("STAMP", stamp), encoding="latin-1")

    assert library.start(folder) == library.start(folder) == STRUCTURE
    assert library.asked == 2


@pytest.mark.parametrize("structure", [{}, {"models": ["Llama"]}, {frozenset({1}): {"a": {2}}}, ["Llama"], None])
def test_what_is_built_otherwise_is_passed_on_as_it_is(tmp_path: Path, folder: Path, structure: Any) -> None:
    library = Library(tmp_path, structure)

    assert library.start(folder) == library.start(folder) == structure


def test_a_folder_that_cannot_be_made_does_no_harm(library: Library, folder: Path) -> None:
    folder.write_text("no folder")

    assert library.start(folder) == library.start(folder) == STRUCTURE


def test_transformers_is_imported_with_what_an_earlier_import_found(tmp_path: Path) -> None:
    from transformers.utils import import_utils  # noqa: PLC0415 - what it reads is looked at below

    module = Path(import_utils.__file__).parents[1] / "models" / "__init__.py"
    version = sys.modules["transformers"].__version__
    expected = import_utils.define_import_structure(module)
    define = kept(import_utils.define_import_structure, module.parent, version, tmp_path)
    define(module.parent, prefix="models")
    define(str(module))

    shown = subprocess.run(
        [sys.executable, "-c", IMPORT, str(tmp_path)], capture_output=True, text=True, check=True
    )

    folders_read, modules = map(int, shown.stdout.split())
    assert folders_read < 10
    assert modules == len({name for modules in expected.values() for name in modules})
