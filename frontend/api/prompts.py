"""Prompts without an answer: `/tokenize`, `/detokenize` and `/v1/chat/completions/render`.

The shapes of the first two are vLLM's (https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html).
A worker answers beside its steps, as only it knows tokenizer and template.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...protocol.messages import Generate, Inspect, Inspected, Sampling
from ..dispatcher import Failure
from ..errors import InvalidRequest, of_failure
from .body import Body, read_json, validate
from .handler import ApiHandler
from .models import served
from .parameters import MAX_TOKENS, ModelName, TokenId
from .schema import Conversation, check_conversation

# Nothing is generated, so nothing is drawn.
_NO_SAMPLING = Sampling(0)


class RenderRequest(Conversation):
    """The body of a request to see a prompt: that of a chat, as far as the prompt is made of it."""

    model: ModelName | None = None

    def question(self, *, pieces: bool = False) -> Inspect:
        """Return what a worker is asked."""
        generation_prompt = self.add_generation_prompt is not False
        return Inspect(0, self.prompt(_NO_SAMPLING, 1), generation_prompt=generation_prompt, pieces=pieces)


class TokenizeChatRequest(RenderRequest):
    """The body of a request for the tokens of a conversation."""

    return_token_strs: bool | None = None


class TokenizeRequest(Body):
    """The body of a request for the tokens of a text."""

    prompt: str
    model: ModelName | None = None
    add_special_tokens: bool | None = None
    return_token_strs: bool | None = None

    def question(self, *, pieces: bool = False) -> Inspect:
        """Return what a worker is asked."""
        request = Generate(0, (), _NO_SAMPLING, 1, prompt=self.prompt)
        return Inspect(0, request, special_tokens=self.add_special_tokens is not False, pieces=pieces)


class DetokenizeRequest(Body):
    """The body of a request for the text of tokens."""

    tokens: Annotated[list[TokenId], Field(max_length=MAX_TOKENS)]
    model: ModelName | None = None


class _PromptHandler(ApiHandler):
    async def ask(self, question: Inspect, request: Body, model: str | None) -> Inspected:
        """Return a worker's answer.

        Raises:
            ApiError: The prompt can't be made, or no worker answers.
        """
        self.name_ignored(request.ignored)
        answer = await self.services.exchange.ask(question, model)
        if isinstance(answer, Failure):
            raise of_failure(answer)
        return answer


class Tokenize(_PromptHandler):
    """The tokens of a text, or of a conversation as the model's template shows it."""

    async def on_post(self) -> None:
        """Answer with the tokens and their number."""
        data = read_json(self.body)
        if "prompt" in data and "messages" in data:
            raise InvalidRequest("'prompt' and 'messages' exclude each other.", "prompt", "invalid_value")
        cls = TokenizeChatRequest if "messages" in data else TokenizeRequest
        request = validate(cls, data, ignore_unknown=self.services.rules.ignore_unknown)
        if isinstance(request, TokenizeChatRequest):
            check_conversation(request)
        pieces = bool(request.return_token_strs)
        answer = await self.ask(request.question(pieces=pieces), request, request.model)
        model = served(self.services.exchange.dispatcher.models, request.model)
        self.send_json(
            {
                "count": len(answer.tokens),
                "max_model_len": None if model is None else model.context_length,
                "tokens": answer.tokens,
                "token_strs": answer.pieces if pieces else None,
            }
        )


class Detokenize(_PromptHandler):
    """The text of tokens."""

    async def on_post(self) -> None:
        """Answer with the text."""
        request = validate(
            DetokenizeRequest, read_json(self.body), ignore_unknown=self.services.rules.ignore_unknown
        )
        tokens = tuple(request.tokens)
        # Without any, it is the empty text that is asked for.
        generate = Generate(0, (), _NO_SAMPLING, 1, prompt=None if tokens else "", prompt_tokens=tokens)
        answer = await self.ask(Inspect(0, generate, special_tokens=False), request, request.model)
        self.send_json({"prompt": answer.text})


class Render(_PromptHandler):
    """The prompt that a conversation becomes."""

    async def on_post(self) -> None:
        """Answer with its text and its tokens."""
        request = validate(RenderRequest, read_json(self.body), ignore_unknown=self.services.rules.ignore_unknown)
        check_conversation(request)
        answer = await self.ask(request.question(), request, request.model)
        self.send_json(
            {
                "prompt": answer.text,
                "prompt_token_ids": answer.tokens,
                "prompt_tokens": len(answer.tokens),
            }
        )
