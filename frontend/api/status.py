"""`GET /health`: the frontend lives. `GET /ready`: a worker can take work, or how far the loading is."""

from __future__ import annotations

from typing import Any, ClassVar

from ...protocol.messages import Loading
from ..dispatcher import Dispatcher, Worker, WorkerState
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
            **({} if dispatcher.ready else {"reason": why_not_ready(dispatcher)}),
            "workers": [_describe(worker, dispatcher.begun(worker)) for worker in dispatcher.workers],
            "queued": dispatcher.queued,
        }
        self.send_json(state, 200 if dispatcher.ready else 503)


def why_not_ready(dispatcher: Dispatcher) -> str:
    """Return a sentence's part for an operator: why no worker takes work."""
    if dispatcher.trouble is not None:
        return dispatcher.trouble
    if loading := [worker for worker in dispatcher.workers if worker.state is WorkerState.LOADING]:
        return "; ".join(f"{worker.hello.worker} is loading: {_how_far(worker.loading)}" for worker in loading)
    if dispatcher.workers:
        return "; ".join(f"{worker.hello.worker} is {worker.state.value}" for worker in dispatcher.workers)
    return "the workers are being started" if dispatcher.expected else "no worker is connected"


def _how_far(loading: Loading) -> str:
    return f"{loading.stage} ({100 * loading.done // loading.total} %)" if loading.total else loading.stage


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
