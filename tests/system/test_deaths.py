"""A worker is killed: the frontend goes on, nobody takes half an answer for a whole one, a new worker comes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path
from typing import Self

import openai
import pytest

from .servers import House, Server, counted, until, user

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


async def _read(client: openai.AsyncOpenAI, number: int) -> tuple[str, str | None]:
    """Read a long stream; return its text and the error it ended with."""
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
                assert chunk.choices[0].finish_reason is None, "a killed stream has no clean end"
                text += chunk.choices[0].delta.content or ""
        except openai.APIError as error:
            return text, error.message
    return text, None


def test_a_killed_worker_under_load(house: House, slow_model: Path) -> None:
    server = house.up(slow_model, workers=2)
    victim, other = (worker["pid"] for worker in server.workers())

    async def load_and_kill() -> None:
        async with server.async_openai() as client:
            readers = [asyncio.create_task(_read(client, number)) for number in range(8)]
            await asyncio.to_thread(
                until, lambda: [w["running"] for w in server.workers()] == [4, 4], "all streams run"
            )
            # Each has said something.
            step = max(worker["step"] for worker in server.workers())
            await asyncio.to_thread(
                until, lambda: min(w["step"] for w in server.workers()) > step + 3, "all streams go on"
            )
            os.kill(victim, signal.SIGKILL)
            ended, _ = await asyncio.wait(readers, return_when=asyncio.FIRST_COMPLETED)
            while len(ended) < 4:
                ended, _ = await asyncio.wait(readers, timeout=0.01)
            for reader in ended:
                text, error = reader.result()
                assert error, "a stream of the dead worker ends with an error"
                assert "gone" in error
                first = int(text.split(maxsplit=1)[0])
                assert text == counted(first, int(text.split()[-1]))
            # At once, on the other one.
            answer = await client.chat.completions.create(
                model="any", messages=[{"role": "user", "content": "5"}], max_tokens=3
            )
            assert answer.choices[0].message.content == "6 7 8"
            assert sum(not reader.done() for reader in readers) == 4
            (survivor,) = [w for w in server.workers() if w["pid"] == other]
            assert survivor["running"] == 4
            # And a new one comes.
            pids = {w["pid"] for w in await asyncio.to_thread(server.wait_for_workers, 2)}
            assert other in pids
            assert victim not in pids
            assert sum(not reader.done() for reader in readers) == 4
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    with Prober(server) as prober:
        asyncio.run(load_and_kill())
    assert prober.probes > 10
    assert prober.failures == []
    server.wait_idle()


def test_an_error_ends_the_stream_on_the_wire(house: House, slow_model: Path) -> None:
    server = house.up(slow_model)
    with server.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        os.kill(server.workers()[0]["pid"], signal.SIGKILL)
        *chunks, last = stream
    assert '"error"' in last
    assert "worker_lost" in last
    assert not any("[DONE]" in chunk or '"finish_reason":"' in chunk for chunk in [*chunks, last])


def test_a_whole_answer_of_a_killed_worker_is_a_503(house: House, slow_model: Path) -> None:
    server = house.up(slow_model)
    with server.openai() as client:
        killer = threading.Thread(target=_kill_once_running, args=(server,))
        killer.start()
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(
                model="any", messages=[{"role": "user", "content": "1"}], max_tokens=LONG
            )
        killer.join()
    assert caught.value.status_code == 503
    assert caught.value.response.headers["Retry-After"]
    assert caught.value.code == "worker_lost"
    # While the only worker comes back, a request waits for it.
    assert server.text("5", max_tokens=3) == "6 7 8"


def _kill_once_running(server: Server) -> None:
    until(lambda: server.running == 1 and server.workers()[0]["step"] > 3, "the answer is under way")
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
    with server.stream("1", max_tokens=100) as stream:
        first = stream.skip_to_text()
        os.kill(pid, signal.SIGSTOP)
        step = server.workers()[0]["step"]
        assert server.get("/health").status == 200
        os.kill(pid, signal.SIGCONT)
        until(lambda: server.workers()[0]["step"] > step, "it goes on")
        assert first + stream.text() == counted(2, 101)


def test_a_worker_dies_again_and_again(house: House, counting_model: Path) -> None:
    server = house.up(counting_model)
    seen: set[int] = set()
    for _ in range(2):
        (worker,) = server.wait_for_workers(1)
        assert worker["pid"] not in seen
        seen.add(worker["pid"])
        os.kill(worker["pid"], signal.SIGKILL)
        until(lambda pid=worker["pid"]: pid not in {w["pid"] for w in server.workers()}, "its death is seen")
        assert server.get("/health").status == 200
    server.wait_for_workers(1)
    assert server.post({"messages": user("5"), "max_tokens": 3}).status == 200
