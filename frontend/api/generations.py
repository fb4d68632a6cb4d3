"""What chat and completion requests have in common: several generations that make one answer.

Each choice is a generation of its own, which survives its worker alone; the answer ends once, with the last of
them, or with the first failure.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from ...protocol.messages import Delta, Generate
from ..dispatcher import Failure, Priority, Started
from ..errors import InvalidRequest, of_failure
from ..exchange import Given
from ..telemetry import RequestTrace
from .answer import Answer, best_of, usage_of
from .chunks import Chunks
from .handler import ApiHandler, Services
from .parameters import GenerationOptions
from .sse import ChunkStream

log = logging.getLogger(__name__)


class GenerationHandler(ApiHandler):
    """Base of the routes that generate."""

    kind: ClassVar[str]
    """The answer's `object`."""

    id_prefix: ClassVar[str]

    operation: ClassVar[str]
    """What OpenTelemetry's conventions call it."""

    def initialize(self, services: Services) -> None:
        """Begin without a generation."""
        super().initialize(services)
        self._numbers: list[int] = []
        self._stream: ChunkStream | None = None
        self._answers: Sequence[Answer] = ()
        self.trace: RequestTrace | None = None
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def chunks(self, model: str) -> Chunks:
        """Return what renders a stream, once the model is known."""
        raise NotImplementedError

    async def answer(
        self, request: GenerationOptions, generates: Sequence[Generate], answers: Sequence[Answer]
    ) -> None:
        """Answer; the coroutine ends with the generations, or when the client is gone.

        Args:
            request: What was asked for.
            generates: A generation for each choice, all of the first prompt first.
            answers: Take what comes of each.
        """
        self.name_ignored(request.ignored)
        priority = self._priority(request)
        self.completion_id = f"{self.id_prefix}-{secrets.token_hex(12)}"
        self.created = int(time.time())
        self._request = request
        self._answers = answers
        self._left = len(generates)
        if request.stream:
            self._stream = self._new_stream()
        self.record.operation = self.operation
        traceparent = self._begin_trace()
        authorization = self.request.headers.get("Authorization")
        scope, key = self.services.scopes.of(authorization), self.services.scopes.key_of(authorization)
        for index, generate in enumerate(generates):
            if self._over.done():
                break
            self.record.submit(self.services.exchange.now())
            number = self.services.exchange.submit(
                replace(generate, cache_scope=scope, traceparent=traceparent),
                request.model,
                partial(self._take, index),
                key,
                priority,
            )
            self._numbers.append(number)
        if self._over.done():
            self._abandon()
        await self._over

    def on_connection_close(self) -> None:
        """Cancel: nobody reads the answer any more."""
        super().on_connection_close()
        self._give_up()

    def on_finish(self) -> None:
        """End the trace; what was said of the request before is its record."""
        super().on_finish()
        if self.trace is not None:
            self.trace.end(self.record, self.services.exchange.now())

    # --- inside ---

    def _priority(self, request: GenerationOptions) -> Priority:
        """Return what the body says, or else the header, for clients that have their bodies made by others."""
        given = request.priority or self.request.headers.get("X-Priority", Priority.INTERACTIVE.value)
        try:
            return Priority(given)
        except ValueError:
            known = " or ".join(f"'{priority.value}'" for priority in Priority)
            raise InvalidRequest(f"'X-Priority' is {given!r:.50}; it is {known}.", "X-Priority") from None

    def _begin_trace(self) -> str:
        """Return what the worker's spans are children of; empty if nobody wants any."""
        if self.services.telemetry.traces is None:
            return ""
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        self.trace = self.services.telemetry.traces.begin(self.record, headers)
        return self.trace.traceparent

    def _take(self, index: int, item: Given | Started | Delta | Failure) -> None:
        if self._over.done():
            return
        answer = self._answers[index]
        match item:
            case Failure():
                self._fail(item)
            case Given(worker):
                if self.record.generations[index].given(worker, self.services.exchange.now()):
                    self.services.telemetry.metrics.resumed()
            case Started():
                answer.start(item)
                self.record.model = answer.model
                if self._stream is not None:
                    self._begin(self._stream, index)
            case Delta():
                if not answer.completion_tokens:
                    self.record.generations[index].first_at = self.services.exchange.now()
                if self._stream is None:
                    answer.take(item)
                else:
                    answer.count(item)
                    _tell(self._stream, index, item, answer)
                if item.aside is not None and item.aside.unread_calls:
                    log.warning(
                        "%s: choice %d: a tool call could not be read and was given as text",
                        self.request_id,
                        index,
                    )
                if item.finish is not None:
                    self._finish_choice(index, item.finish)

    def _finish_choice(self, index: int, finish: str) -> None:
        if finish == "repetition":
            log.info("%s: choice %d was ended, it went round in a circle", self.request_id, index)
        self.record.generations[index].end(
            finish, self._answers[index].completion_tokens, self.services.exchange.now()
        )
        self._left -= 1
        if self._left == 0:
            self._finish()

    def _finish(self) -> None:
        usage = self._account()
        if self._stream is not None:
            self._stream.end(usage if self._request.with_usage else None)
            self._end_after(self._stream)
            return
        given = best_of(self._answers, self._request.candidates, self._request.choices)
        self.send_json(
            {
                "id": self.completion_id,
                "object": self.kind,
                "created": self.created,
                "model": self._answers[0].model,
                "choices": [{"index": index, **answer.choice()} for index, answer in enumerate(given)],
                "usage": usage,
            }
        )
        self._end()

    def _account(self) -> dict[str, Any]:
        """Return the usage so far; the record has it from now on."""
        self.record.usage = usage = usage_of(self._answers, self._request.candidates)
        self.record.answered_at = self.services.exchange.now()
        return usage

    def _fail(self, failure: Failure) -> None:
        self._abandon()
        self._account()
        error = of_failure(failure)
        self.record.error = error.code or error.type
        if self._stream is not None and self._stream.opened:
            # There is no status line left to say it with.
            self._stream.fail(error.body())
            self._end_after(self._stream)
        else:
            self._close_stream()
            self._over.set_exception(error)

    def _abandon(self) -> None:
        """Have what still runs stopped."""
        for number in self._numbers:
            self.services.exchange.abandon(number)

    def _give_up(self) -> None:
        self._abandon()
        if self._answers and not self._over.done():
            self._account()
        self._end()

    def _end(self) -> None:
        self._close_stream()
        if not self._over.done():
            self._over.set_result(None)

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()

    # --- streams ---

    def _new_stream(self) -> ChunkStream:
        connection = self.request.connection
        assert connection is not None  # noqa: S101 - Tornado sets it before it calls a handler
        # Tornado turns Nagle on again for every request; with it, a first token took 45 ms instead of 6.
        connection.stream.set_nodelay(True)  # pyright: ignore[reportAttributeAccessIssue]
        stream = ChunkStream(self, self._stalled, self.services.stall_seconds)
        if self.services.rules.silence_seconds:
            stream.break_silence(self.services.rules.silence_seconds, self._progress)
        return stream

    def _begin(self, stream: ChunkStream, index: int) -> None:
        if not hasattr(stream, "chunks"):
            stream.chunks = self.chunks(self._answers[index].model)
        stream.begin(index)

    def _progress(self) -> str:
        """Return what an answer waits for, for people who watch its bytes."""
        dispatcher = self.services.exchange.dispatcher
        waiting = [ahead for number in self._numbers if (ahead := dispatcher.ahead_of(number)) is not None]
        if waiting:
            return f"queued, {min(waiting)} before it" if dispatcher.ready else "waiting for a worker"
        silent = [
            (dispatcher.prefilled_of(number), answer.prompt_tokens)
            for number, answer in zip(self._numbers, self._answers, strict=False)
            if answer.prompt_tokens and not answer.completion_tokens
        ]
        if not silent:
            return "working"
        done, total = max(silent)
        return f"prefill {done}/{total}"

    def _end_after(self, stream: ChunkStream) -> None:
        async def end() -> None:
            await stream.drained()
            self._end()

        self._ending = asyncio.ensure_future(end())

    def _stalled(self) -> None:
        """Give up a client that does not read; its buffered chunks go with the connection."""
        self._give_up()
        if self.request.connection is not None:
            self.request.connection.stream.close()  # pyright: ignore[reportAttributeAccessIssue]


def _tell(stream: ChunkStream, index: int, delta: Delta, answer: Answer) -> None:
    entries = answer.shown(delta)
    aside = delta.aside
    if aside is not None and aside.reasoning:
        stream.reasoning(aside.reasoning, index)
    if delta.text or entries:
        stream.text(delta.text, entries, index)
    if aside is not None:
        for call in aside.tool_calls:
            number, shown = answer.number(call)
            stream.tool_call(number, shown, index)
    if delta.finish is not None:
        stream.finish(delta.finish, index)


def choices_of(generate: Generate, count: int) -> list[Generate]:
    """Return a prompt's generations; the first is `generate` itself, the others have seeds made of its seed."""
    sampling = generate.sampling
    return [
        replace(generate, sampling=replace(sampling, seed=_seed_of(sampling.seed, index)))
        for index in range(count)
    ]


def _seed_of(seed: int, index: int) -> int:
    if index == 0:
        return seed
    digest = hashlib.blake2b(seed.to_bytes(8, "big") + index.to_bytes(8, "big"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def drawn_seed() -> int:
    """Return a seed for a request that gives none."""
    return secrets.randbits(64)
