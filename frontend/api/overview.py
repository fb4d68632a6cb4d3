"""`GET /admin/status`: the workers, what happened lately, and the last minutes."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any, ClassVar

from ... import __version__
from ..dispatcher import Worker
from ..errors import InvalidRequest
from ..monitor import HISTORY_SECONDS
from .handler import ApiHandler, Services
from .status import why_not_ready


class Overview(ApiHandler):
    """The state of the server as an operator sees it; nothing of prompts or answers."""

    quiet: ClassVar[bool] = True

    async def on_get(self) -> None:
        """Answer with it; `history=SECONDS` asks for so much of the last minutes."""
        status = describe_status(self.services)
        seconds = self._history_seconds()
        if seconds:
            status["history"] = self.services.monitor.history.columns(seconds)
        self.set_header("Cache-Control", "no-store")
        self.send_json(status)

    def _history_seconds(self) -> int:
        given = self.get_query_argument("history", "0")
        if not (given.isascii() and given.isdigit() and int(given) <= HISTORY_SECONDS):
            raise InvalidRequest(f"'history' is a number of seconds up to {HISTORY_SECONDS}.", param="history")
        return int(given)


def describe_status(services: Services) -> dict[str, Any]:
    """Return the status as JSON; times are Unix seconds, and all members are always there."""
    dispatcher, monitor, crashes = services.exchange.dispatcher, services.monitor, services.crashes
    now = services.exchange.now()
    since = dispatcher.queued_since
    return {
        "version": __version__,
        "time": round(time.time(), 3),
        "started": round(monitor.started, 3),
        "status": "ready" if dispatcher.ready else "not ready",
        "reason": None if dispatcher.ready else why_not_ready(dispatcher),
        "queued": dispatcher.queued,
        "queued_seconds": 0.0 if since is None else round(now - since, 3),
        "running": sum(len(worker.running) for worker in dispatcher.workers),
        "tokens_per_second": monitor.history.tokens_per_second,
        "tokens": dispatcher.tally.tokens,
        "resumed": dispatcher.tally.resumed,
        "deaths": crashes.deaths,
        "convictions": len(dispatcher.convictions),
        "expected_workers": dispatcher.expected,
        "workers": [_describe_worker(services, worker, now) for worker in dispatcher.workers],
        "events": [asdict(happening) for happening in monitor.happenings],
    }


def _describe_worker(services: Services, worker: Worker, now: float) -> dict[str, Any]:
    nursery, ready, loading = services.nursery, worker.ready, worker.loading
    return {
        "name": worker.hello.worker,
        "pid": worker.hello.pid,
        "own": nursery is not None and nursery.keeps(worker.hello.pid),
        "state": worker.state.value,
        "model": ready.model.id if ready else worker.hello.model,
        "backend": ready.backend if ready else None,
        "loading": None if ready else {"stage": loading.stage, "bytes": loading.done, "of": loading.total},
        "running": len(worker.running),
        "capacity": ready.capacity if ready else 0,
        "step": worker.step,
        "step_seconds": round(now - worker.progress_at, 3) if ready else None,
        "heard_seconds": round(now - worker.heard_at, 3),
        "tokens_per_second": services.monitor.tokens_per_second(worker),
        "memory_bytes": services.crashes.memory.get(worker.hello.pid),
        "tokens": worker.tokens,
        "ended": worker.ended,
        "resumed": worker.resumed,
    }
