"""What chat and completion requests have in common: sampling, bounds, streaming, and fields without an effect.

Every field is checked strictly; `protocol.messages.Sampling` tells what those of sampling mean.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag
from pydantic_core import PydanticCustomError

from ...protocol.messages import Sampling, TokenBias
from ..errors import InvalidRequest
from ..settings import RequestRules
from .body import Body
from .strict import Strict

MAX_TOKENS = 1_000_000
MAX_CHOICES = 16
_INT64 = 2**63
_SEED_MASK = 2**64 - 1
# Without leading zeros, that no token has two names.
_TOKEN_ID = re.compile("0|[1-9][0-9]{0,8}")


def _stop_tag(value: Any) -> str:
    return "as many" if isinstance(value, list) else "as one"


def _check_token_id(token: str) -> str:
    if _TOKEN_ID.fullmatch(token) is None:
        raise PydanticCustomError("token_id", 'must have token ids as keys, such as "50256"')
    return token


StopString = Annotated[str, StringConstraints(min_length=1, max_length=500)]
BiasedToken = Annotated[str, AfterValidator(_check_token_id)]
Bias = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=MAX_TOKENS)]
TokenLimit = Annotated[int, Field(ge=1, le=MAX_TOKENS)]
TokenId = Annotated[int, Field(ge=0, lt=2**31)]
Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Label = Annotated[str, StringConstraints(max_length=512)]


class StreamOptions(Strict):
    """Options of a streamed answer."""

    include_usage: bool | None = None
    # Nothing is added to hide how long the pieces are.
    include_obfuscation: Literal[False] | None = None


class SamplingOptions(Body):
    """How tokens are drawn."""

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


class GenerationOptions(SamplingOptions):
    """What is asked of an answer, whatever it answers to."""

    model: ModelName | None = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] | None = None
    max_tokens: TokenLimit | None = None
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
    break_repetition: bool | None = None
    priority: Literal["interactive", "batch"] | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop strings."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)

    @property
    def choices(self) -> int:
        """How many answers are wanted to each prompt."""
        return self.n or 1

    @property
    def candidates(self) -> int:
        """How many answers are made to each prompt; the best of them are given."""
        return self.choices


G = TypeVar("G", bound=GenerationOptions)


class WithoutEffect(Strict):
    """Fields that mean nothing here: a client's own labels, and choices of which this server has one alone."""

    user: Label | None = None


def check_options(request: GenerationOptions, token_limit: int, given_by: str, rules: RequestRules) -> None:
    """Check the fields that depend on each other, and on the operator.

    Args:
        request: Whose fields are each in order.
        token_limit: At most so many tokens are generated.
        given_by: The field that says so.
        rules: The operator's.

    Raises:
        InvalidRequest: A field is there without another that it needs, or a number is over a limit.
    """
    if request.stream_options is not None and not request.stream:
        raise InvalidRequest("'stream_options' is only allowed with 'stream': true.", "stream_options")
    if rules.max_tokens_limit is not None and token_limit > rules.max_tokens_limit:
        raise InvalidRequest(
            f"'{given_by}' is {token_limit}, more than this server's limit of {rules.max_tokens_limit}.",
            given_by,
            "invalid_value",
        )
    if (request.min_tokens or 0) > token_limit:
        raise InvalidRequest(
            f"'min_tokens' is {request.min_tokens}, more than the {token_limit} tokens of the answer.",
            "min_tokens",
            "invalid_value",
        )


def with_defaults(request: G, limit: str, max_tokens: int, rules: RequestRules) -> G:
    """Return a request with what its client left out and the operator has a say in.

    Args:
        request: As the client sent it.
        limit: The field that bounds the answer.
        max_tokens: What that is where neither says anything.
        rules: The operator's.
    """
    given: dict[str, Any] = {}
    if getattr(request, limit) is None:
        given[limit] = min(max_tokens, rules.max_tokens_limit or max_tokens)
    if request.break_repetition is None:
        given["break_repetition"] = rules.break_repetition
    return request.model_copy(update=given)
