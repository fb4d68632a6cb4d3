"""`GET /metrics`, for Prometheus."""

from __future__ import annotations

from typing import ClassVar

from prometheus_client import CONTENT_TYPE_LATEST

from .handler import ApiHandler


class MetricsPage(ApiHandler):
    """What is counted; needs the API key, as a scraper can send it (`authorization` of its configuration)."""

    quiet: ClassVar[bool] = True

    async def on_get(self) -> None:
        """Answer in Prometheus' text format."""
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(self.services.telemetry.metrics.render())


class PublicMetricsPage(MetricsPage):
    """The same for everybody (`--public-metrics`)."""

    public: ClassVar[bool] = True
