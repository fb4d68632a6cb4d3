"""`GET /health`: the frontend lives. `GET /ready`: a worker can take work, or how far the loading is."""

from __future__ import annotations

from typing import Any, ClassVar

from ..dispatcher import Worker
from .handler import ApiHandler


class Health(ApiHandler):
    """Liveness: answered as long as the event loop turns."""

    public: ClassVar[bool] = True

    async def on_get(self) -> None:
        """Answer 200."""
        self.send_json({"status": "ok"})


class Readiness(ApiHandler):
    """Readiness: 200 if a worker takes work, 503 otherwise; the workers' states either way."""

    public: ClassVar[bool] = True

    async def on_get(self) -> None:
        """Answer with the state of every worker."""
        dispatcher = self.services.exchange.dispatcher
        state = {
            "status": "ready" if dispatcher.ready else "not ready",
            "workers": [_describe(worker, dispatcher.begun(worker)) for worker in dispatcher.workers],
            "queued": dispatcher.queued,
        }
        self.send_json(state, 200 if dispatcher.ready else 503)


def _describe(worker: Worker, begun: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": worker.hello.worker,
        "pid": worker.hello.pid,
        "state": worker.state.value,
    }
    if worker.ready is None:
        loading = worker.loading
        return {**described, "loading": {"stage": loading.stage, "bytes": loading.done, "of": loading.total}}
    return {
        **described,
        "model": worker.ready.model.id,
        "backend": worker.ready.backend,
        "running": len(worker.running),
        "begun": begun,
        "capacity": worker.ready.capacity,
        "step": worker.step,
    }
