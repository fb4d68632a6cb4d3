"""`POST /admin/drain/{worker}` and `/admin/replace`: workers are emptied and replaced while clients are served."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import unquote

from ..dispatcher import Drain, Worker
from ..errors import Conflict, NotFound
from ..nursery import Nursery
from .handler import ApiHandler


class DrainWorker(ApiHandler):
    """Empties a worker. One of our own is then ended, and a new one started in its place; another is sent away."""

    takes_body: ClassVar[bool] = False

    async def on_post(self, name: str) -> None:
        """Begin, and answer 202; or 404 where there is no such worker, 409 where it is being replaced already."""
        worker = self._find(unquote(name))
        nursery = self.services.nursery
        own = nursery is not None and nursery.keeps(worker.hello.pid)
        if nursery is not None and own:
            if not nursery.drain(worker.hello.pid):
                raise Conflict(f"{worker.hello.worker} is being replaced already.")
        else:
            drain = Drain(worker.identity, self.services.drain_seconds, successor=False)
            self.services.exchange.handle(drain)
        state = {
            "worker": worker.hello.worker,
            "pid": worker.hello.pid,
            "state": worker.state.value,
            "running": len(worker.running),
            "seconds": self.services.drain_seconds,
            "then": "replaced" if own else "refused",
        }
        self.send_json(state, 202)

    def _find(self, name: str) -> Worker:
        """Return the worker of a name, or of a process id where several have the name."""
        workers = self.services.exchange.dispatcher.workers
        found = [worker for worker in workers if name == worker.hello.worker]
        found = found or [worker for worker in workers if name == str(worker.hello.pid)]
        if not found:
            names = ", ".join(repr(worker.hello.worker) for worker in workers) or "none"
            raise NotFound(f"There is no worker {name!r:.100}; connected: {names}.", code="worker_not_found")
        if len(found) > 1:
            pids = ", ".join(str(worker.hello.pid) for worker in found)
            raise Conflict(f"Several workers are called {name!r:.100}; use a process id: {pids}.")
        return found[0]


class ReplaceWorkers(ApiHandler):
    """Replaces all of our own workers, one after the other, each by one that is ready."""

    takes_body: ClassVar[bool] = False

    async def on_post(self) -> None:
        """Begin, and answer 202; or 409 while it is under way."""
        nursery = self._nursery()
        if not nursery.replace_all():
            raise Conflict("The workers are being replaced already; GET tells how far that is.")
        self.send_json(self._state(nursery), 202)

    async def on_get(self) -> None:
        """Answer how far it is, or how the last one ended."""
        self.send_json(self._state(self._nursery()))

    def _nursery(self) -> Nursery:
        if self.services.nursery is None:
            raise NotFound("This frontend has no workers of its own.", code="no_own_workers")
        return self.services.nursery

    def _state(self, nursery: Nursery) -> dict[str, Any]:
        return {**nursery.describe_replacement(), "drain_seconds": self.services.drain_seconds}
