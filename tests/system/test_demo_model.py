"""The bundled demo model, served because no other was named; what it answers is in `tests/clients`."""

from __future__ import annotations

import pytest
from mlx_llm_server.demo import DEMO_MODEL

from .servers import House

SAID = "No --model given: serving the bundled demo model mlx-llm-server-demo."


def test_one_line_says_that_it_is_served_however_many_workers_there_are(house: House) -> None:
    server = house.up(None, workers=2)
    assert server.log.count(SAID) == 1


def test_a_worker_alone_says_it_too(house: House) -> None:
    server = house.frontend()
    worker = house.worker(None, PORT=str(server.port))
    server.wait_for_workers(1)
    assert worker.log.count(SAID) == 1


def test_a_model_named_by_the_environment_is_served_instead(house: House) -> None:
    server = house.llm_server(None, MLX_SERVE_MODEL=str(DEMO_MODEL))
    assert SAID not in server.log


@pytest.mark.parametrize(
    "command", [["mlx-serve", "up"], ["mlx-serve", "worker"], ["mlx-llm-server"]], ids=" ".join
)
def test_the_help_says_what_is_served_by_default(house: House, command: list[str]) -> None:
    shown = house.start([*command, "--help"])
    assert shown.wait() == 0
    assert "[default: the small demo model that comes with the package]" in " ".join(shown.log.split())
