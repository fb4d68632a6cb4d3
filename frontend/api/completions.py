"""`POST /v1/completions`: https://platform.openai.com/docs/api-reference/completions.

A prompt is text or token ids, without any template; the answer is text alone, in which nothing is looked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, StringConstraints, Tag

from ...protocol.messages import Generate, Inspect, Sampling
from ..dispatcher import Failure
from ..errors import InvalidRequest, of_failure
from ..settings import RequestRules
from .answer import CompletionAnswer
from .body import read_json, validate
from .chunks import Chunks, CompletionChunks
from .generations import GenerationHandler, choices_of, drawn_seed
from .parameters import MAX_TOKENS, Count, GenerationOptions, TokenId, WithoutEffect, check_options, with_defaults

# OpenAI's.
DEFAULT_MAX_TOKENS = 16
MAX_GENERATIONS = 128


def _prompt_tag(value: Any) -> str:
    if not isinstance(value, list):
        return "as text"
    first = value[0] if value else None
    if isinstance(first, list):
        return "as token lists"
    return "as texts" if isinstance(first, str) else "as tokens"


PromptText = Annotated[str, StringConstraints(min_length=1)]
PromptTokens = Annotated[list[TokenId], Field(min_length=1, max_length=MAX_TOKENS)]


def _ids(tokens: Any) -> tuple[int, ...]:
    return tuple(tokens)


class CompletionRequest(GenerationOptions, WithoutEffect):
    """The body of a completion request."""

    prompt: Annotated[
        Annotated[PromptText, Tag("as text")]
        | Annotated[list[PromptText], Field(min_length=1, max_length=MAX_GENERATIONS), Tag("as texts")]
        | Annotated[PromptTokens, Tag("as tokens")]
        | Annotated[list[PromptTokens], Field(min_length=1, max_length=MAX_GENERATIONS), Tag("as token lists")],
        Discriminator(_prompt_tag),
    ]
    # None is generated where the prompt's log-probabilities, or its text, are all that is wanted.
    max_tokens: Count | None = None
    best_of: Annotated[int, Field(ge=1, le=20)] | None = None
    echo: bool | None = None
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    suffix: str | None = None

    @property
    def prompts(self) -> list[str | tuple[int, ...]]:
        """The prompts, each as text or as token ids."""
        if isinstance(self.prompt, str):
            return [self.prompt]
        if isinstance(self.prompt[0], int):
            return [_ids(self.prompt)]
        return [part if isinstance(part, str) else _ids(part) for part in self.prompt]

    @property
    def candidates(self) -> int:
        """How many answers are made to each prompt; the best of them are given."""
        return self.best_of or self.choices

    @property
    def token_limit(self) -> int:
        """At most so many tokens are generated."""
        return DEFAULT_MAX_TOKENS if self.max_tokens is None else self.max_tokens

    def generate(self, prompt: str | tuple[int, ...], sampling: Sampling) -> Generate:
        """Return the generation for one of the prompts."""
        return Generate(
            generation=0,
            messages=(),
            sampling=sampling,
            max_tokens=self.token_limit,
            stop=self.stops,
            prompt=prompt if isinstance(prompt, str) else None,
            prompt_tokens=() if isinstance(prompt, str) else prompt,
            break_repetition=bool(self.break_repetition),
            prompt_logprobs=self.logprobs if self.echo else None,
            suffix=self.suffix,
        )

    def sampling(self, seed: int) -> Sampling:
        """Return the settings as a worker gets them."""
        told = self.logprobs is not None or self.candidates > self.choices
        return replace(super().sampling(seed), logprobs=told, top_logprobs=self.logprobs or 0)


def parse_completion_request(body: bytes, rules: RequestRules | None = None) -> CompletionRequest:
    """Return the request in a body.

    Raises:
        InvalidRequest: As `read_json` and `validate` do, or fields don't go together.
    """
    rules = rules or RequestRules()
    request = validate(CompletionRequest, read_json(body), ignore_unknown=rules.ignore_unknown)
    if request.echo and request.suffix is not None:
        raise InvalidRequest("'echo' and 'suffix' exclude each other.", "suffix", "invalid_value")
    if request.candidates < request.choices:
        raise InvalidRequest("'best_of' must not be less than 'n'.", "best_of", "invalid_value")
    if request.candidates > request.choices and request.stream:
        raise InvalidRequest(
            "'best_of' answers can't be streamed: which are the best is known at their end.",
            "best_of",
            "unsupported_value",
        )
    if request.max_tokens == 0 and not request.echo:
        raise InvalidRequest("'max_tokens': 0 is only allowed with 'echo': true.", "max_tokens", "invalid_value")
    if len(request.prompts) * request.candidates > MAX_GENERATIONS:
        field = "n" if request.best_of is None else "best_of"
        raise InvalidRequest(
            f"'{field}' answers to each 'prompt' would be more than {MAX_GENERATIONS} in all.",
            field,
            "invalid_value",
        )
    request = with_defaults(request, "max_tokens", DEFAULT_MAX_TOKENS, rules)
    check_options(request, request.token_limit, "max_tokens", rules)
    return request


class Completions(GenerationHandler):
    """Goes on with one or several prompts, whole or as a stream."""

    kind: ClassVar[str] = "text_completion"
    id_prefix: ClassVar[str] = "cmpl"
    operation: ClassVar[str] = "text_completion"

    async def on_post(self) -> None:
        """Answer."""
        self._asked = request = parse_completion_request(self.body, self.services.rules)
        sampling = request.sampling(drawn_seed())
        generates: list[Generate] = []
        answers: list[CompletionAnswer] = []
        for prompt in request.prompts:
            generate = request.generate(prompt, sampling)
            echo = await self._text_of(generate) if request.echo else ""
            choices = choices_of(generate, request.candidates)
            generates += choices
            answers += [CompletionAnswer(echo, with_logprobs=request.logprobs is not None) for _ in choices]
        self._echoes = [answer.echo for answer in answers]
        await self.answer(request, generates, answers)

    def chunks(self, model: str) -> Chunks:
        """Return what renders a stream."""
        return CompletionChunks(self.completion_id, self.created, model, self._asked.with_usage, self._echoes)

    async def _text_of(self, generate: Generate) -> str:
        """Return a prompt as text; what ids say only a worker knows."""
        if generate.prompt is not None:
            return generate.prompt
        said = await self.services.exchange.ask(Inspect(0, generate), self._asked.model)
        if isinstance(said, Failure):
            raise of_failure(said)
        return said.text
