"""The life of a frontend process: open, serve, drain, close."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time

import zmq
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from .. import tracing
from ..open_files import allow_many_open_files
from ..protocol.endpoints import EndpointError, user_dir
from .api.handler import Services
from .app import make_app
from .cache_scope import CacheScopes
from .crashes import CrashRegister, CrashStore
from .dispatcher import Dispatcher, Failure, ProcessNews, Why
from .exchange import Exchange
from .monitor import Monitor
from .nursery import Nursery
from .settings import Settings
from .telemetry import Metrics, Telemetry, Traces, WorkerGauges

log = logging.getLogger(__name__)

IDLE_CONNECTION_SECONDS = 120
BODY_SECONDS = 120
MAX_HEADER_BYTES = 64 * 1024
# After the last answers were ended, for their last bytes to go out.
_FLUSH_SECONDS = 1.0


def run(settings: Settings) -> int:
    """Run a frontend until it is told to stop, and return the process's exit code."""
    allow_many_open_files()  # each stream is a connection
    try:
        return asyncio.run(Server(settings).serve())
    except (OSError, EndpointError) as error:
        log.error("can't serve: %s", error)  # noqa: TRY400 - a sentence, not a traceback, is what helps here
        return 1


class Server:
    """A frontend: its HTTP server, its exchange, and the nursery if it has workers of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self._stop_at_once = asyncio.Event()
        self._code = 0
        self._metrics = Metrics()
        self._crashes = CrashRegister(
            CrashStore(settings.crash_dir, settings.keep_crashes), settings.endpoint, self._metrics.died
        )
        self._tracer = tracing.open_tracer("frontend")
        self._nursery: Nursery | None = None
        if settings.workers is not None:
            self._nursery = Nursery(
                settings.workers, settings.endpoint, settings.drain_seconds, self._out_of_workers, self._crashes
            )
        self._had_terminal = os.isatty(0)

    async def serve(self) -> int:
        """Serve until a signal or until nothing is left to serve with."""
        settings = self._settings
        # The port first: it is what keeps two frontends from sharing an endpoint.
        sockets = self._bind()
        dispatcher = Dispatcher(settings.limits)
        exchange = Exchange(dispatcher, settings.endpoint, self._supervise, self._crashes, self._metrics.late)
        self._metrics.registry.register(WorkerGauges(dispatcher, self._crashes, exchange.now))
        try:
            exchange.open()
        except zmq.ZMQError as error:
            raise EndpointError(f"{settings.endpoint}: {error}") from error
        monitor = Monitor(exchange.dispatcher, self._crashes, time.time())
        monitor.start()
        http = self._http(exchange, monitor, sockets)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        if self._nursery is not None:
            loop.add_signal_handler(signal.SIGHUP, self._on_hangup, self._nursery)
        log.info(
            "listening on http://%s:%d; workers connect to %s",
            settings.host,
            settings.port,
            settings.endpoint,
        )
        if self._nursery is not None:
            self._nursery.start(exchange)
        await self._stop.wait()
        await self._shut_down(http, exchange)
        monitor.close()
        return self._code

    def _bind(self) -> list[socket.socket]:
        try:
            return bind_sockets(self._settings.port, self._settings.host)
        except OSError as error:
            raise OSError(f"{self._settings.host}:{self._settings.port}: {error.strerror or error}") from error

    def _http(self, exchange: Exchange, monitor: Monitor, sockets: list[socket.socket]) -> HTTPServer:
        settings = self._settings
        services = Services(
            exchange,
            self._crashes,
            settings.policy,
            CacheScopes(
                settings.policy, shared=settings.share_prefix_cache, salt_file=user_dir() / "prefixes.salt"
            ),
            settings.max_body_bytes,
            settings.stall_seconds,
            settings.drain_seconds,
            self._nursery,
            settings.rules,
            monitor,
            self._telemetry(exchange),
        )
        http = HTTPServer(
            make_app(services),
            idle_connection_timeout=IDLE_CONNECTION_SECONDS,
            body_timeout=BODY_SECONDS,
            max_header_size=MAX_HEADER_BYTES,
            max_body_size=sys.maxsize,  # ApiHandler sets the limits, and answers in the API's shape
        )
        http.add_sockets(sockets)
        return http

    def _telemetry(self, exchange: Exchange) -> Telemetry:
        settings = self._settings
        traces = None if self._tracer is None else Traces(self._tracer, time.time() - exchange.now())
        return Telemetry(self._metrics, traces, settings.log_prompts, settings.public_metrics)

    def _supervise(self, news: ProcessNews) -> None:
        if self._nursery is not None:
            self._nursery.hear(news)

    def _out_of_workers(self) -> None:
        log.error("no worker is left to serve with")
        self._code = 1
        self._stop.set()

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._stop_at_once.set()
        self._stop.set()

    def _on_hangup(self, nursery: Nursery) -> None:
        if self._had_terminal and not os.isatty(0):
            self._on_signal()  # it was closed
        elif not nursery.replace_all():
            log.warning("the workers are being replaced already")

    async def _shut_down(self, http: HTTPServer, exchange: Exchange) -> None:
        http.stop()
        if exchange.dispatcher.unfinished:
            log.info("stopping: %d answers are running (again to stop at once)", exchange.dispatcher.unfinished)
        deadline = asyncio.get_running_loop().time() + self._settings.grace_seconds
        while exchange.dispatcher.unfinished and not self._stop_at_once.is_set():
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(0.05)
        if exchange.dispatcher.unfinished:
            exchange.fail_all(Failure(Why.UNAVAILABLE, "The server is shutting down. Please try again later."))
            await asyncio.sleep(_FLUSH_SECONDS)
        if self._nursery is not None:
            await self._nursery.end()
        try:
            await asyncio.wait_for(http.close_all_connections(), _FLUSH_SECONDS)
        except TimeoutError:
            log.warning("some connections did not close in time")
        exchange.close()
        self._crashes.close()
        if self._tracer is not None:
            self._tracer.flush()
