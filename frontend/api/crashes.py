"""`GET /admin/crashes` and `GET /admin/crashes/{id}`: the workers' deaths, as far back as dossiers are kept."""

from __future__ import annotations

from typing import Any

from ..errors import NotFound
from .handler import ApiHandler

_IN_LIST = ("id", "time", "worker", "pid", "model", "state", "reason", "exit", "step", "memory_bytes")


class CrashList(ApiHandler):
    """What is kept, the newest first."""

    async def on_get(self) -> None:
        """Answer with the heads of the dossiers."""
        dossiers = await self.services.crashes.dossiers()
        self.send_json({"object": "list", "data": [_head(dossier) for dossier in dossiers]})


class CrashDetail(ApiHandler):
    """One dossier."""

    async def on_get(self, crash: str) -> None:
        """Answer with the whole of it, or 404."""
        dossier = await self.services.crashes.find(crash)
        if dossier is None:
            raise NotFound(f"There is no crash {crash}, or its dossier is no longer kept.", code="crash_not_found")
        self.send_json(dossier)


def _head(dossier: dict[str, Any]) -> dict[str, Any]:
    head = {name: dossier.get(name) for name in _IN_LIST}
    return {**head, "generations": len(dossier.get("generations") or ())}
