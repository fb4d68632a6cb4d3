"""A conversation to prompt tokens, by the model's chat template or by role prefixes.

Runs on threads of its own: a template is Python, and a long prompt takes tokenizers seconds (outside the GIL).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from jinja2 import TemplateError

from ..protocol.messages import ChatMessage, Generate, Inspect, Inspected, ToolCall
from .dialect import takes_enable_thinking, takes_short_ids_alone, takes_tools, template_options
from .infilling import infill, infilling_marks

# The prefixes of mlx-lm's server (`mlx_lm/server.py`, `convert_chat`) for models without a chat template.
DEFAULT_ROLE_MAPPING = {
    "system": "ASSISTANT's RULE: ",
    "user": "USER: ",
    "assistant": "ASSISTANT: ",
    "stop": "\n",
}


class InvalidRequest(Exception):
    """The request can't be served by this model, whatever the load.

    Attributes:
        param: The request's field at fault.
    """

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


class PromptBuilder:
    """Makes prompt tokens with one model's tokenizer (mlx-lm's `TokenizerWrapper`)."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    @cached_property
    def _options(self) -> frozenset[str]:
        return frozenset(template_options(self._tokenizer))

    def build(self, request: Generate) -> list[int]:
        """Return the token ids of the prompt, the start of the assistant's turn included.

        Raises:
            InvalidRequest: The model has no tools, no choice of thinking or no such option of its template, the
                template refuses the messages, or nothing is left to tokenize.
        """
        tokens = self._tokens(request)
        if not tokens:
            raise InvalidRequest(f"The {request.source} makes an empty prompt.", request.source)
        return tokens

    def inspect(self, question: Inspect) -> Inspected:
        """Return what the prompt of a request is; it may be empty.

        Raises:
            InvalidRequest: As `build` does.
        """
        tokens = self._tokens(
            question.request,
            special_tokens=question.special_tokens,
            generation_prompt=question.generation_prompt,
        )
        pieces = self._tokenizer.convert_ids_to_tokens(tokens) if question.pieces else ()
        text = self._tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
        # A model may have more rows than its tokenizer has tokens.
        return Inspected(question.number, tuple(tokens), text, tuple(piece or "" for piece in pieces))

    def _tokens(
        self, request: Generate, *, special_tokens: bool = True, generation_prompt: bool = True
    ) -> list[int]:
        if request.suffix is not None:
            return self._infilling(request, request.suffix)
        if request.prompt_tokens:
            return list(request.prompt_tokens)
        if request.prompt is not None:
            return list(self._tokenizer.encode(request.prompt, add_special_tokens=special_tokens))
        self._check_abilities(request)
        if self._tokenizer.has_chat_template:
            return list(self._by_template(request, generation_prompt=generation_prompt))
        return list(self._tokenizer.encode(_joined(request, generation_prompt=generation_prompt)))

    def _infilling(self, request: Generate, suffix: str) -> list[int]:
        marks = infilling_marks(self._tokenizer)
        if marks is None:
            raise InvalidRequest("This model can't fill in the middle; 'suffix' can't be honoured.", "suffix")
        prompt = request.prompt_tokens or self._tokenizer.encode(request.prompt or "", add_special_tokens=False)
        return infill(self._tokenizer, marks, list(prompt), suffix)

    def _check_abilities(self, request: Generate) -> None:
        if request.enable_thinking is not None and not takes_enable_thinking(self._tokenizer):
            raise InvalidRequest(
                "This model's chat template has no choice of thinking; 'enable_thinking' can't be honoured.",
                "chat_template_kwargs.enable_thinking",
            )
        if request.thinking_budget is not None and not self._tokenizer.has_thinking:
            raise InvalidRequest(
                "This model has no thoughts apart from its text; 'thinking_token_budget' can't be honoured.",
                "thinking_token_budget",
            )
        calls = any(message.tool_calls or message.tool_call_id for message in request.messages)
        if (request.tools or calls) and not takes_tools(self._tokenizer):
            param = "tools" if request.tools else "messages"
            raise InvalidRequest(f"This model can't call tools; '{param}' must be without them.", param)

    def _template_options(self, request: Generate) -> dict[str, Any]:
        """Return what the template is told besides, as it knows it."""
        options: dict[str, Any] = json.loads(request.template_options or "{}")
        # A template that has no levels of thinking, but the choice, can still do without.
        levels = "reasoning_effort" in self._options
        if options.get("reasoning_effort") == "none" and not levels and takes_enable_thinking(self._tokenizer):
            del options["reasoning_effort"]
            options["enable_thinking"] = False
        if request.thinking_budget is not None and "thinking_budget" in self._options:
            options.setdefault("thinking_budget", request.thinking_budget)
        for name in options.keys() - self._options - {"enable_thinking"}:
            if name == "reasoning_effort":
                raise InvalidRequest(
                    "This model's chat template has no levels of thinking; 'reasoning_effort' can't be honoured.",
                    name,
                )
            known = ", ".join(sorted(self._options)) or "no further options"
            raise InvalidRequest(
                f"This model's chat template has no option 'chat_template_kwargs.{name}'; it has {known}.",
                f"chat_template_kwargs.{name}",
            )
        return options

    def _by_template(self, request: Generate, *, generation_prompt: bool) -> list[int]:
        if request.role_mapping is not None:
            raise InvalidRequest(
                "This model has a chat template of its own; role_mapping applies to models without one.",
                "role_mapping",
            )
        options = {
            **self._template_options(request),
            "add_generation_prompt": generation_prompt and not request.continue_final_message,
        }
        if request.continue_final_message:
            options["continue_final_message"] = True
        if request.tools:
            options["tools"] = [json.loads(tool) for tool in request.tools]
        if request.enable_thinking is not None:
            options["enable_thinking"] = request.enable_thinking
        try:
            messages = template_messages(request.messages, short_ids=takes_short_ids_alone(self._tokenizer))
            return self._render(messages, options)
        except TemplateError as error:
            raise InvalidRequest(
                f"The model's chat template refuses these messages: {error}", "messages"
            ) from error
        except (TypeError, ValueError) as error:
            if not request.continue_final_message:
                raise
            raise InvalidRequest(
                "The model's chat template can't leave the last message open; "
                "'continue_final_message' can't be honoured.",
                "continue_final_message",
            ) from error

    def _render(self, messages: list[dict[str, Any]], options: dict[str, Any]) -> list[int]:
        if "enable_thinking" in options or self._tokenizer._chat_template is not None:  # noqa: SLF001 - as below
            return self._tokenizer.apply_chat_template(messages, **options)
        # mlx-lm's wrapper would switch thinking on where the client said nothing; that is for the template to say.
        plain = self._tokenizer._tokenizer  # noqa: SLF001 - it has no other name
        return plain.apply_chat_template(messages, return_dict=False, **options)


def template_messages(messages: tuple[ChatMessage, ...], *, short_ids: bool) -> list[dict[str, Any]]:
    """Return the messages as chat templates expect them.

    The arguments of calls are objects and no strings of JSON, as transformers has them
    (https://huggingface.co/docs/transformers/chat_extras), and a tool's message has the function's name too.
    With `short_ids`, ids are nine letters or digits, made from the given ones.
    """
    names = {call.id: call.name for message in messages for call in message.tool_calls}

    def id_of(given: str) -> str:
        return hashlib.blake2s(given.encode()).hexdigest()[:9] if short_ids else given

    def call_of(call: ToolCall) -> dict[str, Any]:
        function = {"name": call.name, "arguments": json.loads(call.arguments)}
        return {"id": id_of(call.id), "type": "function", "function": function}

    made: list[dict[str, Any]] = []
    for message in messages:
        turn: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.name:
            turn["name"] = message.name
        if message.reasoning:
            turn["reasoning_content"] = message.reasoning
        if message.tool_calls:
            turn["tool_calls"] = [call_of(call) for call in message.tool_calls]
        if message.tool_call_id:
            turn["tool_call_id"] = id_of(message.tool_call_id)
            turn["name"] = names.get(message.tool_call_id, message.name)
        made.append(turn)
    return made


def _joined(request: Generate, *, generation_prompt: bool) -> str:
    if request.template_options:
        name = next(iter(json.loads(request.template_options)))
        param = name if name == "reasoning_effort" else f"chat_template_kwargs.{name}"
        raise InvalidRequest(f"This model has no chat template; '{param}' can't be honoured.", param)
    if request.continue_final_message:
        *before, last = request.messages
        return join_roles(tuple(before), request.role_mapping, last.content)
    return join_roles(request.messages, request.role_mapping, "" if generation_prompt else None)


def join_roles(
    messages: tuple[ChatMessage, ...], role_mapping: Mapping[str, str] | None, opened: str | None = ""
) -> str:
    """Return the messages as text, each behind its role's prefix and before `stop`.

    A `system_prompt` opens the text where no message is the system's. The text ends with the assistant's
    prefix, without trailing space, for the model to go on from.

    Args:
        messages: The conversation.
        role_mapping: Prefixes by role; None takes the defaults.
        opened: What the assistant has said of its turn already; None opens no turn.
    """
    mapping = DEFAULT_ROLE_MAPPING if role_mapping is None else role_mapping
    stop = mapping.get("stop", "")
    turns = [f"{mapping.get(message.role, '')}{message.content}{stop}" for message in messages]
    if "system_prompt" in mapping and not any(message.role == "system" for message in messages):
        turns.insert(0, mapping["system_prompt"] + stop)
    if opened is None:
        return "".join(turns)
    text = "".join(turns) + mapping.get("assistant", "") + opened
    return text if opened else text.rstrip()
