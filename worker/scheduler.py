"""What the worker does about each generation: a pure state machine, `handle(event) -> actions`.

It knows nothing of sockets, threads, clocks or MLX. A generation is known by its `Key`, (frontend, number),
and goes through

    preparing   its prompt is rendered and tokenized          Requested -> Prepare
    running     it is in the engine's batch, or waits there   Prepared  -> Accepted, Insert once there is memory
    (gone)      one terminal message was sent                 finish, Failed or Cancelled

What arrives for a generation that is gone is late, and ignored: a prompt prepared after its cancellation,
tokens of the step that was under way when a stop string was found, or when its frontend was lost.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..protocol.messages import (
    Accepted,
    Aside,
    Cancelled,
    Delta,
    Failed,
    FromWorker,
    Generate,
    KvMemory,
    Prefilled,
    PromptLogprobs,
    Sampling,
    Step,
)
from .admission import Admission
from .bounds import fault
from .grammar.row import RowGrammar
from .ledger import TokenLogprobs
from .repetition import RepetitionGuard
from .text import TextStream
from .thinking import ThinkingBudget


class Key(NamedTuple):
    """A generation: the frontend's index in this worker, and that frontend's number for it.

    `greeting` counts how often the frontend was lost before: one that comes back may ask for the same number
    again while a prompt or a step of the former is still under way.
    """

    frontend: int
    generation: int
    greeting: int = 0


class Token(NamedTuple):
    """One row's share of an engine step.

    Attributes:
        finish: `"stop"` at a token that ends the turn, `"length"`, `"broken"` where the grammar can't go on,
            or None.
        logprobs: For rows that ask.
        cached: With a row's first token, how many tokens of its prompt were found in the prefix cache.
    """

    key: Key
    token: int
    finish: str | None
    logprobs: TokenLogprobs | None = None
    cached: int = 0


class Scored(NamedTuple):
    """What an engine step found out about a prompt's tokens.

    Attributes:
        start: Which of the prompt's tokens the first one is.
        tokens: With the log-probabilities that the model gives each.
    """

    key: Key
    start: int
    tokens: list[tuple[int, TokenLogprobs]]


# --- events ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Requested:
    """A frontend asks for a generation."""

    frontend: int
    request: Generate


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prompt is tokenized; `text` will turn the answer's tokens into text, behind those that are resumed.

    Attributes:
        grammar: What these tokens are held to; it too is behind those that are resumed.
        thinking: What ends a thought; likewise.
    """

    key: Key
    prompt: list[int]
    text: TextStream
    grammar: RowGrammar | None = None
    thinking: ThinkingBudget | None = None


@dataclass(frozen=True, slots=True)
class Unprepared:
    """A prompt can't be made."""

    key: Key
    kind: str
    message: str
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Stepped:
    """The engine did step number `step`.

    Attributes:
        prefilled: How many tokens of prompts are computed; told now and then.
    """

    step: int
    tokens: list[Token]
    scored: list[Scored] = field(default_factory=list)
    prefilled: list[tuple[Key, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """A frontend wants a generation stopped."""

    frontend: int
    generation: int


@dataclass(frozen=True, slots=True)
class FrontendLost:
    """A frontend is gone or has forgotten us; nobody waits for its generations."""

    frontend: int


Event = Requested | Prepared | Unprepared | Stepped | CancelRequested | FrontendLost

# --- actions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepare:
    """Render and tokenize a prompt, then say `Prepared` or `Unprepared`."""

    key: Key
    request: Generate


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a generation into the engine's batch.

    Attributes:
        prompt: What is prefilled, with the tokens that are resumed.
        max_tokens: How many more are sampled at most.
        position: Of the first of them in the completion.
        cache_scope: Within which it takes and leaves prefixes in the cache; None does neither.
        prompt_logprobs: Tell of the prompt's tokens, and of so many others at each place; None tells nothing.
    """

    key: Key
    prompt: list[int]
    sampling: Sampling
    max_tokens: int
    position: int = 0
    cache_scope: str | None = None
    grammar: RowGrammar | None = None
    thinking: ThinkingBudget | None = None
    prompt_logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Take generations out of the engine's batch."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to a frontend."""

    frontend: int
    message: FromWorker


Action = Prepare | Insert | Remove | Send


# --- the machine -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Generation:
    request: Generate
    text: TextStream | None = None  # None while the prompt is being prepared
    guard: RepetitionGuard | None = None
    insert: Insert | None = None  # while it waits for memory

    @property
    def running(self) -> bool:
        return self.text is not None


class Scheduler:
    """The state of every generation in this worker.

    Args:
        context_length: Tokens of prompt and completion together.
        kv_memory: What the batch may take; None sets no bound.
    """

    def __init__(self, context_length: int, kv_memory: KvMemory | None = None) -> None:
        self._context_length = context_length
        self._admission: Admission[Key] = Admission(kv_memory)
        self._generations: dict[Key, _Generation] = {}
        self._greetings: Counter[int] = Counter()

    def running(self, frontend: int) -> int:
        """Return how many generations of a frontend are not gone."""
        return sum(key.frontend == frontend for key in self._generations)

    @property
    def idle(self) -> bool:
        """Whether no generation is left."""
        return not self._generations

    def handle(self, event: Event) -> list[Action]:
        """Take one event and return what is to be done, in order."""
        match event:
            case Stepped():
                return self._stepped(event)
            case Requested():
                return self._requested(event)
            case Prepared():
                return self._prepared(event)
            case Unprepared():
                return self._unprepared(event)
            case CancelRequested():
                return self._cancelled(event)
            case FrontendLost():
                return self._frontend_lost(event)

    def _requested(self, event: Requested) -> list[Action]:
        key = self._key(event.frontend, event.request.generation)
        if key in self._generations:
            return []
        if (wrong := fault(event.request)) is not None:
            param, message = wrong
            return [_failed(key, "invalid", message, param)]
        self._generations[key] = _Generation(event.request)
        return [Prepare(key, event.request)]

    def _prepared(self, event: Prepared) -> list[Action]:
        generation = self._generations.get(event.key)
        if generation is None:
            return []
        room = self._context_length - len(event.prompt)
        if room <= 0:
            del self._generations[event.key]
            return [
                _failed(
                    event.key,
                    "invalid",
                    self._too_long(len(event.prompt), generation.request.source),
                    generation.request.source,
                    "context_length_exceeded",
                )
            ]
        request, resumed = generation.request, generation.request.resume
        # With none to be sampled, one is, and not told: the prompt is what is asked for.
        left = min(request.max_tokens or 1, room) - len(resumed)
        if left <= 0:
            del self._generations[event.key]
            return [_failed(event.key, "internal", "The answer can't be resumed: it had reached its length.")]
        tokens = min(len(event.prompt) + request.max_tokens, self._context_length)
        most = self._admission.most_tokens
        if most is not None and tokens > most:
            del self._generations[event.key]
            return [_too_large(event.key, tokens, most, len(event.prompt), request.source)]
        generation.text = event.text
        if request.break_repetition:
            generation.guard = RepetitionGuard(resumed)
        # What is resumed had told all of its prompt.
        scored = None if resumed else request.prompt_logprobs
        generation.insert = Insert(
            event.key,
            [*event.prompt, *resumed],
            request.sampling,
            left,
            len(resumed),
            request.cache_scope if scored is None else None,
            event.grammar,
            event.thinking,
            scored,
        )
        self._admission.add(event.key, tokens)
        accepted = Send(event.key.frontend, Accepted(event.key.generation, len(event.prompt)))
        return [accepted, *self._admit()]

    def _admit(self) -> list[Action]:
        """Put those into the batch that have the memory for it."""
        inserts: list[Action] = []
        for key in self._admission.admitted():
            generation = self._generations[key]
            if generation.insert is not None:
                inserts.append(generation.insert)
                generation.insert = None
        return inserts

    def _unprepared(self, event: Unprepared) -> list[Action]:
        if self._generations.pop(event.key, None) is None:
            return []
        return [_failed(event.key, event.kind, event.message, event.param)]

    def _stepped(self, event: Stepped) -> list[Action]:
        deltas: dict[int, list[Delta]] = {}
        stopped: list[Key] = []
        actions: list[Action] = []
        for key, start, tokens in event.scored:
            generation = self._generations.get(key)
            if generation is not None and generation.text is not None and generation.text.ledger is not None:
                told = PromptLogprobs(start, generation.text.ledger.of_prompt(tokens))
                deltas.setdefault(key.frontend, []).append(Delta(key.generation, (), "", prompt_logprobs=told))
        for row in event.tokens:
            generation = self._generations.get(row.key)
            if generation is None or generation.text is None:
                continue
            if row.finish == "broken":
                actions.append(_broken(row.key, generation.request))
                self._forget(row.key)
                continue
            try:
                delta = _advance(row, generation.request, generation.text, generation.guard)
            except Exception as error:  # noqa: BLE001 - one row's bad tokens must not end the others
                actions.append(_failed(row.key, "internal", f"The answer can't be decoded: {error!r}"))
                stopped.append(row.key)
                continue
            # What a client was told once stays: the worker that began the answer has told it.
            if row.cached and not generation.request.resume:
                delta = replace(delta, aside=replace(delta.aside or Aside(), cached_tokens=row.cached))
            deltas.setdefault(row.key.frontend, []).append(delta)
            if delta.finish is not None:
                if row.finish is None:
                    stopped.append(row.key)
                else:
                    self._forget(row.key)
        actions += self._remove(stopped) + self._admit()
        prefilled: dict[int, list[Prefilled]] = {}
        for key, done in event.prefilled:
            if key in self._generations:
                prefilled.setdefault(key.frontend, []).append(Prefilled(key.generation, done))
        steps = [
            Send(frontend, Step(event.step, tuple(deltas.get(frontend, ())), tuple(prefilled.get(frontend, ()))))
            for frontend in {**deltas, **prefilled}
        ]
        return [*steps, *actions]

    def _cancelled(self, event: CancelRequested) -> list[Action]:
        key = self._key(event.frontend, event.generation)
        if key not in self._generations:
            return []
        return [*self._remove([key]), Send(key.frontend, Cancelled(key.generation)), *self._admit()]

    def _frontend_lost(self, event: FrontendLost) -> list[Action]:
        self._greetings[event.frontend] += 1
        lost = [key for key in self._generations if key.frontend == event.frontend]
        return self._remove(lost) + self._admit()

    def _key(self, frontend: int, generation: int) -> Key:
        return Key(frontend, generation, self._greetings[frontend])

    def _remove(self, keys: list[Key]) -> list[Action]:
        """Forget generations; those in the batch must leave it."""
        gone = {key: self._forget(key) for key in keys}
        batched = tuple(key for key, each in gone.items() if each.running and each.insert is None)
        return [Remove(batched)] if batched else []

    def _forget(self, key: Key) -> _Generation:
        self._admission.remove(key)
        return self._generations.pop(key)

    def _too_long(self, tokens: int, source: str) -> str:
        are = "are" if source == "messages" else "is"
        return (
            f"This model's maximum context length is {self._context_length} tokens, and the {source} {are} "
            f"{tokens} tokens, which leaves no room for an answer. Please reduce the length of the {source}."
        )


def _too_large(key: Key, tokens: int, most: int, prompt: int, source: str) -> Send:
    param = "max_tokens" if prompt < most else source
    return _failed(
        key,
        "invalid",
        f"The prompt of {prompt} tokens and its answer may be {tokens} tokens together, and this worker has "
        f"memory for {most} (--kv-memory). Please reduce '{param}'.",
        param,
        "kv_memory_exceeded",
    )


def _advance(row: Token, request: Generate, text: TextStream, guard: RepetitionGuard | None) -> Delta:
    """Return the delta that a token makes, replayed through detokenizer, parser and stop strings."""
    if not request.max_tokens:
        return Delta(row.key.generation, (), "", "length")
    if row.finish == "stop":
        piece, _ = text.finish()
        finish = row.finish
        if text.ledger is not None and request.prompt_logprobs is not None:
            # Who is told of the prompt counts on an entry for every token.
            text.ledger.end_with()
            logprobs = text.ledger.take(row.token, row.logprobs)
            return Delta(row.key.generation, (row.token,), piece, finish, None, logprobs)
    else:
        piece, stopped = text.push(row.token)
        finish = "repetition" if guard is not None and guard.push(row.token) else row.finish
        if finish is None and not stopped:
            return _delta(row, piece, None, text)
        if not stopped:
            rest, stopped = text.finish(cut=True)
            piece += rest
        finish = "stop" if stopped else finish
    if finish == "stop" and text.called:
        finish = "tool_calls"
    return _delta(row, piece, finish, text)


def _delta(row: Token, piece: str, finish: str | None, text: TextStream) -> Delta:
    logprobs = None
    if text.ledger is not None:
        # The token that ends a turn is no part of what is said.
        logprobs = text.ledger.take(row.token, None if row.finish == "stop" else row.logprobs)
    return Delta(row.key.generation, (row.token,), piece, finish, text.take_aside(), logprobs)


def _broken(key: Key, request: Generate) -> Send:
    param = "tools" if request.grammar is None else request.grammar.field
    return _failed(key, "invalid", f"The answer can't be held to '{param}': its grammar is too complex.", param)


def _failed(key: Key, kind: str, message: str, param: str | None = None, code: str | None = None) -> Send:
    return Send(key.frontend, Failed(key.generation, kind, message, param, code))
