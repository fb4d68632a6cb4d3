"""The body of `POST /v1/chat/completions`, as far as it is implemented.

Every field is checked strictly; what is not named here is refused, whether OpenAI knows it or not.
https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError, from_json

from ...protocol.messages import CallRules, Grammar, Sampling, TokenBias
from ..errors import InvalidRequest
from .conversation import Message, check_messages
from .formats import ResponseFormat, StructuredOutputs, grammar_of
from .strict import Strict
from .tools import NamedChoice, Tools, call_rules, check_tools

# Fields of OpenAI's request that this server refuses until it can honour them.
NOT_YET = frozenset({
    "audio", "function_call", "functions", "metadata", "modalities", "moderation", "n", "prediction",
    "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort",
    "safety_identifier", "service_tier", "store", "user", "verbosity",
    "web_search_options", "include_obfuscation", "name",
})  # fmt: skip

MAPPED_ROLES = ("system_prompt", "system", "user", "assistant", "stop")
MAX_TOKENS = 1_000_000
DEFAULT_MAX_TOKENS = 100
_INT64 = 2**63
_SEED_MASK = 2**64 - 1
# Without leading zeros, that no token has two names.
_TOKEN_ID = re.compile("0|[1-9][0-9]{0,8}")
# A client's own field name is given back no longer than this.
_LONGEST_PATH = 200
_TAGS = (
    "as text", "as parts", "as one", "as many", "as word", "as function", "as json_object", "as json_schema",
)  # fmt: skip


def _stop_tag(value: Any) -> str:
    return "as many" if isinstance(value, list) else "as one"


def _check_mapped_role(name: str) -> str:
    if name not in MAPPED_ROLES:
        raise PydanticCustomError(
            "role", "must have no other keys than {known}", {"known": ", ".join(MAPPED_ROLES)}
        )
    return name


def _check_token_id(token: str) -> str:
    if _TOKEN_ID.fullmatch(token) is None:
        raise PydanticCustomError("token_id", 'must have token ids as keys, such as "50256"')
    return token


MappedRole = Annotated[str, AfterValidator(_check_mapped_role)]
StopString = Annotated[str, StringConstraints(min_length=1, max_length=500)]


BiasedToken = Annotated[str, AfterValidator(_check_token_id)]
Bias = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=MAX_TOKENS)]
TokenId = Annotated[int, Field(ge=0, lt=2**31)]
Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class StreamOptions(Strict):
    """Options of a streamed answer."""

    include_usage: bool | None = None


class TemplateOptions(Strict):
    """What the model's chat template is told."""

    enable_thinking: bool | None = None


def _choice_tag(value: Any) -> str:
    return "as word" if isinstance(value, str) else "as function"


class SamplingOptions(Strict):
    """How tokens are drawn and what is told of them; `protocol.messages.Sampling` tells what each field means."""

    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    min_p: Share | None = None
    xtc_probability: Share | None = None
    xtc_threshold: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] | None = None
    repetition_context_size: Count | None = None
    presence_penalty: Penalty | None = None
    presence_context_size: Count | None = None
    frequency_penalty: Penalty | None = None
    frequency_context_size: Count | None = None
    logit_bias: Annotated[dict[BiasedToken, Bias], Field(max_length=1024)] | None = None
    seed: Annotated[int, Field(ge=-_INT64, lt=_INT64)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    min_tokens: Count | None = None
    ignore_eos: bool | None = None
    stop_token_ids: Annotated[list[TokenId], Field(max_length=128)] | None = None

    def sampling(self, seed: int) -> Sampling:
        """Return the settings as a worker gets them.

        Args:
            seed: Drawn by the caller, for a request that gives none.
        """
        given: dict[str, Any] = {
            name: value for name in SamplingOptions.model_fields if (value := getattr(self, name)) is not None
        }
        if self.logit_bias is not None:
            given["logit_bias"] = tuple(TokenBias(int(token), bias) for token, bias in self.logit_bias.items())
        if self.stop_token_ids is not None:
            given["stop_token_ids"] = tuple(self.stop_token_ids)
        given["seed"] = seed if self.seed is None else self.seed & _SEED_MASK
        return Sampling(**given)


class ChatRequest(SamplingOptions):
    """The body of a chat completion request."""

    messages: Annotated[list[Message], Field(min_length=1)]
    model: Annotated[str, StringConstraints(min_length=1, max_length=512)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] | None = None
    stop: (
        Annotated[
            Annotated[StopString, Tag("as one")]
            | Annotated[list[StopString], Field(max_length=16), Tag("as many")],
            Discriminator(_stop_tag),
        ]
        | None
    ) = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    role_mapping: dict[MappedRole, str] | None = None
    tools: Tools | None = None
    tool_choice: (
        Annotated[
            Annotated[Literal["none", "auto", "required"], Tag("as word")]
            | Annotated[NamedChoice, Tag("as function")],
            Discriminator(_choice_tag),
        ]
        | None
    ) = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    structured_outputs: StructuredOutputs | None = None
    chat_template_kwargs: TemplateOptions | None = None

    @property
    def definitions(self) -> tuple[str, ...]:
        """The tools that the model is told of, each as JSON."""
        if self.tool_choice == "none":
            return ()
        return tuple(tool.function.definition() for tool in self.tools or ())

    @property
    def call_rules(self) -> CallRules:
        """What holds for the answer's calls."""
        return call_rules(self.tools, self.tool_choice, self.parallel_tool_calls)

    @property
    def grammar(self) -> Grammar | None:
        """What the answer's text is held to."""
        return grammar_of(self.response_format, self.structured_outputs)

    @property
    def enable_thinking(self) -> bool | None:
        """Whether to think first; None leaves it to the model's template."""
        return None if self.chat_template_kwargs is None else self.chat_template_kwargs.enable_thinking

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop strings."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def token_limit(self) -> int:
        """At most so many tokens are generated."""
        return self.max_completion_tokens or self.max_tokens or DEFAULT_MAX_TOKENS


def parse_chat_request(body: bytes) -> ChatRequest:
    """Return the request in a body.

    Raises:
        InvalidRequest: Not JSON (NaN, lone surrogates and nesting beyond 200 levels are not), not an object, or
            a field is wrong; the message and `param` name it.
    """
    try:
        # pydantic's own parser: bounded in depth, and strict about UTF-8 and surrogates.
        data = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.", code="invalid_json") from None
    if not isinstance(data, dict):
        raise InvalidRequest("The body is not a JSON object.", code="invalid_json")
    try:
        request = ChatRequest.model_validate(data)
    except ValidationError as error:
        raise _of_validation(error.errors(include_url=False, include_input=False)) from None
    check_messages(request.messages)
    check_tools(request.tools, request.tool_choice, request.parallel_tool_calls)
    grammar = request.grammar
    if grammar is not None and request.call_rules.required:
        raise InvalidRequest(
            f"'{grammar.field}' and a 'tool_choice' that requires a call exclude each other.",
            "tool_choice",
            "invalid_value",
        )
    if request.max_tokens is not None and request.max_completion_tokens is not None:
        raise InvalidRequest(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            "max_tokens",
        )
    if request.stream_options is not None and not request.stream:
        raise InvalidRequest("'stream_options' is only allowed with 'stream': true.", "stream_options")
    if request.top_logprobs is not None and not request.logprobs:
        raise InvalidRequest("'top_logprobs' is only allowed with 'logprobs': true.", "top_logprobs")
    if (request.min_tokens or 0) > request.token_limit:
        raise InvalidRequest(
            f"'min_tokens' is {request.min_tokens}, more than the {request.token_limit} tokens of the answer.",
            "min_tokens",
            "invalid_value",
        )
    return request


def _of_validation(errors: list[ErrorDetails]) -> InvalidRequest:
    """Return the error for the first field that is wrong; an unknown one is named before a missing one."""
    first = min(errors, key=lambda error: error["type"] == "missing")
    param = _path(first["loc"])
    field = first["loc"][-1] if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        if field in NOT_YET:
            return _unsupported(param)
        return InvalidRequest(f"Unknown field '{param}'.", param, "unknown_parameter")
    if first["type"] == "none_required":
        return _unsupported(param)
    if first["type"] == "missing":
        return InvalidRequest(f"'{param}' is required.", param, "missing_required_parameter")
    return InvalidRequest(f"'{param}': {first['msg']}.", param, "invalid_value")


def _unsupported(param: str) -> InvalidRequest:
    return InvalidRequest(f"'{param}' is not supported by this server.", param, "unsupported_parameter")


def _path(location: tuple[int | str, ...]) -> str:
    """Return a field's path as OpenAI writes it: `messages[0].content`."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step not in _TAGS and step != "[key]":
            path += f".{step}" if path else step
    return path[:_LONGEST_PATH]
