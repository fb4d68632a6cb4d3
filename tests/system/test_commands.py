"""The commands that an operator runs beside a server."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .servers import PATIENCE, House, Server, free_port, until


def mlx_serve(server: Server, *arguments: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command against a server, without a terminal."""
    env = {**os.environ, "MLX_SERVE_CONFIG": os.devnull, "MLX_SERVE_URL": server.url}
    return subprocess.run(
        [sys.executable, "-m", "mlx_llm_server", *arguments],
        env=env if key is None else {**env, "MLX_SERVE_API_KEY": key},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Terminal:
    """What is typed into a command, and what it shows."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def wait_for(self, text: str) -> str:
        """Return what is shown up to a text, which is not shown again."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self._descriptor], [], [], 0.1)[0]:
                self.shown += os.read(self._descriptor, 4096).decode()
        before, _, self.shown = self.shown.partition(text)
        return before


@contextmanager
def on_a_terminal(server: Server, *arguments: str) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", CONTROLLED, *arguments],
        env={
            **os.environ,
            "MLX_SERVE_CONFIG": os.devnull,
            "MLX_SERVE_URL": server.url,
            "TERM": "xterm",
            "COLUMNS": "100",
            "LINES": "30",
        },
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    try:
        yield Terminal(ours), process
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


# Ctrl-C reaches those whose terminal it is.
CONTROLLED = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from mlx_llm_server.__main__ import main
main(sys.argv[1:], prog_name="mlx-serve")
"""


def test_a_question_on_the_command_line_is_answered_on_standard_output(counting: Server) -> None:
    asked = mlx_serve(counting, "chat", "--max-tokens", "3", "5")

    assert (asked.returncode, asked.stdout) == (0, "6 7 8\n"), asked.stderr


def test_a_chat_goes_on_after_an_answer_was_stopped(slow: Server) -> None:
    with on_a_terminal(slow, "chat") as (terminal, chat):
        terminal.wait_for(">>> ")
        terminal.type("5\n")
        terminal.wait_for("6 7 8 9")
        terminal.type("\x03")
        terminal.wait_for("stopped, first text after")
        until(lambda: slow.running == 0, "the answer is cancelled")
        terminal.type("/clear\n/set max_tokens 2\n1\\\n70\n")
        terminal.wait_for("71 72")
        terminal.wait_for("2 tokens")
        terminal.wait_for(">>> ")
        terminal.type("\x04")
    assert chat.returncode == 0


def test_bench_measures_every_number_of_streams(counting: Server) -> None:
    measured = mlx_serve(counting, "bench", "--streams", "1,2", "--max-tokens", "4", "--json")

    assert measured.returncode == 0, measured.stderr
    told = json.loads(measured.stdout)
    assert told["model"] == "counting"
    assert [(row["streams"], row["requests"], row["tokens"]) for row in told["rows"]] == [(1, 2, 8), (2, 4, 16)]
    assert all(row["tokens_per_second"] > 0 and row["ttft_p50_ms"] > 0 for row in told["rows"])


def test_status_is_a_table_or_json_and_its_exit_code_tells_readiness(counting: Server, house: House) -> None:
    table, told = mlx_serve(counting, "status"), mlx_serve(counting, "status", "--json")
    assert (table.returncode, told.returncode) == (0, 0)
    assert f"{counting.url} ready" in table.stdout
    assert json.loads(told.stdout)["workers"][0]["model"] == "counting"

    keys = house.folder / "keys"
    keys.write_text("sesame\n")
    lonely = house.frontend("--api-key-file", str(keys))
    assert mlx_serve(lonely, "status").returncode == 1
    assert "--api-key" in mlx_serve(lonely, "status").stderr
    told = mlx_serve(lonely, "status", key="sesame")
    assert told.returncode == 1
    assert "not ready: no worker is connected" in told.stdout


def test_the_live_status_outlives_its_server(house: House) -> None:
    server = house.frontend()
    with on_a_terminal(server, "status", "--interval", "0.2") as (terminal, status):
        terminal.wait_for("no worker is connected")
        server.process.terminate()
        assert server.wait() == 0
        terminal.wait_for("no server answers")
        terminal.type("\x03")
    assert status.returncode == 0


def test_a_server_of_a_configuration_file_is_found_by_it(house: House) -> None:
    port = free_port()
    file = house.folder / "config.toml"
    file.write_text(f'port = {port}\napi-key = "sesame"\n[frontend]\nmax-queue = 3\n')
    server = house.frontend(port=port, MLX_SERVE_CONFIG=str(file))
    assert server.get("/v1/models").status == 401
    assert server.get("/v1/models", {"Authorization": "Bearer sesame"}).status == 200

    status = house.start(["mlx-serve", "status", "--config", str(file)])

    assert status.wait() == 1
    assert f"http://127.0.0.1:{port} not ready" in status.log


def test_the_doctor_finds_nothing_here_and_a_model_that_is_broken(house: House) -> None:
    fine = house.start(["mlx-serve", "doctor", "--json", "--port", str(free_port())])
    assert fine.wait() == 0, fine.log
    found = {finding["subject"]: finding for finding in json.loads(fine.log)}
    assert {"Python", "packages", "MLX", "memory", "test generation"} <= set(found)
    assert found["test generation"]["state"] == "ok"

    model = house.folder / "model"
    model.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (model / name).write_text("{}")
    broken = house.start(["mlx-serve", "doctor", "--model", str(model), "--port", str(free_port())])
    assert broken.wait() == 1
    assert "FAULT  test generation: while it loaded the model: exit code 78" in broken.log
