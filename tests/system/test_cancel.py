"""A client that goes away ends its generation; one that reads slowly slows nobody down."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path

import pytest

from .sabotage import Sabotage
from .servers import PATIENCE, House, Server, counted, open_socket, until

LONG = 2900


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_client_that_goes_away_frees_the_worker(slow: Server, stream: bool) -> None:
    slow.wait_idle()
    before = slow.workers()[0]["step"]
    with open_socket(slow, "1", stream=stream, max_tokens=LONG):
        until(lambda: slow.workers()[0]["step"] > before + 3, "the answer is under way")
        assert slow.running == 1
    slow.wait_idle()
    assert slow.text("5", max_tokens=3) == "6 7 8"
    # The answer would have taken 2900 steps.
    assert slow.workers()[0]["step"] < before + 1000


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_cancelled_generation_is_gone_within_two_steps(house: House, slow_model: Path, stream: bool) -> None:
    """The worker is stopped while the client goes away, so the steps it does with the cancellation count."""
    server = house.up(slow_model)
    pid = server.workers()[0]["pid"]

    def steps_of_a_short_answer() -> tuple[int, int]:
        before = server.workers()[0]["step"]
        assert server.text("5", max_tokens=3) == "6 7 8"
        return before, server.workers()[0]["step"]

    steps_of_a_short_answer()
    before, after = steps_of_a_short_answer()
    short = after - before
    with open_socket(server, "1", stream=stream, max_tokens=LONG):
        until(lambda: server.workers()[0]["step"] > after + 3, "the answer is under way")
        os.kill(pid, signal.SIGSTOP)
    # The frontend has seen the closed connection once it answers others that came after.
    for _ in range(20):
        assert server.get("/health").status == 200
    stopped = server.workers()[0]["step"]
    os.kill(pid, signal.SIGCONT)
    server.wait_idle()
    _, after = steps_of_a_short_answer()
    # One more step may have been done when the worker was stopped, and not told.
    assert after - stopped - short <= 1 + 2


def test_a_client_that_goes_away_disturbs_no_other(slow: Server) -> None:
    with slow.stream("100", max_tokens=LONG) as stream:
        first = stream.skip_to_text()
        for streamed in (True, False):
            with open_socket(slow, "1", stream=streamed, max_tokens=LONG):
                until(lambda: slow.running == 2, "both run")
            until(lambda: slow.running == 1, "the other goes on alone")
        assert counted(101, 3000).startswith(first + stream.some_text())


def test_many_clients_that_go_away_leave_nothing_behind(slow: Server) -> None:
    """More than the batch holds: also those that wait are dropped."""
    with contextlib.ExitStack() as clients:
        for number in range(40):
            clients.enter_context(open_socket(slow, "1", stream=number % 2 == 0, max_tokens=LONG))
        until(lambda: slow.running == 32 and slow.get("/ready").json["queued"] == 8, "the batch is full")
    slow.wait_idle()
    assert slow.get("/ready").json["queued"] == 0
    assert slow.text("5", max_tokens=3) == "6 7 8"


def test_a_client_that_leaves_in_the_middle_of_its_request_is_forgotten(counting: Server) -> None:
    with socket.create_connection(("127.0.0.1", counting.port), timeout=PATIENCE) as client:
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            b'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"messages'
        )
    assert counting.text("5", max_tokens=3) == "6 7 8"
    assert "Traceback" not in counting.log


def test_a_client_that_never_reads_is_given_up(house: House, slow_model: Path, tmp_path: Path) -> None:
    server = house.up(slow_model, "--stall-timeout", "0.5", workers=1, **Sabotage(tmp_path).env)
    with (
        open_socket(server, "1", receive_buffer=2048, stream=True, max_tokens=LONG) as client,
        server.stream("100", max_tokens=LONG) as stream,
    ):
        first = stream.skip_to_text()
        until(lambda: server.running == 1, "it is given up, and the other goes on alone")
        assert counted(101, 3000).startswith(first + stream.some_text())
        # What was on its way is all it gets, and no end.
        with client.makefile("rb") as answer, contextlib.suppress(ConnectionResetError):
            assert b"[DONE]" not in answer.read()
    server.wait_idle()
    assert server.workers()[0]["step"] < LONG
    assert server.text("5", max_tokens=3) == "6 7 8"
