"""How a server starts, says what is wrong, and ends."""

from __future__ import annotations

import http.client
import signal
import socket
import sysconfig
from pathlib import Path

import pytest

from .hooks import SLOW_TO_LOAD, hook
from .servers import House, counted, free_port, until

LONG = 2900


# --- the end ---


def test_a_signal_lets_running_answers_finish(house: House, slow_model: Path) -> None:
    server = house.llm_server(slow_model)
    with server.stream("1", max_tokens=100) as stream:
        first = stream.skip_to_text()
        server.signal(signal.SIGTERM)
        assert first + stream.text() == counted(2, 101)
    assert server.wait() == 0
    until(lambda: not house.processes(), "no process is left")


def test_a_second_signal_ends_at_once_with_an_error(house: House, slow_model: Path) -> None:
    server = house.llm_server(slow_model)
    with server.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        server.signal(signal.SIGTERM)
        # Nothing new is taken, what runs goes on.
        until(lambda: not server.answers(), "no new connection is taken")
        assert stream.some_text(5)
        server.signal(signal.SIGTERM)
        *_, last = stream
        assert "shutting down" in last
    assert server.wait() == 0
    until(lambda: not house.processes(), "no process is left")


def test_two_signals_together_are_two_signals(house: House, slow_model: Path) -> None:
    server = house.llm_server(slow_model)
    with server.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        server.signal(signal.SIGSTOP)
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGINT)
        server.signal(signal.SIGCONT)
        *_, last = stream
        assert "shutting down" in last
    assert server.wait() == 0
    assert "Traceback" not in server.log


def test_the_grace_has_an_end(house: House, slow_model: Path) -> None:
    server = house.llm_server(slow_model, "--grace", "0")
    with server.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        server.signal(signal.SIGTERM)
        *_, last = stream
        assert "shutting down" in last
    assert server.wait() == 0


def test_a_signal_while_the_model_loads_ends_all(house: House, slow_model: Path, tmp_path: Path) -> None:
    command = ["mlx-serve", "up", "--model", str(slow_model), "--port", str(free_port()), "--workers", "2"]
    server = house.start(command, PYTHONPATH=hook(tmp_path, SLOW_TO_LOAD))
    until(lambda: server.log.count("welcomed") == 2, "the workers are loading")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    until(lambda: not house.processes(), "no process is left")
    assert server.log.count("told to stop before it was ready") == 2
    assert "Traceback" not in server.log


# Starts a server on a terminal of its own, closes that once the server listens, and ends as it does.
ON_A_TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
while b"listening" not in said:
    said += os.read(terminal, 4096)
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_a_terminal_that_is_closed_ends_all(house: House, counting_model: Path) -> None:
    command = [str(Path(sysconfig.get_path("scripts")) / "mlx-serve"), "up", "--model", str(counting_model)]
    server = house.start(["python", "-c", ON_A_TERMINAL, *command, "--port", str(free_port())])
    assert server.wait() == 0
    until(lambda: not house.processes(), "no process is left")


def test_an_idle_connection_does_not_hold_up_the_end(house: House) -> None:
    server = house.frontend()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/health")
    assert connection.getresponse().read()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    connection.close()


# --- the start ---


def test_host_and_port_may_come_from_the_environment(house: House, counting_model: Path) -> None:
    port = free_port()
    server = house.start(["mlx-llm-server", "--model", str(counting_model)], HOST="127.0.0.2", PORT=str(port))
    until(lambda: f"listening on http://127.0.0.2:{port}" in server.log, "it listens")
    connection = http.client.HTTPConnection("127.0.0.2", port)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()


def test_options_win_over_the_environment(house: House) -> None:
    port = free_port()
    server = house.frontend(port=port, PORT="1", MLX_SERVE_PORT="2")
    assert server.get("/health").status == 200


def test_while_the_model_loads_it_is_alive_but_not_ready(house: House, counting_model: Path) -> None:
    server = house.frontend()
    worker = house.worker(counting_model, PORT=str(server.port))
    (seen,) = until(lambda: server.workers("loading"), "the worker is loading")
    assert seen["pid"] == worker.pid
    assert set(seen["loading"]) == {"stage", "bytes", "of"}
    server.wait_for_workers(1)
    assert server.get("/ready").status == 200


def test_a_request_that_comes_while_the_model_loads_waits_for_it(house: House, counting_model: Path) -> None:
    server = house.frontend()
    house.worker(counting_model, PORT=str(server.port))
    until(server.workers, "the worker has greeted")
    assert server.text("5", max_tokens=3) == "6 7 8"


def test_a_port_in_use_is_said_plainly(house: House, counting_model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = house.start(["mlx-llm-server", "--model", str(counting_model)], PORT=str(port))
        assert refused.wait() == 1
    assert f"127.0.0.1:{port}: Address already in use" in refused.log
    assert "Traceback" not in refused.log


@pytest.mark.parametrize("path", ["/no/such/model", "{folder}"])
def test_a_model_that_is_not_there_is_said_plainly(house: House, tmp_path: Path, path: str) -> None:
    model = path.format(folder=tmp_path)
    refused = house.start(["mlx-llm-server", "--model", model], PORT=str(free_port()))
    assert refused.wait() == 1
    assert model in refused.log
    assert "--model takes a model's folder or a Hugging Face id" in refused.log
    assert "Traceback" not in refused.log


def test_a_broken_model_is_said_plainly(house: House, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "no-such-architecture"}')
    refused = house.start(["mlx-llm-server", "--model", str(tmp_path)], PORT=str(free_port()))
    assert refused.wait() == 1
    assert f"{tmp_path} is not complete" in refused.log


def test_a_worker_without_a_model_exits_with_78(house: House) -> None:
    server = house.frontend()
    worker = house.worker(Path("/no/such/model"), PORT=str(server.port))
    assert worker.wait() == 78
    assert "/no/such/model" in worker.log
    until(lambda: not server.workers(), "the frontend has forgotten it")


@pytest.mark.parametrize(
    "command",
    [
        ["mlx-serve", "frontend", "--port", "0"],
        ["mlx-serve", "frontend", "--port", "x"],
        ["mlx-serve", "up", "--model", "m", "--workers", "0"],
        ["mlx-serve", "nothing"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_explained(house: House, command: list[str]) -> None:
    refused = house.start(command)
    assert refused.wait() == 2
    assert "Usage:" in refused.log
