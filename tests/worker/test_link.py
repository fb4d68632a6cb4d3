"""The I/O thread with a real frontend's socket; whole workers are tested in tests/system."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from mlx_llm_server.protocol import codec
from mlx_llm_server.protocol.messages import (
    PROTOCOL_VERSION,
    Dead,
    Failed,
    FromFrontend,
    Generate,
    Hello,
    Inspect,
    Inspected,
    Introduce,
    Leaving,
    Loading,
    Message,
    Model,
    Ready,
    Refused,
    Sampling,
    Welcome,
    WorkerBeat,
)
from mlx_llm_server.worker.link import Here, Leave, Link, Loaded
from mlx_llm_server.worker.loading import LoadedModel
from mlx_llm_server.worker.orders import Call, Orders, Start, Stop

HELLO = Hello(PROTOCOL_VERSION, "w", 1, "m")
READY = Ready(Model("m", 0, 100), 4)


class Frontend:
    """A ROUTER socket that one worker connects to."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], folder: str) -> None:
        self._socket = context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.RCVTIMEO, 10_000)
        self.endpoint = f"ipc://{Path(folder) / 'f.sock'}"
        self._socket.bind(self.endpoint)
        self._identity = b""

    def hear(self) -> Message:
        self._identity, data = self._socket.recv_multipart()
        return codec.decode(data)

    def say(self, message: FromFrontend) -> None:
        self._socket.send_multipart([self._identity, codec.encode(message)])

    def close(self) -> None:
        self._socket.close(linger=0)


@pytest.fixture
def frontend() -> Iterator[Frontend]:
    # A short path: a socket's may be a hundred bytes.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, zmq.Context() as context:
        frontend = Frontend(context, folder)
        yield frontend
        frontend.close()


@pytest.fixture
def orders() -> Orders:
    return Orders()


@pytest.fixture
def link(frontend: Frontend, orders: Orders) -> Iterator[Link]:
    link = Link(HELLO, (frontend.endpoint,), orders)
    link.start()
    yield link
    link.end("the test is over")
    link._mailbox._wake.close()
    link._mailbox._bell.close()


def test_a_worker_greets_first_and_loads_once_it_is_welcomed(
    frontend: Frontend, link: Link, orders: Orders
) -> None:
    assert frontend.hear() == HELLO
    assert not orders

    frontend.say(Welcome(PROTOCOL_VERSION))

    assert frontend.hear() == Loading("starting")
    assert orders.take(10) == Start()


def test_a_refused_worker_is_told_to_stop_for_good(frontend: Frontend, link: Link, orders: Orders) -> None:
    frontend.hear()

    frontend.say(Refused("another version"))

    assert orders.take(10) == Stop(78)


def test_a_frontend_of_another_major_version_is_as_good_as_a_refusal(
    frontend: Frontend, link: Link, orders: Orders
) -> None:
    frontend.hear()

    frontend.say(Welcome("1.0"))

    assert orders.take(10) == Stop(78)


def test_a_loaded_worker_is_ready_and_ready_again_once_its_main_thread_answers(
    frontend: Frontend, link: Link, orders: Orders
) -> None:
    frontend.hear()
    frontend.say(Welcome(PROTOCOL_VERSION))
    frontend.hear()
    link.post(Loaded(READY, None, 50))
    assert frontend.hear() == READY

    frontend.say(Introduce())

    assert frontend.hear() == HELLO
    frontend.say(Welcome(PROTOCOL_VERSION))
    assert [orders.take(10), orders.take(10)] == [Start(), Call(0)]
    assert isinstance(frontend.hear(), WorkerBeat)  # and not yet ready
    link.post(Here(0))
    assert frontend.hear() == READY


def test_beats_tell_for_how_long_the_main_thread_stands_still(
    frontend: Frontend, link: Link, orders: Orders
) -> None:
    frontend.hear()
    frontend.say(Welcome(PROTOCOL_VERSION))
    frontend.hear()
    frontend.hear()
    orders.begin()

    still = [frontend.hear() for _ in range(2)]

    assert all(isinstance(beat, WorkerBeat) for beat in still)
    assert 0 < still[0].still_seconds < still[1].still_seconds  # pyright: ignore[reportAttributeAccessIssue]


def test_a_leaving_worker_says_so_before_it_says_ready_to_a_frontend_that_forgot_it(
    frontend: Frontend, link: Link, orders: Orders
) -> None:
    frontend.hear()
    frontend.say(Welcome(PROTOCOL_VERSION))
    frontend.hear()
    link.post(Loaded(READY, None, 50))
    link.post(Leave())
    assert [type(frontend.hear()) for _ in range(2)] == [Ready, Leaving]

    frontend.say(Introduce())

    assert frontend.hear() == HELLO
    frontend.say(Welcome(PROTOCOL_VERSION))
    assert Call(0) in [orders.take(10) for _ in range(3)]
    link.post(Here(0))
    heard = [type(frontend.hear())]
    while heard[-1] is not Ready:
        heard.append(type(frontend.hear()))
    # The other way round it would be given work for a moment.
    assert [each for each in heard if each is not WorkerBeat] == [Leaving, Ready]


def test_a_question_is_answered_beside_the_main_thread(
    frontend: Frontend, link: Link, counting: LoadedModel
) -> None:
    frontend.hear()
    frontend.say(Welcome(PROTOCOL_VERSION))
    assert isinstance(frontend.hear(), Loading)
    link.post(Loaded(READY, counting.tokenizer, 1000))
    assert frontend.hear() == READY
    # Nobody takes the orders: the main thread is as good as hung.
    wrong = Generate(0, (), Sampling(0), 1, prompt_tokens=(1000,))
    frontend.say(Inspect(5, Generate(0, (), Sampling(0), 1, prompt="7 8"), special_tokens=False))
    answer = next(message for message in iter(frontend.hear, None) if not isinstance(message, WorkerBeat))
    assert isinstance(answer, Inspected)
    assert (answer.number, answer.text) == (5, "7 8")
    frontend.say(Inspect(6, wrong))
    answer = next(message for message in iter(frontend.hear, None) if not isinstance(message, WorkerBeat))
    assert isinstance(answer, Failed)
    assert (answer.generation, answer.kind, answer.param) == (6, "invalid", "prompt")


def test_the_last_words_are_on_their_way_when_the_end_returns(frontend: Frontend, link: Link) -> None:
    frontend.hear()
    frontend.say(Welcome(PROTOCOL_VERSION))
    frontend.hear()

    link.end("the engine failed")

    assert frontend.hear() == Dead("the engine failed")
