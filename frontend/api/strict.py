"""The base of all parts of a request's body: nothing is converted, nothing unknown is taken."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A JSON object with exactly these fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
