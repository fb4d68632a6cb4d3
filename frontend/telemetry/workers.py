"""What the dispatcher knows at the moment it is asked, as gauges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ..crashes import CrashRegister
from ..dispatcher import Dispatcher, Worker, WorkerState

# Of one name there may be two for a while: a worker and the one that is to take its place.
_WORKER = ("worker", "pid")


class WorkerGauges:
    """A collector, for a registry of prometheus_client.

    Args:
        dispatcher: Is looked at; nothing is asked of workers.
        crashes: Knows what processes hold.
        now: Returns the time on the dispatcher's clock.
    """

    def __init__(self, dispatcher: Dispatcher, crashes: CrashRegister, now: Callable[[], float]) -> None:
        self._dispatcher = dispatcher
        self._crashes = crashes
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Yield all families, also those without a worker."""
        dispatcher = self._dispatcher
        # Two machines may have the same name and number: the later one is shown.
        workers = {(worker.hello.worker, str(worker.hello.pid)): worker for worker in dispatcher.workers}
        yield GaugeMetricFamily("mlx_serve_ready", "Whether a worker takes work.", value=dispatcher.ready)
        yield GaugeMetricFamily(
            "mlx_serve_queue_length", "Generations that wait for a worker.", value=dispatcher.queued
        )
        yield GaugeMetricFamily(
            "mlx_serve_workers_expected", "Workers that are kept running here.", value=dispatcher.expected
        )
        yield GaugeMetricFamily(
            "mlx_serve_convictions",
            "Requests that are refused because they crashed their workers.",
            value=len(dispatcher.convictions),
        )
        yield _states(workers)
        yield _running(workers)
        yield _of_each(workers, "mlx_serve_worker_capacity", "Generations that a worker takes at once.", _capacity)
        yield _of_each(
            workers,
            "mlx_serve_worker_step_age_seconds",
            "Since a worker's engine last went on, or had nothing to do.",
            lambda worker: max(0.0, self._now() - worker.progress_at),
        )
        yield _of_each(
            workers,
            "mlx_serve_worker_memory_bytes",
            "What a worker holds of the machine's memory, where that can be told.",
            lambda worker: self._crashes.memory.get(worker.hello.pid),
        )
        yield _counted(workers, "mlx_serve_worker_steps", "Steps that a worker's engine did.", "step")
        yield _counted(
            workers,
            "mlx_serve_worker_tokens",
            "Tokens that came from a worker, also of what still runs.",
            "tokens",
        )


def _of_each(
    workers: Mapping[tuple[str, str], Worker],
    name: str,
    text: str,
    value: Callable[[Worker], float | None],
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=_WORKER)
    for key, worker in workers.items():
        if (number := value(worker)) is not None:
            family.add_metric(key, number)
    return family


def _states(workers: Mapping[tuple[str, str], Worker]) -> Metric:
    family = GaugeMetricFamily(
        "mlx_serve_worker_state",
        "1 for the state that a worker is in, 0 for the others.",
        labels=(*_WORKER, "state"),
    )
    for key, worker in workers.items():
        for state in WorkerState:
            family.add_metric((*key, state.value), worker.state is state)
    return family


def _running(workers: Mapping[tuple[str, str], Worker]) -> Metric:
    family = GaugeMetricFamily(
        "mlx_serve_worker_running",
        "Generations that a worker has.",
        labels=(*_WORKER, "gen_ai_response_model"),
    )
    for key, worker in workers.items():
        if worker.ready is not None:
            family.add_metric((*key, worker.ready.model.id), len(worker.running))
    return family


def _counted(workers: Mapping[tuple[str, str], Worker], name: str, text: str, attribute: str) -> Metric:
    family = CounterMetricFamily(name, text, labels=(*_WORKER, "gen_ai_response_model"))
    for key, worker in workers.items():
        if worker.ready is not None:
            family.add_metric((*key, worker.ready.model.id), getattr(worker, attribute))
    return family


def _capacity(worker: Worker) -> int | None:
    return None if worker.ready is None else worker.ready.capacity
