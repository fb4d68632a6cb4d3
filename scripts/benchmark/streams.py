"""Streaming chat completions over HTTP, as cheaply as Python can: not the client is to be measured.

Bytes are searched, not parsed: a part of text is an event with content that is not empty, the number of
tokens is what the server's usage says. A child of the benchmark: HOST and PORT are its arguments, a job is a
line of JSON on stdin, a measurement a line on stdout; it ends with stdin.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict
from time import perf_counter

from .workload import Job, Measurement

GREEDY = {"temperature": 0.0}
_TEXT = re.compile(rb'"(?:content|reasoning|reasoning_content)": ?"[^"]')
_TOKENS = re.compile(rb'"completion_tokens": ?(\d+)')


class Stream(asyncio.Protocol):
    """One request: `times` of the parts of its text, and `ended`, which gives its number of tokens.

    `ended` raises ConnectionError if the server does not answer 200, sends an error frame or ends early.
    """

    def __init__(self, request: bytes) -> None:
        self.times: list[float] = []
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._request = request
        self._rest = self._last = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request at once."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio types it too wide
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note the time of every part of text in the events that are whole now."""
        now = perf_counter()
        received = self._rest + data
        events = received.rfind(b"\n\n") + 2
        if events == 1:
            self._rest = received
            return
        whole, self._rest = received[:events], received[events:]
        self.times.extend([now] * len(_TEXT.findall(whole)))
        # Usage and the end may come in two pieces.
        self._last = (self._last + whole)[-4096:]
        if b"data: [DONE]" in whole:
            usage = _TOKENS.search(self._last)
            if usage:
                self._end(int(usage[1]))
            else:
                self._end("no usage before [DONE]")
        elif b'data: {"error"' in whole:
            self._end("error frame")

    def connection_lost(self, exc: Exception | None) -> None:
        """An end before [DONE] is no end."""
        self._end(f"connection lost ({exc})")

    def _end(self, outcome: int | str) -> None:
        if self.ended.done():
            return
        if isinstance(outcome, int):
            self.ended.set_result(outcome)
        else:
            received = (self._last + self._rest)[-1000:].decode(errors="replace")
            self.ended.set_exception(ConnectionError(f"{outcome}; received last: {received}"))
        self._transport.close()


def request(host: str, port: int, prompt: str, max_tokens: int, settings: Mapping[str, float] = GREEDY) -> bytes:
    """The bytes of a streaming chat completion that reports its usage, greedy unless the settings say else."""
    body = json.dumps(
        {
            # The name that mlx_lm.server gives its own model; a server of one model takes any.
            "model": "default_model",
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": max_tokens,
            "stream": True,
            **settings,
            "stream_options": {"include_usage": True},
        }
    ).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def measure(host: str, port: int, work: Job) -> Measurement:
    """Run a job against a server.

    Raises:
        ConnectionError: a request did not end as it should; the message has what came last.
    """
    result = Measurement()
    loop = asyncio.get_running_loop()

    async def stream(prompts: list[str], settings: Mapping[str, float]) -> None:
        for prompt in prompts:
            message = request(host, port, prompt, work.max_tokens, settings)
            begin = perf_counter()
            _, one = await loop.create_connection(lambda message=message: Stream(message), host, port)
            tokens = await one.ended
            result.add(begin, one.times, tokens)

    begin = perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, prompts in enumerate(work.prompts):
            group.create_task(stream(prompts, work.settings(number)))
    result.seconds = perf_counter() - begin
    return result


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(asdict(asyncio.run(measure(host, port, Job(**json.loads(line)))))), flush=True)


if __name__ == "__main__":
    main()
