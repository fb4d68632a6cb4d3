"""`/admin/convictions`: requests refused because they crashed their workers. GET lists, DELETE pardons."""

from __future__ import annotations

from ..dispatcher import Pardoned
from ..errors import NotFound
from .handler import ApiHandler


class ConvictionList(ApiHandler):
    """All of them."""

    async def on_get(self) -> None:
        """Answer with what is refused, the oldest first; a fingerprint tells nothing of a request's text."""
        exchange = self.services.exchange
        now = exchange.now()
        convictions = [
            {
                "fingerprint": conviction.fingerprint,
                "seconds_ago": round(now - conviction.since, 1),
                "seconds_left": round(conviction.until - now, 1),
                "reason": conviction.reason,
            }
            for conviction in exchange.dispatcher.convictions
        ]
        self.send_json({"object": "list", "data": convictions})

    async def on_delete(self) -> None:
        """Pardon all; answer with their fingerprints."""
        exchange = self.services.exchange
        pardoned = [conviction.fingerprint for conviction in exchange.dispatcher.convictions]
        for fingerprint in pardoned:
            exchange.handle(Pardoned(fingerprint))
        self.send_json({"pardoned": pardoned})


class ConvictionDetail(ApiHandler):
    """One of them."""

    async def on_delete(self, fingerprint: str) -> None:
        """Pardon it, or answer 404."""
        exchange = self.services.exchange
        if all(conviction.fingerprint != fingerprint for conviction in exchange.dispatcher.convictions):
            raise NotFound(f"No request {fingerprint} is refused.", code="conviction_not_found")
        exchange.handle(Pardoned(fingerprint))
        self.send_json({"pardoned": [fingerprint]})
