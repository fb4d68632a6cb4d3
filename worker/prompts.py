"""A conversation to prompt tokens, by the model's chat template or by role prefixes.

Runs on threads of its own: a template is Python, and a long prompt takes tokenizers seconds (outside the GIL).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError

from ..protocol.messages import ChatMessage, Generate

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

    def build(self, request: Generate) -> list[int]:
        """Return the token ids of the prompt, the start of the assistant's turn included.

        Raises:
            InvalidRequest: The template refuses the messages, or nothing is left to tokenize.
        """
        if self._tokenizer.has_chat_template:
            tokens = self._by_template(request)
        else:
            tokens = self._tokenizer.encode(join_roles(request.messages, request.role_mapping))
        if not tokens:
            raise InvalidRequest("The messages make an empty prompt.", "messages")
        return list(tokens)

    def _by_template(self, request: Generate) -> list[int]:
        if request.role_mapping is not None:
            raise InvalidRequest(
                "This model has a chat template of its own; role_mapping applies to models without one.",
                "role_mapping",
            )
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        try:
            return self._tokenizer.apply_chat_template(messages, add_generation_prompt=True)
        except TemplateError as error:
            raise InvalidRequest(
                f"The model's chat template refuses these messages: {error}", "messages"
            ) from error


def join_roles(messages: tuple[ChatMessage, ...], role_mapping: Mapping[str, str] | None) -> str:
    """Return the messages as text, each behind its role's prefix and before `stop`.

    A `system_prompt` opens the text where no message is the system's. The text ends with the assistant's
    prefix, without trailing space, for the model to go on from.
    """
    mapping = DEFAULT_ROLE_MAPPING if role_mapping is None else role_mapping
    stop = mapping.get("stop", "")
    turns = [f"{mapping.get(message.role, '')}{message.content}{stop}" for message in messages]
    if "system_prompt" in mapping and not any(message.role == "system" for message in messages):
        turns.insert(0, mapping["system_prompt"] + stop)
    return ("".join(turns) + mapping.get("assistant", "")).rstrip()
