"""What comes over the socket between frontend and worker from one that is neither."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest
import zmq
from mlx_llm_server.protocol import codec
from mlx_llm_server.protocol.messages import PROTOCOL_VERSION, Hello, Message, Refused, Welcome, WorkerBeat

from .servers import PATIENCE, House, Server, counted, until


class Sockets:
    """Makes sockets as strangers would, and closes them."""

    def __init__(self) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._made: list[zmq.Socket[bytes]] = []

    def dealer(self, endpoint: str) -> zmq.Socket[bytes]:
        """Return what a worker has."""
        made = self._make(zmq.DEALER)
        made.connect(endpoint)
        return made

    def router(self, endpoint: str) -> zmq.Socket[bytes]:
        """Return what a frontend has."""
        made = self._make(zmq.ROUTER)
        made.bind(endpoint)
        return made

    def close(self) -> None:
        for made in self._made:
            made.close(linger=0)
        self._context.term()

    def _make(self, kind: int) -> zmq.Socket[bytes]:
        made = self._context.socket(kind)
        made.setsockopt(zmq.RCVTIMEO, int(1000 * PATIENCE))
        made.setsockopt(zmq.SNDTIMEO, int(1000 * PATIENCE))
        self._made.append(made)
        return made


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    made = Sockets()
    yield made
    made.close()


@pytest.fixture(scope="module")
def lonely() -> Iterator[tuple[Server, str]]:
    """A frontend without workers, and its endpoint."""
    house = House()
    try:
        server = house.frontend()
        yield server, house.endpoint(server)
    finally:
        house.close()


def hello(protocol: str) -> Hello:
    return Hello(protocol, "stranger", os.getpid(), "none")


def said(message: bytes) -> Message:
    return codec.decode(message)


def garbage() -> Iterator[list[bytes]]:
    """Yield messages that are none, frame by frame."""
    chance = random.Random(0)
    for length in range(200):
        yield [chance.randbytes(length)]
    yield [b""]
    yield [b"", b"", b""]
    yield [codec.encode(hello(PROTOCOL_VERSION)), b"more"]
    yield [b"\xc1"]
    yield [b"\x91" * 100_000]
    yield [chance.randbytes(1_000_000)]
    for wire in (
        None,
        5,
        [],
        {},
        {"type": None},
        {"type": "unheard-of"},
        {"type": "generate", "generation": 1},
        {"type": "welcome", "protocol": PROTOCOL_VERSION},
        {"type": "hello"},
        {"type": "hello", "protocol": 1, "worker": [], "pid": "x", "model": {}},
        {"type": "step", "step": 1, "deltas": [[1, [1], 5, None]]},
        {"type": msgpack.ExtType(5, b"x")},
        {"type": "worker_beat", "step": msgpack.ExtType(42, b"x" * 1000), "running": 0},
        {"type": "worker_beat", "step": msgpack.Timestamp(1, 1), "running": 0},
    ):
        data = msgpack.packb(wire)
        assert data is not None
        yield [data]


def test_garbage_on_the_socket_disturbs_no_stream(house: House, counting_model: Path, sockets: Sockets) -> None:
    server = house.llm_server(counting_model)
    with server.stream("5", max_tokens=300) as stream:
        first = stream.skip_to_text()
        stranger = sockets.dealer(house.endpoint(server))
        for frames in garbage():
            stranger.send_multipart(frames)
        # What is no message is passed over, what is one is answered.
        stranger.send(codec.encode(WorkerBeat(1, 0)))
        assert type(said(stranger.recv())).__name__ == "Introduce"
        assert first + stream.text() == counted(6, 305)
    server.check_alive()
    assert [worker["name"] for worker in server.workers()] == ["worker-1"]
    assert "Traceback" not in server.log


def test_no_connection_but_a_whole_worker_takes_work(house: House, counting_model: Path, sockets: Sockets) -> None:
    """One that only greets is seen to be loading, and gets nothing."""
    server = house.llm_server(counting_model)
    stranger = sockets.dealer(house.endpoint(server))
    stranger.send(codec.encode(hello(PROTOCOL_VERSION)))
    assert isinstance(said(stranger.recv()), Welcome)
    assert [worker["state"] for worker in server.workers()] == ["ready", "loading"]
    for number in range(4):
        assert server.text(str(number), max_tokens=2) == counted(number + 1, number + 2)


@pytest.mark.parametrize("version", ["0.9", "1.0", "99.1", "", "x"])
def test_another_protocol_is_refused_by_a_sentence_with_both_versions(
    lonely: tuple[Server, str], sockets: Sockets, version: str
) -> None:
    server, endpoint = lonely
    stranger = sockets.dealer(endpoint)
    stranger.send(codec.encode(hello(version)))
    answer = said(stranger.recv())
    assert isinstance(answer, Refused)
    assert PROTOCOL_VERSION in answer.reason
    assert version in answer.reason
    assert server.workers() == []


def test_another_minor_version_is_welcome(house: House, sockets: Sockets) -> None:
    server = house.frontend()
    stranger = sockets.dealer(house.endpoint(server))
    major = PROTOCOL_VERSION.partition(".")[0]
    greeting = {"type": "hello", "protocol": f"{major}.99", "worker": "w", "pid": 1, "model": "m", "colour": 5}
    stranger.send(msgpack.packb(greeting) or b"")
    assert isinstance(said(stranger.recv()), Welcome)
    assert [worker["name"] for worker in server.workers()] == ["w"]


@pytest.mark.parametrize(
    "refusal",
    [Refused("this frontend is of another kind"), Welcome("99.0")],
    ids=["it says no", "it speaks another protocol"],
)
def test_a_worker_that_is_refused_exits_with_78(
    house: House, counting_model: Path, sockets: Sockets, refusal: Message
) -> None:
    endpoint = f"ipc://{house.folder}/refusing.sock"
    router = sockets.router(endpoint)
    worker = house.worker(counting_model, "--connect", endpoint)
    identity, greeting = router.recv_multipart()
    assert said(greeting) == Hello(PROTOCOL_VERSION, f"worker-{worker.pid}", worker.pid, str(counting_model))
    router.send_multipart([identity, codec.encode(refusal)])
    assert worker.wait() == 78
    assert "refused" in worker.log
    assert "Traceback" not in worker.log


def test_a_worker_that_one_of_two_frontends_refuses_serves_the_other(
    house: House, counting_model: Path, sockets: Sockets
) -> None:
    endpoint = f"ipc://{house.folder}/refusing.sock"
    router = sockets.router(endpoint)
    server = house.frontend()
    worker = house.worker(counting_model, "--connect", endpoint, "--connect", house.endpoint(server))
    identity, _ = router.recv_multipart()
    router.send_multipart([identity, codec.encode(Refused("not you"))])
    assert server.wait_for_workers(1)[0]["pid"] == worker.pid
    assert server.text("5", max_tokens=3) == "6 7 8"


def test_garbage_from_a_frontend_disturbs_no_worker(house: House, counting_model: Path, sockets: Sockets) -> None:
    endpoint = f"ipc://{house.folder}/strange.sock"
    router = sockets.router(endpoint)
    server = house.frontend()
    worker = house.worker(counting_model, "--connect", endpoint, "--connect", house.endpoint(server))
    server.wait_for_workers(1)
    identity, _ = router.recv_multipart()
    for frames in garbage():
        router.send_multipart([identity, *frames])
    until(lambda: "is no message" in worker.log, "the worker noticed")
    assert server.text("5", max_tokens=3) == "6 7 8"
    assert worker.process.poll() is None


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:5555", "nonsense", "ipc://", f"ipc:///tmp/{'x' * 110}"])
def test_an_endpoint_that_can_not_be_served_safely_is_refused(house: House, endpoint: str) -> None:
    for command in (["frontend", "--bind", endpoint], ["worker", "--model", "m", "--connect", endpoint]):
        refused = house.start(["mlx-serve", *command])
        assert refused.wait() != 0
        assert "Error: " in refused.log
        assert "Traceback" not in refused.log
