"""A worker is killed: its answers go on elsewhere to the last token; half an answer never looks whole."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path
from typing import Any, Self

import openai
import pytest

from .reading import Read, read
from .servers import House, Running, Server, counted, until

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


@pytest.mark.slow
def test_answers_of_a_killed_worker_go_on_as_if_nothing_had_happened(house: House, slow_model: Path) -> None:
    server = house.up(slow_model, workers=2)
    victim, other = (worker["pid"] for worker in server.workers())
    length = 300

    async def load_and_kill() -> list[Read]:
        async with server.async_openai() as client:
            readers = [asyncio.create_task(read(client, number, length)) for number in range(8)]
            await asyncio.to_thread(
                until, lambda: [w["begun"] for w in server.workers()] == [4, 4], "all streams run"
            )
            # Each has said something.
            step = max(worker["step"] for worker in server.workers())
            await asyncio.to_thread(
                until, lambda: min(w["step"] for w in server.workers()) > step + 3, "all streams go on"
            )
            assert not any(reader.done() for reader in readers)
            os.kill(victim, signal.SIGKILL)
            return await asyncio.gather(*readers)

    with Prober(server) as prober:
        reads = asyncio.run(load_and_kill())
    assert reads == [Read(counted(number + 1, number + length), finish="length") for number in range(8)]
    assert prober.probes > 10
    assert prober.failures == []
    pids = {worker["pid"] for worker in server.wait_for_workers(2)}
    assert other in pids
    assert victim not in pids
    server.wait_idle()


def test_answers_wait_for_the_only_worker_to_come_back(house: House, slow_model: Path) -> None:
    """Whole and streamed, begun and queued: all are what they would have been."""
    server = house.up(slow_model, "--max-batch", "2")
    length = 200

    async def load_and_kill() -> None:
        async with server.async_openai() as client:
            streamed = asyncio.create_task(read(client, 10, length))
            whole = asyncio.create_task(_whole(client, 20, length))
            await asyncio.to_thread(_wait_until_begun, server, 2)
            queued = asyncio.create_task(read(client, 30, 3))
            os.kill(server.workers()[0]["pid"], signal.SIGKILL)
            assert await streamed == Read(counted(11, 10 + length), finish="length")
            assert await whole == (counted(21, 20 + length), length)
            assert await queued == Read(counted(31, 33), finish="length")

    asyncio.run(load_and_kill())
    server.wait_idle()


async def _whole(client: openai.AsyncOpenAI, number: int, length: int) -> tuple[str | None, int]:
    """Return the text of an answer that is not streamed, and how many tokens it is said to have."""
    answer = await client.chat.completions.create(
        model="any", messages=[{"role": "user", "content": str(number)}], max_tokens=length
    )
    assert answer.usage is not None
    return answer.choices[0].message.content, answer.usage.completion_tokens


def _wait_until_begun(server: Server, count: int) -> None:
    until(lambda: sum(worker.get("begun", 0) for worker in server.workers()) == count, "the answers are begun")


def test_an_answer_survives_two_workers_in_its_middle(house: House, slow_model: Path) -> None:
    server = house.up(slow_model, workers=2)
    with server.stream("1", max_tokens=300) as stream:
        text = stream.skip_to_text()
        for _ in range(2):
            _wait_until_begun(server, 1)
            (runs,) = [worker for worker in server.workers() if worker.get("begun")]
            os.kill(runs["pid"], signal.SIGKILL)
            text += stream.some_text(30)
        text += stream.text()
    assert text == counted(2, 301)


def test_sampled_text_is_the_same_with_and_without_a_death(house: House, nonsense_model: Path) -> None:
    server = house.up(nonsense_model, workers=2)
    fields = {
        "max_tokens": 300, "temperature": 1.0, "top_p": 0.95, "repetition_penalty": 1.1, "min_p": 0.001,
        "frequency_penalty": 0.2, "presence_penalty": 0.2, "xtc_probability": 0.3, "logprobs": True,
        "stop": "no such text",
    }  # fmt: skip
    seeds = range(7, 13)

    def told(choice: dict[str, Any]) -> tuple[str, list[str]]:
        return choice["message"]["content"], [entry["token"] for entry in choice["logprobs"]["content"]]

    def all_told(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
        return [told(choice) for choice in answer["choices"]]

    undisturbed = [all_told(server.ask("tell me", **fields, seed=seed, n=2)) for seed in seeds]
    assert all(text.strip() == "".join(tokens).strip() for each in undisturbed for text, tokens in each)
    assert len({text for each in undisturbed for text, _ in each}) == 2 * len(seeds)

    async def ask_and_kill() -> list[list[tuple[str, list[str]]]]:
        async with server.async_openai() as client:
            asked = [
                asyncio.create_task(
                    client.chat.completions.create(
                        model="any",
                        messages=[{"role": "user", "content": "tell me"}],
                        extra_body={**fields, "seed": seed, "n": 2},
                    )
                )
                for seed in seeds
            ]
            await asyncio.to_thread(until, lambda: any(w.get("begun") for w in server.workers()), "they run")
            os.kill(server.workers()[0]["pid"], signal.SIGKILL)
            return [all_told((await each).model_dump()) for each in asked]

    assert asyncio.run(ask_and_kill()) == undisturbed


@pytest.mark.slow
def test_a_worker_that_was_started_by_hand_is_replaced_by_another(house: House, slow_model: Path) -> None:
    """It is nobody's to restart; its streams pause until somebody brings the next one."""
    server = house.frontend()
    victim = house.worker(slow_model, PORT=str(server.port))
    server.wait_for_workers(1)
    with server.stream("1", max_tokens=300) as stream:
        text = stream.skip_to_text()
        victim.signal(signal.SIGKILL)
        victim.wait()
        house.worker(slow_model, PORT=str(server.port))
        text += stream.text()
    assert text == counted(2, 301)


def test_an_answer_that_nobody_can_go_on_with_never_looks_complete(house: House, slow_model: Path) -> None:
    server = house.frontend("--queue-timeout", "2")
    victim = house.worker(slow_model, PORT=str(server.port))
    server.wait_for_workers(1)
    with server.openai() as client, server.stream("1", max_tokens=LONG) as stream:
        stream.skip_to_text()
        killer = threading.Thread(target=_kill_once_begun, args=(server, victim, 2))
        killer.start()
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(
                model="any", messages=[{"role": "user", "content": "1"}], max_tokens=LONG
            )
        killer.join()
        *events, last = stream
    assert caught.value.status_code == 503
    assert caught.value.response.headers["Retry-After"]
    assert caught.value.code == "service_unavailable"
    # On the wire, the stream ends with an error and nothing else.
    assert '"error"' in last
    assert "service_unavailable" in last
    assert not any("[DONE]" in event or '"finish_reason":"' in event for event in [*events, last])


def _kill_once_begun(server: Server, victim: Running, count: int) -> None:
    _wait_until_begun(server, count)
    victim.signal(signal.SIGKILL)
