"""The routes."""

from __future__ import annotations

import logging
from typing import Any

from tornado.web import Application, RequestHandler

from .api.chat import ChatCompletions
from .api.completions import Completions
from .api.convictions import ConvictionDetail, ConvictionList
from .api.crashes import CrashDetail, CrashList
from .api.handler import ApiHandler, Services
from .api.metrics import MetricsPage, PublicMetricsPage
from .api.models import ModelDetail, ModelList
from .api.openapi import Description, DescriptionPage
from .api.overview import Overview
from .api.page import Page
from .api.prefix_cache import ClearPrefixCaches
from .api.prompts import Detokenize, Render, Tokenize
from .api.status import Health, Readiness
from .api.supervision import DrainWorker, ReplaceWorkers
from .errors import NotFound


class Nothing(ApiHandler):
    """What is on every other path."""

    def prepare(self) -> None:
        """Answer 404 to those who are let in."""
        super().prepare()
        if self._refusal is None:
            self._refusal = NotFound(f"There is nothing at {self.request.path!r:.200}.")


def make_app(services: Services) -> Application:
    """Return the Tornado application."""
    with_services: dict[str, Any] = {"services": services}
    return Application(
        [
            (r"/", Page, with_services),
            (r"/page/([^/]+)", Page, with_services),
            (r"/v1/chat/completions", ChatCompletions, with_services),
            (r"/v1/chat/completions/render", Render, with_services),
            (r"/v1/completions", Completions, with_services),
            (r"/tokenize", Tokenize, with_services),
            (r"/detokenize", Detokenize, with_services),
            (r"/openapi.json", Description, with_services),
            (r"/docs", DescriptionPage, with_services),
            (r"/v1/models", ModelList, with_services),
            (r"/v1/models/(.+)", ModelDetail, with_services),
            (r"/admin/status", Overview, with_services),
            (r"/admin/crashes", CrashList, with_services),
            (r"/admin/crashes/([0-9a-f]{10})", CrashDetail, with_services),
            (r"/admin/convictions", ConvictionList, with_services),
            (r"/admin/convictions/([0-9a-f]{16})", ConvictionDetail, with_services),
            (r"/admin/drain/(.+)", DrainWorker, with_services),
            (r"/admin/replace", ReplaceWorkers, with_services),
            (r"/admin/prefix-cache/clear", ClearPrefixCaches, with_services),
            (r"/metrics", PublicMetricsPage if services.telemetry.public_metrics else MetricsPage, with_services),
            (r"/health", Health, with_services),
            (r"/ready", Readiness, with_services),
        ],
        default_handler_class=Nothing,
        default_handler_args=with_services,
        log_function=_tell,
    )


def _tell(handler: RequestHandler) -> None:
    """Tell of a request that was answered, or whose client is gone."""
    if not isinstance(handler, ApiHandler):
        return
    record = handler.record
    record.status = handler.get_status()
    if handler.public or (handler.quiet and record.status < 400):
        level = logging.DEBUG  # probes: many, and a 503 of /ready is an answer, not an error
    else:
        level = logging.INFO if record.status < 500 else logging.ERROR
    telemetry = handler.services.telemetry
    body = handler.body if telemetry.log_prompts else b""
    telemetry.answered(record, body, handler.services.exchange.now(), level)
