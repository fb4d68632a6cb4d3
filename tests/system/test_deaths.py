"""A worker is killed: the frontend goes on, nobody takes half an answer for a whole one, a new worker comes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import openai
import pytest

from .servers import House, Server, counted, until

LONG = 2900


class Prober:
    """Asks `/health` all the time from a thread of its own; any answer but 200 is noted."""

    def __init__(self, server: Server) -> None:
        self.probes = 0
        self.failures: list[str] = []
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.02):
            self.probes += 1
            try:
                if (status := self._server.get("/health").status) != 200:
                    self.failures.append(str(status))
            except OSError as error:
                self.failures.append(repr(error))


@dataclass(frozen=True)
class Read:
    """What was read of a stream, and how it ended."""

    text: str
    finish: str | None = None
    error: str | None = None


async def _read(client: openai.AsyncOpenAI, number: int) -> Read:
    text = ""
    stream = await client.chat.completions.create(
        model="any",
        messages=[{"role": "user", "content": str(number)}],
        max_tokens=LONG,
        stream=True,
    )
    async with stream:
        try:
            async for chunk in stream:
                text += chunk.choices[0].delta.content or ""
                if chunk.choices[0].finish_reason is not None:
                    return Read(text, finish=chunk.choices[0].finish_reason)
        except openai.APIError as error:
            return Read(text, error=error.message)
    return Read(text)


def test_a_killed_worker_under_load(house: House, slow_model: Path) -> None:
    server = house.up(slow_model, workers=2)
    victim, other = (worker["pid"] for worker in server.workers())

    async def load_and_kill() -> None:
        async with server.async_openai() as client:
            readers = [asyncio.create_task(_read(client, number)) for number in range(8)]
            await asyncio.to_thread(
                until, lambda: [w["begun"] for w in server.workers()] == [4, 4], "all streams run"
            )
            # Each has said something.
            step = max(worker["step"] for worker in server.workers())
            await asyncio.to_thread(
                until, lambda: min(w["step"] for w in server.workers()) > step + 3, "all streams go on"
            )
            os.kill(victim, signal.SIGKILL)
            lost: set[asyncio.Task[Read]] = set()
            while len(lost) < 4:
                ended, _ = await asyncio.wait(readers, timeout=0.01)
                lost = {reader for reader in ended if reader.result().finish is None}
            for reader in lost:
                read = reader.result()
                assert read.error, "the stream of a dead worker ends with an error"
                assert "gone" in read.error
                numbers = [int(word) for word in read.text.split()]
                assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            # At once, on the other one.
            answer = await client.chat.completions.create(
                model="any", messages=[{"role": "user", "content": "5"}], max_tokens=3
            )
            assert answer.choices[0].message.content == "6 7 8"
            assert other in {w["pid"] for w in server.workers("ready")}
            # And a new one comes.
            pids = {w["pid"] for w in await asyncio.to_thread(server.wait_for_workers, 2)}
            assert other in pids
            assert victim not in pids
            # The other's streams never noticed.
            for reader in set(readers) - lost:
                assert not reader.done() or reader.result().finish == "length"
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    with Prober(server) as prober:
        asyncio.run(load_and_kill())
    assert prober.probes > 10
    assert prober.failures == []
    server.wait_idle()


def test_an_answer_of_a_killed_worker_never_looks_complete(house: House, slow_model: Path) -> None:
    server = house.up(slow_model)
    with server.openai() as client, server.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        killer = threading.Thread(target=_kill_once_begun, args=(server, 2))
        killer.start()
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(
                model="any", messages=[{"role": "user", "content": "1"}], max_tokens=LONG
            )
        killer.join()
        *events, last = stream
    assert caught.value.status_code == 503
    assert caught.value.response.headers["Retry-After"]
    assert caught.value.code == "worker_lost"
    # On the wire, the stream ends with an error and nothing else.
    assert '"error"' in last
    assert "worker_lost" in last
    assert not any("[DONE]" in event or '"finish_reason":"' in event for event in [*events, last])
    # While the only worker comes back, a request waits for it.
    assert server.text("5", max_tokens=3) == "6 7 8"


def _kill_once_begun(server: Server, count: int) -> None:
    until(lambda: sum(worker.get("begun", 0) for worker in server.workers()) == count, "the answers are begun")
    os.kill(server.workers()[0]["pid"], signal.SIGKILL)


def test_a_killed_worker_of_its_own_is_only_forgotten(house: House, slow_model: Path) -> None:
    """A worker that was started by hand is nobody's to restart; its streams still end with an error."""
    server = house.frontend("--queue-timeout", "5")
    victim = house.worker(slow_model, PORT=str(server.port))
    server.wait_for_workers(1)
    with server.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        victim.signal(signal.SIGKILL)
        victim.wait()
        *_, last = stream
    assert "worker_lost" in last
    house.worker(slow_model, PORT=str(server.port))
    server.wait_for_workers(1)
    assert server.text("5", max_tokens=3) == "6 7 8"


def test_a_worker_that_stands_still_counts_as_running_until_it_goes_on(house: House, slow_model: Path) -> None:
    """A stopped process (SIGSTOP) for a moment is a pause in its streams, nothing more."""
    server = house.up(slow_model)
    pid = server.workers()[0]["pid"]
    with server.stream("1", max_tokens=LONG) as stream:
        first = stream.skip_to_text()
        os.kill(pid, signal.SIGSTOP)
        step = server.workers()[0]["step"]
        assert server.get("/health").status == 200
        os.kill(pid, signal.SIGCONT)
        until(lambda: server.workers()[0]["step"] > step, "it goes on")
        assert counted(2, 3000).startswith(first + stream.some_text())
