"""Runs a client's tests in its environment, and reads what came of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .clients import ROOT, Client
from .environments import Environment

_LIMIT_SECONDS = 900
# test_chat.py or chat.test.mjs: what a test is about is its file's name.
_PYTHON_AREA = re.compile(r"\.test_(\w+)$")
_NODE_AREA = re.compile(r"(\w+)\.test\.mjs$")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test.

    Attributes:
        area: What it is about, such as `tools`.
        sentence: What it states.
    """

    area: str
    sentence: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a client."""

    client: Client
    versions: Mapping[str, str]
    results: tuple[Result, ...]

    @property
    def failed(self) -> list[Result]:
        """The tests that did not pass."""
        return [result for result in self.results if not result.passed]


def run(client: Client, servers: Mapping[str, str]) -> Trial:
    """Try a client; what its tests print goes to our stderr.

    Args:
        client: Which one.
        servers: The variables that tell where the servers are.

    Raises:
        RuntimeError: its environment could not be made, or its tests could not be run at all.
    """
    environment = Environment(client)
    print(f"Trying {client.name} ...", file=sys.stderr)
    # A person's own keys, addresses and packages are not for these.
    own = ("OPENAI_", "LITELLM_", "PYTHONPATH")
    env = {name: value for name, value in os.environ.items() if not name.startswith(own)} | dict(servers)
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "results.xml"
        command, cwd = (_node if client.language == "Node" else _pytest)(client, environment, told)
        try:
            subprocess.run(command, cwd=cwd, env=env, stdout=sys.stderr, timeout=_LIMIT_SECONDS, check=False)  # noqa: S603
            results = read(told.read_text())
        except (subprocess.TimeoutExpired, FileNotFoundError, ET.ParseError) as error:
            raise RuntimeError(f"the tests of {client.name} did not come to an end: {error}") from error
    if not results:
        raise RuntimeError(f"no test of {client.name} was run")
    return Trial(client, environment.versions(), results)


def _pytest(client: Client, environment: Environment, told: Path) -> tuple[list[str], Path]:
    folder = str(client.tests.relative_to(ROOT))
    options = ["-q", "-c", "tests/clients/pytest.ini", "--rootdir", ".", "--junitxml", str(told)]
    # What lies above is for our own environment.
    return [str(environment.python), "-m", "pytest", *options, "--confcutdir", folder, folder], ROOT


def _node(client: Client, environment: Environment, told: Path) -> tuple[list[str], Path]:
    # Node looks for modules beside the file that imports them.
    files = [shutil.copy(file, environment.node_folder) for file in sorted(client.tests.glob("*.mjs"))]
    reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"]
    reporters += ["--test-reporter=junit", f"--test-reporter-destination={told}"]
    tests = [str(file) for file in files if str(file).endswith(".test.mjs")]
    return [str(environment.node), "--test", "--test-concurrency=1", *reporters, *tests], environment.node_folder


def read(junit: str) -> tuple[Result, ...]:
    """Return what a report in JUnit's format tells, by pytest or by Node."""
    results: list[Result] = []
    for case in ET.fromstring(junit).iter("testcase"):  # noqa: S314 - our own children wrote it
        name = case.get("name", "")
        if found := _NODE_AREA.search(case.get("file", "")):
            sentence = name
        else:
            found = _PYTHON_AREA.search(case.get("classname", ""))
            sentence = _sentence(name)
        # Nothing is left out on purpose: what was skipped did not pass.
        passed = all(case.find(bad) is None for bad in ("failure", "error", "skipped"))
        results.append(Result(found[1] if found else "other", sentence, passed))
    return tuple(results)


def _sentence(name: str) -> str:
    """Return what the name of a Python test says, `test_it_works[twice]` as "it works (twice)"."""
    said, _, case = name.removeprefix("test_").partition("[")
    return said.replace("_", " ") + (f" ({case.removesuffix(']')})" if case else "")
