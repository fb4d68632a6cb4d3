"""The models that are served, or were a short while ago."""

from __future__ import annotations

from dataclasses import dataclass

from ...protocol.messages import Model
from .events import Failure, Why


@dataclass(slots=True)
class _KnownModel:
    model: Model
    seen_at: float


class KnownModels:
    """Remembers models by their names, for a while beyond their last worker: it may be starting again.

    Args:
        seconds: How long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[str, _KnownModel] = {}

    def all(self) -> list[Model]:
        """Return them in the order they came."""
        return [known.model for known in self._known.values()]

    def choose(self, name: str | None) -> str | Failure | None:
        """Return the model that is meant by a client's name for it, None for any, or what the client hears."""
        if len(self._known) <= 1:
            return None  # with one model served, any name is answered
        if name in self._known:
            return name
        names = ", ".join(repr(known) for known in self._known)
        what = "No model was named" if name is None else f"The model {name!r} does not exist"
        return Failure(
            Why.UNKNOWN_MODEL, f"{what}; this server has {names}.", param="model", code="model_not_found"
        )

    def saw(self, model: Model, now: float) -> None:
        """Note that a worker serves a model now."""
        if (known := self._known.get(model.id)) is not None:
            known.model, known.seen_at = model, now
        else:
            self._known[model.id] = _KnownModel(model, now)

    def served_at(self, name: str | None) -> float:
        """Return when a worker served a model last; None is any."""
        seen = [known.seen_at for model, known in self._known.items() if name in (None, model)]
        return max(seen, default=float("-inf"))

    def forget_old(self, now: float) -> None:
        """Forget those whose time is over."""
        self._known = {name: known for name, known in self._known.items() if known.seen_at >= now - self._seconds}
