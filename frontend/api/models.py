"""`GET /v1/models` and `GET /v1/models/{id}`: https://platform.openai.com/docs/api-reference/models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from ...protocol.messages import ABILITIES, CHAT_TEMPLATE, INFILLING, THINKING, THINKING_CHOICE, TOOLS, Model
from ..errors import NotFound
from .completions import CompletionRequest
from .handler import ApiHandler
from .parameters import WithoutEffect
from .schema import ChatRequest, ResponseLabels

_TOOL_FIELDS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})


class ModelList(ApiHandler):
    """The models that are served."""

    async def on_get(self) -> None:
        """Answer with the list."""
        models = self.services.exchange.dispatcher.models
        self.send_json({"object": "list", "data": [_describe(model) for model in models]})


class ModelDetail(ApiHandler):
    """One model; its id may hold a slash."""

    async def on_get(self, name: str) -> None:
        """Answer with the model, or 404."""
        name = unquote(name)
        for model in self.services.exchange.dispatcher.models:
            if model.id == name:
                self.send_json(_describe(model))
                return
        raise NotFound(f"The model {name!r:.200} does not exist.", "model", "model_not_found")


def served(models: Sequence[Model], name: str | None) -> Model | None:
    """Return the model that answers to a name; with one model served, it answers to any."""
    if len(models) == 1:
        return models[0]
    return next((model for model in models if model.id == name), None)


def _describe(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": "mlx-llm-server",
        "context_length": model.context_length,
        # vLLM's name of the same.
        "max_model_len": model.context_length,
        "abilities": {name: name in model.abilities for name in ABILITIES},
        "chat_template_options": _template_options(model),
        "supported_parameters": {
            "/v1/chat/completions": _chat_parameters(model),
            "/v1/completions": _completion_parameters(model),
        },
    }


def _template_options(model: Model) -> list[str]:
    choice = ["enable_thinking"] if THINKING_CHOICE in model.abilities else []
    return sorted([*model.template_options, *choice])


def _completion_parameters(model: Model) -> list[str]:
    """Return the fields of a completion request that have an effect with this model."""
    fields = CompletionRequest.model_fields.keys() - WithoutEffect.model_fields.keys()
    return sorted(fields if INFILLING in model.abilities else fields - {"suffix"})


def _chat_parameters(model: Model) -> list[str]:
    """Return the fields of a chat request that have an effect with this model."""
    fields = ChatRequest.model_fields.keys() - ResponseLabels.model_fields.keys()
    fields -= {"role_mapping"} if CHAT_TEMPLATE in model.abilities else {"chat_template_kwargs"}
    if TOOLS not in model.abilities:
        fields -= _TOOL_FIELDS
    if THINKING not in model.abilities:
        fields -= {"thinking_token_budget"}
    if not _template_options(model):
        fields -= {"chat_template_kwargs"}
    if "reasoning_effort" not in model.template_options and THINKING_CHOICE not in model.abilities:
        fields -= {"reasoning_effort"}
    return sorted(fields)
