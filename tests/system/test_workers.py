"""Several workers of one frontend, and several frontends of one worker: they come, share the work, and go."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import psutil

from .servers import House, Server, counted, free_port, until

# An answer that is still under way when the test has seen all it wants to see.
LONG = 2900


def test_up_runs_as_many_workers_as_it_is_told(house: House, counting_model: Path) -> None:
    server = house.up(counting_model, workers=2)
    workers = server.workers()
    assert {worker["name"] for worker in workers} == {"worker-1", "worker-2"}
    children = {child.pid for child in psutil.Process(server.pid).children()}
    assert {worker["pid"] for worker in workers} == children


def test_a_worker_joins_by_itself(house: House, counting_model: Path, nonsense_model: Path) -> None:
    server = house.up(counting_model)
    by_port = house.worker(counting_model, PORT=str(server.port))
    by_endpoint = house.worker(nonsense_model, "--connect", house.endpoint(server), "--name", "guest")
    workers = server.wait_for_workers(3)
    assert {by_port.pid, by_endpoint.pid} < {worker["pid"] for worker in workers}
    assert {(worker["name"], worker["model"]) for worker in workers} == {
        ("worker-1", "counting"),
        (f"worker-{by_port.pid}", "counting"),
        ("guest", "nonsense"),
    }
    # With several models, the name chooses.
    assert [model["id"] for model in server.get("/v1/models").json["data"]] == ["counting", "nonsense"]
    assert server.text("5", model="counting", max_tokens=3) == "6 7 8"
    assert server.ask("5", model="nonsense", max_tokens=3)["model"] == "nonsense"
    answer = server.post({"model": "gpt-3.5-turbo", "messages": [{"role": "user", "content": "5"}]})
    assert answer.status == 404
    assert answer.error["code"] == "model_not_found"
    assert "counting" in answer.error["message"]
    assert "nonsense" in answer.error["message"]


def test_a_worker_may_come_before_its_frontend(house: House, counting_model: Path) -> None:
    first = house.frontend()
    port = first.port
    first.signal(signal.SIGTERM)
    assert first.wait() == 0
    worker = house.worker(counting_model, PORT=str(port))
    until(lambda: "waits for a frontend" in worker.log, "the worker waits")
    second = house.frontend(port=port)
    assert second.wait_for_workers(1)[0]["pid"] == worker.pid
    assert second.text("5", max_tokens=3) == "6 7 8"


def test_without_a_worker_a_request_is_told_to_come_back(house: House) -> None:
    server = house.frontend()
    assert server.get("/health").status == 200
    assert server.get("/ready").status == 503
    for stream in (False, True):
        answer = server.post({"messages": [{"role": "user", "content": "5"}], "stream": stream})
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert answer.error["type"] == "server_error"


def test_the_least_loaded_worker_gets_the_work(house: House, slow_model: Path) -> None:
    server = house.up(slow_model, workers=2)
    with contextlib.ExitStack() as streams:
        for count in range(1, 7):
            stream = streams.enter_context(server.stream("1", max_tokens=LONG))
            assert stream.skip_to_text() == "2"
            # One more each in turn.
            assert sorted(worker["running"] for worker in server.workers()) == [count // 2, (count + 1) // 2]
    server.wait_idle()


def test_a_leaving_worker_finishes_and_gets_nothing_new(house: House, slow_model: Path) -> None:
    server = house.frontend()
    leaver = house.worker(slow_model, PORT=str(server.port))
    server.wait_for_workers(1)
    other = house.worker(slow_model, PORT=str(server.port))
    server.wait_for_workers(2)
    # Of two that are idle, the one that came first is taken.
    with server.stream("1", max_tokens=300) as stream:
        first = stream.skip_to_text()
        leaver.signal(signal.SIGTERM)
        until(lambda: server.workers("leaving"), "the worker is leaving")
        with server.stream("7", max_tokens=LONG) as new:
            new.skip_to_text()
            running = {worker["pid"]: worker["running"] for worker in server.workers()}
            assert running == {leaver.pid: 1, other.pid: 1}
        assert first + stream.text() == counted(2, 301)
    assert leaver.wait() == 0
    assert [worker["pid"] for worker in server.wait_for_workers(1)] == [other.pid]
    assert server.text("5", max_tokens=3) == "6 7 8"


def test_a_worker_forgets_the_streams_of_a_frontend_that_was_killed(house: House, slow_model: Path) -> None:
    first = house.frontend()
    house.worker(slow_model, PORT=str(first.port))
    first.wait_for_workers(1)
    with first.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        first.signal(signal.SIGKILL)
        first.wait()
    second = house.frontend(port=first.port)
    second.wait_for_workers(1)
    step = second.workers()[0]["step"]
    assert second.text("5", max_tokens=3) == "6 7 8"
    until(lambda: second.workers()[0]["step"] > step, "the worker tells its step")
    assert second.running == 0
    # Nothing is computed any more: the step stands still from one beat to the next.
    until(lambda: _stands_still(second), "the worker is idle")


def _stands_still(server: Server) -> bool:
    def heard() -> str:
        return str(server.workers()[0]["step"])

    step = heard()
    with contextlib.suppress(AssertionError):
        until(lambda: heard() != step, "a step was done", patience=2.5)
        return False
    return True


def test_workers_of_up_end_when_it_is_killed(house: House, slow_model: Path) -> None:
    server = house.up(slow_model, workers=2)
    with server.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        server.signal(signal.SIGKILL)
        server.wait()
        until(lambda: not house.processes(), "the workers are gone")


def test_workers_of_up_end_when_it_is_killed_while_they_load(house: House, slow_model: Path) -> None:
    port = free_port()
    server = house.start(["mlx-serve", "up", "--model", str(slow_model), "--port", str(port)])
    until(lambda: "welcomed" in server.log, "the worker is loading")
    server.signal(signal.SIGKILL)
    server.wait()
    until(lambda: not house.processes(), "the worker is gone")
    # Which libzmq leaves of one that is killed.
    (house.sockets / f"{port}.sock").unlink()


def test_two_frontends_share_a_worker(house: House, slow_model: Path) -> None:
    one, two = house.frontend(), house.frontend()
    worker = house.worker(slow_model, "--connect", house.endpoint(one), "--connect", house.endpoint(two))
    assert one.wait_for_workers(1)[0]["pid"] == worker.pid
    assert two.wait_for_workers(1)[0]["pid"] == worker.pid
    with one.stream("1", max_tokens=LONG) as first, two.stream("100", max_tokens=LONG) as second:
        assert first.skip_to_text() == "2"
        assert second.skip_to_text() == "101"
        assert (one.running, two.running) == (1, 1)
    with one.stream("1", max_tokens=60) as first, two.stream("100", max_tokens=60) as second:
        assert first.text() == counted(2, 61)
        assert second.text() == counted(101, 160)
    # One frontend's end is nothing to the other.
    with two.stream("1", max_tokens=200) as stream:
        start = stream.skip_to_text()
        one.signal(signal.SIGKILL)
        one.wait()
        assert start + stream.text() == counted(2, 201)
