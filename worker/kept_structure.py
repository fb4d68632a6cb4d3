"""transformers, imported without reading the source of all its models.

To learn which names its 1700 files offer, transformers' `define_import_structure` reads them at every import, and
twice: it remembers 128 of 548 folders. That was 0.6 of the 1.6 seconds of CPU time of a worker's start. What it
found is kept in a file, for one version in one place.
https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/utils/import_utils.py

Where transformers is built otherwise, or nothing can be kept, it is imported as it always is.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from ..protocol.endpoints import EndpointError, private_dir

_MODULE = "transformers.utils.import_utils"
_FUNCTION = "define_import_structure"

Structure = dict[frozenset[str], dict[str, set[str]]]
"""The names that modules offer: by what they need installed, and by module."""


def keep_structure(folder: Path) -> None:
    """Let the first import of transformers, which is to come, use what is kept in `folder`."""
    if "transformers" not in sys.modules:
        sys.meta_path.insert(0, _Finder(folder))


def kept(define: Callable[..., Structure], models: Path, version: str, folder: Path) -> Callable[..., Structure]:
    """Return `define`, whose answers for the package of all models are kept in a folder.

    Args:
        define: transformers' `define_import_structure`, asked with the path of a package or of its `__init__.py`.
        models: The package of all models. Others are small.
        version: Of transformers.
        folder: Made, private to the user, when there is something to write.
    """

    @functools.wraps(define)
    def define_kept(module_path: Any, *arguments: Any, **options: Any) -> Structure:
        # Who develops transformers changes what it offers, and not its version.
        if Path(module_path) not in {models, models / "__init__.py"} or "dev" in version:
            return define(module_path, *arguments, **options)
        question = repr((str(module_path), arguments, options))
        file = folder / f"transformers-{hashlib.blake2s(question.encode()).hexdigest()[:16]}.json"
        stamp = [version, models.stat().st_mtime_ns]
        if (known := _read(file, stamp)) is not None:
            return known
        structure = define(module_path, *arguments, **options)
        # What can't be kept is looked for again at the next start.
        with contextlib.suppress(OSError, EndpointError, TypeError, ValueError, AttributeError):
            _write(file, stamp, structure)
        return structure

    return define_kept


def _read(file: Path, stamp: list[Any]) -> Structure | None:
    with contextlib.suppress(OSError, TypeError, ValueError, AttributeError):
        written, rows = json.loads(file.read_text(encoding="utf-8"))
        if written == stamp:
            return _structure(rows)
    return None


def _write(file: Path, stamp: list[Any], structure: Structure) -> None:
    rows = [
        [sorted(needs), {module: sorted(names) for module, names in modules.items()}]
        for needs, modules in structure.items()
    ]
    if _structure(rows) != structure:
        raise ValueError("this is no structure as we know it")
    private_dir(file.parent)
    # Other workers start too: they see all of it or nothing.
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as unfinished:
        json.dump([stamp, rows], unfinished)
    Path(unfinished.name).replace(file)


def _structure(rows: list[Any]) -> Structure:
    return {frozenset(needs): {module: set(names) for module, names in modules.items()} for needs, modules in rows}


class _Finder(MetaPathFinder):
    """Finds the one module, once, and lets it be loaded with our function in place of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path, self._folder)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, folder: Path) -> None:
        super().__init__(name, path)
        self._folder = folder

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        define: Any = getattr(module, _FUNCTION, None)
        version = getattr(sys.modules["transformers"], "__version__", None)
        if define is not None and version is not None:
            models = Path(self.path).parents[1] / "models"
            setattr(module, _FUNCTION, kept(define, models, version, self._folder))
