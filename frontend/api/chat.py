"""`POST /v1/chat/completions`: https://platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import replace
from typing import Any

from ...protocol.messages import Delta, Generate
from ..dispatcher import Failure, Started
from ..errors import of_failure
from .answer import Answer
from .handler import ApiHandler, Services
from .schema import ChatRequest, parse_chat_request
from .sse import ChunkStream


class ChatCompletions(ApiHandler):
    """Answers one conversation, whole or as a stream."""

    def initialize(self, services: Services) -> None:
        """Begin without a generation."""
        super().initialize(services)
        self._generation: int | None = None
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def on_post(self) -> None:
        """Answer; the coroutine ends with the generation, or when the client is gone."""
        request = parse_chat_request(self.body)
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())
        self._so_far = Answer(with_logprobs=bool(request.logprobs))
        sink = self._stream(request) if request.stream else self._collect()
        scope = self.services.scopes.of(self.request.headers.get("Authorization"))
        generate = replace(to_generate(request), cache_scope=scope)
        self._generation = self.services.exchange.submit(generate, request.model, sink)
        await self._over

    def on_connection_close(self) -> None:
        """Cancel: nobody reads the answer any more."""
        super().on_connection_close()
        self._give_up()

    def _give_up(self) -> None:
        if self._generation is not None:
            self.services.exchange.abandon(self._generation)
        self._end()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _fail(self, failure: Failure) -> None:
        if not self._over.done():
            self._over.set_exception(of_failure(failure))

    # --- whole answers ---

    def _collect(self):  # noqa: ANN202 - an exchange.Sink
        answer = self._so_far

        def sink(item: Started | Delta | Failure) -> None:
            match item:
                case Started():
                    answer.start(item)
                case Failure():
                    self._fail(item)
                case Delta():
                    answer.take(item)
                    if item.finish is not None:
                        self.send_json(self._completion(item.finish))
                        self._end()

        return sink

    def _completion(self, finish_reason: str) -> dict[str, Any]:
        message = self._so_far.message()
        logprobs = self._so_far.logprobs()
        choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish_reason}
        return {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self._so_far.model,
            "choices": [choice],
            "usage": self._so_far.usage(),
        }

    # --- streams ---

    def _stream(self, request: ChatRequest):  # noqa: ANN202 - an exchange.Sink
        connection = self.request.connection
        assert connection is not None  # noqa: S101 - Tornado sets it before it calls a handler
        # Tornado turns Nagle on again for every request; with it, a first token took 45 ms instead of 6.
        connection.stream.set_nodelay(True)  # pyright: ignore[reportAttributeAccessIssue]
        stream = ChunkStream(self, self._stalled, self.services.stall_seconds)
        with_usage = bool(request.stream_options and request.stream_options.include_usage)
        answer = self._so_far

        def sink(item: Started | Delta | Failure) -> None:
            match item:
                case Delta():
                    answer.count(item)
                    entries = answer.shown(item)
                    if item.aside is not None and item.aside.reasoning:
                        stream.reasoning(item.aside.reasoning)
                    if item.text or entries:
                        stream.text(item.text, entries)
                    if item.aside is not None:
                        for call in item.aside.tool_calls:
                            stream.tool_call(*answer.number(call))
                    if item.finish is not None:
                        stream.end(item.finish, answer.usage() if with_usage else None)
                        self._finish_after(stream)
                case Started():
                    answer.start(item)
                    stream.open(self._id, self._created, answer.model, with_usage)
                case Failure() if not self._headers_written:
                    self._fail(item)  # there is still a status line to say it with
                case Failure():
                    stream.fail(of_failure(item).body())
                    self._finish_after(stream)

        return sink

    def _finish_after(self, stream: ChunkStream) -> None:
        async def finish() -> None:
            await stream.drained()
            self._end()

        self._finishing = asyncio.ensure_future(finish())

    def _stalled(self) -> None:
        """Give up a client that does not read; its buffered chunks go with the connection."""
        self._give_up()
        if self.request.connection is not None:
            self.request.connection.stream.close()  # pyright: ignore[reportAttributeAccessIssue]


def to_generate(request: ChatRequest) -> Generate:
    """Return the request as a worker gets it; the exchange numbers it. Without a seed, one is drawn here."""
    return Generate(
        generation=0,
        messages=tuple(message.to_protocol() for message in request.messages),
        sampling=request.sampling(secrets.randbits(64)),
        max_tokens=request.token_limit,
        stop=request.stops,
        role_mapping=request.role_mapping,
        tools=request.definitions,
        enable_thinking=request.enable_thinking,
        grammar=request.grammar,
        calls=request.call_rules,
    )
