"""Streaming chat completions over HTTP, as cheaply as Python can: not the client is to be measured.

Bytes are searched, not parsed: a part of text is an event with content that is not empty, the number of
tokens is what the server's usage says.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from .workload import Job, Measurement

GREEDY = {"temperature": 0.0}
_TEXT = re.compile(rb'"(?:content|reasoning|reasoning_content)": ?"[^"]')
_TOKENS = re.compile(rb'"completion_tokens": ?(\d+)')


@dataclass(frozen=True)
class Target:
    """The server that is measured.

    Attributes:
        prefix: What its paths begin with.
        tls: It is spoken to by HTTPS.
        headers: What every request has.
        fields: What every body has; the name is the one that mlx_lm.server gives its own model, and a server of
            one model takes any.
    """

    host: str
    port: int
    prefix: str = ""
    tls: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=lambda: {"model": "default_model"})


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


def request(target: Target, prompt: str, max_tokens: int, settings: Mapping[str, float] = GREEDY) -> bytes:
    """The bytes of a streaming chat completion that reports its usage, greedy unless the settings say else."""
    body = json.dumps(
        {
            **target.fields,
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": max_tokens,
            "stream": True,
            **settings,
            "stream_options": {"include_usage": True},
        }
    ).encode()
    host = f"[{target.host}]" if ":" in target.host else target.host
    headers = {
        "Host": f"{host}:{target.port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",  # so that a refusal ends: it has no [DONE]
        **target.headers,
    }
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    return f"POST {target.prefix}/v1/chat/completions HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


async def measure(target: Target, work: Job) -> Measurement:
    """Run a job against a server.

    Raises:
        ConnectionError: a request did not end as it should; the message has what came last.
    """
    result = Measurement()
    loop = asyncio.get_running_loop()

    async def stream(prompts: list[str], settings: Mapping[str, float]) -> None:
        for prompt in prompts:
            message = request(target, prompt, work.max_tokens, settings)
            begin = perf_counter()
            _, one = await loop.create_connection(
                lambda message=message: Stream(message), target.host, target.port, ssl=target.tls or None
            )
            tokens = await one.ended
            result.add(begin, one.times, tokens)

    begin = perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, prompts in enumerate(work.prompts):
            group.create_task(stream(prompts, work.settings(number)))
    result.seconds = perf_counter() - begin
    return result
