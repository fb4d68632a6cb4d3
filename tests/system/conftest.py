"""Models and servers; what does not disturb a server shares one with all other tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from mlx_llm_server.scripts.models import random, successor

from .servers import House, Server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # noqa: ANN201 - pytest's own
    """Show the logs of the processes that a failed test used."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for name, value in item.funcargs.items():
            if isinstance(value, House):
                report.sections.append((f"processes of {name}", value.log()[-20_000:]))
            elif isinstance(value, Server):
                report.sections.append((f"log of {name}", value.log[-10_000:]))
    return report


# --- models ---


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def counting_model(models: Path) -> Path:
    """Counts up to 400."""
    return successor(models / "counting")


@pytest.fixture(scope="session")
def slow_model(models: Path) -> Path:
    """Counts up to 3000, a few milliseconds for each number, so that an answer is under way for long."""
    return successor(models / "slow", last=3000, work=5)


@pytest.fixture(scope="session")
def plain_model(models: Path) -> Path:
    """Counts, and has no chat template."""
    return successor(models / "plain", chat_template="none")


@pytest.fixture(scope="session")
def nonsense_model(models: Path) -> Path:
    """Says many different things."""
    return random(models / "nonsense")


# --- processes ---


@pytest.fixture
def house() -> Iterator[House]:
    """For tests that end, kill or fill their processes."""
    with closing(House()) as house:
        yield house


@pytest.fixture(scope="session")
def shared_house() -> Iterator[House]:
    with closing(House()) as house:
        yield house


@pytest.fixture(scope="session")
def counting(shared_house: House, counting_model: Path) -> Server:
    return shared_house.llm_server(counting_model)


@pytest.fixture(scope="session")
def nonsense(shared_house: House, nonsense_model: Path) -> Server:
    return shared_house.llm_server(nonsense_model)


@pytest.fixture(scope="session")
def slow(shared_house: House, slow_model: Path) -> Server:
    return shared_house.llm_server(slow_model)


@pytest.fixture(scope="session")
def plain(shared_house: House, plain_model: Path) -> Server:
    return shared_house.llm_server(plain_model)
