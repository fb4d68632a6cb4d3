"""`GET /v1/models` and `GET /v1/models/{id}`: https://platform.openai.com/docs/api-reference/models."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from ...protocol.messages import Model
from ..errors import NotFound
from .handler import ApiHandler


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


def _describe(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": "mlx-llm-server",
        "context_length": model.context_length,
    }
