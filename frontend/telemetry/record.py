"""What happened to one request, and when: its log line, its metrics and its spans are all made of this.

It knows no clock and no text of a request: whoever keeps it says what happened, with the time in seconds on one
steady clock. Nothing here is called for a token but the first of a generation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Placement:
    """A worker got a generation; each but the first is a resume."""

    worker: str
    at: float


@dataclass(slots=True)
class GenerationRecord:
    """One choice of a request.

    Attributes:
        placements: The workers that had it, one after the other.
        started_at: When a worker had accepted it, the first time.
        first_at: When its first token came.
        ended_at: When its last one came.
        tokens: How many came in all, once it has ended.
        finish: How the worker ended it; None if it did not come so far.
    """

    submitted_at: float
    placements: list[Placement] = field(default_factory=list)
    started_at: float | None = None
    first_at: float | None = None
    ended_at: float | None = None
    tokens: int = 0
    finish: str | None = None

    def given(self, worker: str, now: float) -> bool:
        """A worker gets it; return whether another one had it before."""
        self.placements.append(Placement(worker, now))
        return len(self.placements) > 1

    def end(self, finish: str, tokens: int, now: float) -> None:
        """Its last token came."""
        self.finish, self.tokens, self.ended_at = finish, tokens, now

    @property
    def queue_seconds(self) -> float | None:
        """How long it waited for its first worker; None if there never was one."""
        return self.placements[0].at - self.submitted_at if self.placements else None

    @property
    def seconds_per_token(self) -> float | None:
        """How long each token behind the first one took; None unless it ended with some."""
        if self.first_at is None or self.ended_at is None or self.tokens < 2:
            return None
        return (self.ended_at - self.first_at) / (self.tokens - 1)


@dataclass(slots=True)
class RequestRecord:
    """A request.

    Attributes:
        id: The client's, or a drawn one.
        received_at: When its headers had come.
        key: The name of its API key; empty where none is asked for.
        status: Of the HTTP answer.
        error: The code of the error that ended it, or its type where it has no code.
        operation: What OpenTelemetry calls it (`chat`, `text_completion`); empty where nothing is generated.
        model: The one that answers, once a worker has begun.
        generations: One for each choice.
        usage: OpenAI's usage object, as far as it is known at the end.
        answered_at: When all was said, though perhaps not yet sent.
    """

    id: str
    received_at: float
    method: str = ""
    path: str = ""
    key: str = ""
    status: int = 0
    error: str | None = None
    operation: str = ""
    model: str = ""
    generations: list[GenerationRecord] = field(default_factory=list)
    usage: Mapping[str, object] = field(default_factory=dict)
    answered_at: float | None = None

    def submit(self, now: float) -> GenerationRecord:
        """A generation is asked for."""
        generation = GenerationRecord(now)
        self.generations.append(generation)
        return generation

    @property
    def outcome(self) -> str:
        """The error's code, `cancelled` if the client had left, or the finish reasons; empty if there are none."""
        if self.error is not None:
            return self.error
        finishes = [generation.finish for generation in self.generations]
        if None in finishes:
            return "cancelled"
        return ",".join(dict.fromkeys(finish for finish in finishes if finish is not None))

    @property
    def kind(self) -> str:
        """How it went, in one of four words: `completed`, `cancelled`, `refused` (4xx), `failed` (5xx)."""
        if self.error is not None:
            # An error in the middle of a stream comes behind a 200.
            return "refused" if 400 <= self.status < 500 else "failed"
        return "cancelled" if self.outcome == "cancelled" else "completed"

    @property
    def ttft_seconds(self) -> float | None:
        """From its headers to the first token of any choice; None if there was none."""
        firsts = [each.first_at for each in self.generations if each.first_at is not None]
        return min(firsts) - self.received_at if firsts else None

    @property
    def resumes(self) -> int:
        """How often a generation of it went on in another worker."""
        return sum(max(0, len(each.placements) - 1) for each in self.generations)

    @property
    def workers(self) -> list[str]:
        """The workers that had a part of it, each once, the first one first."""
        return list(dict.fromkeys(placement.worker for each in self.generations for placement in each.placements))

    @property
    def prompt_tokens(self) -> int:
        """Tokens of its prompts."""
        return _number(self.usage, "prompt_tokens")

    @property
    def completion_tokens(self) -> int:
        """Tokens of its answers, thoughts among them."""
        return _number(self.usage, "completion_tokens")

    @property
    def cached_tokens(self) -> int:
        """Tokens of its prompts that were found in the prefix cache."""
        details = self.usage.get("prompt_tokens_details")
        return _number(details, "cached_tokens") if isinstance(details, Mapping) else 0


def _number(values: Mapping[str, object], name: str) -> int:
    number = values.get(name, 0)
    return number if isinstance(number, int) else 0
