"""The body of `POST /v1/chat/completions`: https://platform.openai.com/docs/api-reference/chat/create.

`docs/api.md` tells of every field of OpenAI's what becomes of it here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, StringConstraints, Tag
from pydantic_core import PydanticCustomError

from ...protocol.messages import CallRules, Generate, Grammar, Sampling
from ..errors import InvalidRequest
from ..settings import RequestRules
from .body import Body, read_json, validate
from .conversation import Message, TextPart, check_messages
from .formats import ResponseFormat, StructuredOutputs, grammar_of
from .parameters import Count, GenerationOptions, Label, TokenLimit, WithoutEffect, check_options, with_defaults
from .strict import Strict
from .tools import NamedChoice, Tools, call_rules, check_tools

MAPPED_ROLES = ("system_prompt", "system", "user", "assistant", "stop")
DEFAULT_MAX_TOKENS = 100
_MOST_TEMPLATE_OPTIONS = 32


def _check_mapped_role(name: str) -> str:
    if name not in MAPPED_ROLES:
        raise PydanticCustomError(
            "role", "must have no other keys than {known}", {"known": ", ".join(MAPPED_ROLES)}
        )
    return name


def _choice_tag(value: Any) -> str:
    return "as word" if isinstance(value, str) else "as function"


def _content_tag(value: Any) -> str:
    return "as parts" if isinstance(value, list) else "as text"


MappedRole = Annotated[str, AfterValidator(_check_mapped_role)]
TemplateValue = bool | int | Annotated[float, Field(allow_inf_nan=False)] | Label | None


class TemplateOptions(Strict):
    """What the model's chat template is told; a worker refuses what its template does not know."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[  # pyright: ignore[reportIncompatibleVariableOverride] - as pydantic has it
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")], TemplateValue
    ]
    reserved: ClassVar[frozenset[str]] = frozenset({
        "messages", "tools", "documents", "conversation", "chat_template", "tokenize", "padding", "truncation",
        "max_length", "return_tensors", "return_dict", "return_assistant_tokens_mask", "tokenizer_kwargs",
        "add_generation_prompt", "continue_final_message", "sanitize_control_tokens",
    })  # fmt: skip

    enable_thinking: bool | None = None


class CacheOptions(Strict):
    """How OpenAI's prompt cache is used; ours keeps what it can in any case, so it can't be switched off."""

    mode: Literal["implicit"] | None = None
    ttl: Literal["30m"] | None = None


class Prediction(Strict):
    """What the client expects to read; it could only make an answer faster."""

    type: Literal["content"]
    content: Annotated[
        Annotated[str, Tag("as text")] | Annotated[list[TextPart], Tag("as parts")], Discriminator(_content_tag)
    ]


class ResponseLabels(WithoutEffect):
    """Fields of a chat request that mean nothing here."""

    metadata: Annotated[dict[Label, Label], Field(max_length=16)] | None = None
    modalities: Annotated[list[Literal["text"]], Field(min_length=1)] | None = None
    prediction: Prediction | None = None
    prompt_cache_key: Label | None = None
    prompt_cache_options: CacheOptions | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    safety_identifier: Label | None = None
    service_tier: Literal["auto", "default"] | None = None
    store: Literal[False] | None = None
    verbosity: Literal["medium"] | None = None


class Conversation(Body):
    """What a prompt is made of."""

    messages: Annotated[list[Message], Field(min_length=1)]
    role_mapping: dict[MappedRole, str] | None = None
    tools: Tools | None = None
    chat_template_kwargs: TemplateOptions | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    thinking_token_budget: Count | None = None
    continue_final_message: bool | None = None
    add_generation_prompt: bool | None = None

    @property
    def definitions(self) -> tuple[str, ...]:
        """The tools that the model is told of, each as JSON."""
        return tuple(tool.function.definition() for tool in self.tools or ())

    @property
    def enable_thinking(self) -> bool | None:
        """Whether to think first; None leaves it to the model's template."""
        return None if self.chat_template_kwargs is None else self.chat_template_kwargs.enable_thinking

    @property
    def template_options(self) -> str:
        """What the template is told besides, as JSON; empty if that is nothing."""
        given = {} if self.chat_template_kwargs is None else dict(self.chat_template_kwargs.model_extra or {})
        given = {name: value for name, value in given.items() if value is not None}
        if self.reasoning_effort is not None:
            given["reasoning_effort"] = self.reasoning_effort
        return json.dumps(given) if given else ""

    def prompt(self, sampling: Sampling, max_tokens: int) -> Generate:
        """Return a generation of the prompt that this is; the exchange numbers it."""
        return Generate(
            generation=0,
            messages=tuple(message.to_protocol() for message in self.messages),
            sampling=sampling,
            max_tokens=max_tokens,
            role_mapping=self.role_mapping,
            tools=self.definitions,
            enable_thinking=self.enable_thinking,
            continue_final_message=bool(self.continue_final_message),
            template_options=self.template_options,
            thinking_budget=self.thinking_token_budget,
        )


class ChatRequest(Conversation, GenerationOptions, ResponseLabels):
    """The body of a chat completion request."""

    max_completion_tokens: TokenLimit | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
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

    @property
    def definitions(self) -> tuple[str, ...]:
        """The tools that the model is told of, each as JSON."""
        return () if self.tool_choice == "none" else super().definitions

    @property
    def call_rules(self) -> CallRules:
        """What holds for the answer's calls."""
        return call_rules(self.tools, self.tool_choice, self.parallel_tool_calls)

    @property
    def grammar(self) -> Grammar | None:
        """What the answer's text is held to."""
        return grammar_of(self.response_format, self.structured_outputs)

    @property
    def token_limit(self) -> int:
        """At most so many tokens are generated."""
        return self.max_completion_tokens or self.max_tokens or DEFAULT_MAX_TOKENS

    def sampling(self, seed: int) -> Sampling:
        """Return the settings as a worker gets them."""
        return replace(super().sampling(seed), logprobs=bool(self.logprobs), top_logprobs=self.top_logprobs or 0)


def parse_chat_request(body: bytes, rules: RequestRules | None = None) -> ChatRequest:
    """Return the request in a body.

    Raises:
        InvalidRequest: As `read_json` and `validate` do, or fields don't go together.
    """
    rules = rules or RequestRules()
    request = validate(ChatRequest, read_json(body), ignore_unknown=rules.ignore_unknown)
    check_conversation(request)
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
    if request.top_logprobs is not None and not request.logprobs:
        raise InvalidRequest("'top_logprobs' is only allowed with 'logprobs': true.", "top_logprobs")
    if request.add_generation_prompt is False and not request.continue_final_message:
        raise InvalidRequest(
            "'add_generation_prompt': false is only allowed with 'continue_final_message': true.",
            "add_generation_prompt",
            "invalid_value",
        )
    field = "max_tokens" if request.max_completion_tokens is None else "max_completion_tokens"
    request = with_defaults(request, field, DEFAULT_MAX_TOKENS, rules)
    check_options(request, request.token_limit, field, rules)
    return request


def check_conversation(request: Conversation) -> None:
    """Check the messages, and the fields that say how a template shows them.

    Raises:
        InvalidRequest: A message is wrong by its role, or a field asks for what can't be.
    """
    check_messages(request.messages)
    extra = {} if request.chat_template_kwargs is None else request.chat_template_kwargs.model_extra or {}
    for name in extra:
        if name in TemplateOptions.reserved or len(extra) > _MOST_TEMPLATE_OPTIONS:
            param = f"chat_template_kwargs.{name}"
            raise InvalidRequest(f"'{param}' is not a client's to set.", param, "unsupported_parameter")
        if name == "reasoning_effort" and request.reasoning_effort is not None:
            raise InvalidRequest("'reasoning_effort' is given twice.", "reasoning_effort", "invalid_value")
    last = request.messages[-1]
    if request.continue_final_message and (last.role != "assistant" or last.tool_calls or not last.text()):
        raise InvalidRequest(
            "'continue_final_message' needs a last message of the role assistant, with content and without calls.",
            "continue_final_message",
            "invalid_value",
        )
    if request.continue_final_message and request.add_generation_prompt:
        raise InvalidRequest(
            "'add_generation_prompt' begins a new message; it can't be true with 'continue_final_message'.",
            "add_generation_prompt",
            "invalid_value",
        )
