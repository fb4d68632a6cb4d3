"""What every route has in common: access, body limits, errors in OpenAI's shape, CORS.

A request that is to be refused is still read to its end (up to a bound, thrown away), and answered then: a
client that is busy sending does not look for an answer, and would only see its connection break.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from tornado.web import HTTPError, RequestHandler, stream_request_body

from ..access import AccessPolicy
from ..cache_scope import CacheScopes
from ..crashes import CrashRegister
from ..errors import (
    ApiError,
    Forbidden,
    Internal,
    InvalidRequest,
    MethodNotAllowed,
    PayloadTooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from ..exchange import Exchange
from ..monitor import Monitor
from ..nursery import Nursery
from ..settings import RequestRules
from ..telemetry import RequestRecord, Telemetry
from .sse import PIECE_BYTES

log = logging.getLogger(__name__)

# A refused body is read and thrown away up to this size. One that is announced larger is answered at once, and
# one that turns out larger loses its connection.
MAX_DISCARDED_BYTES = 256 * 1024 * 1024
_PREFLIGHT_SECONDS = 600
# What of a client's own id is safe in a header and in a line of a log.
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
# The names of ignored fields are told up to this length.
_LONGEST_LIST = 2000
_OUR_HEADERS = "X-Request-Id, X-Ignored-Fields, Retry-After"


@dataclass(frozen=True)
class Services:
    """What the handlers work with.

    Attributes:
        exchange: Takes generations.
        crashes: Knows of workers' deaths.
        policy: Says who is let in.
        scopes: Says who shares the prefix cache.
        max_body_bytes: The largest body that is looked at.
        stall_seconds: A client that takes nothing of its stream for so long is given up.
        drain_seconds: How long a worker that is drained may go on with what it has.
        nursery: Keeps our own workers; None if there are none.
        rules: What requests may ask for.
        monitor: Remembers the last minutes.
        telemetry: Is told of every request that is over.
    """

    exchange: Exchange
    crashes: CrashRegister
    policy: AccessPolicy
    scopes: CacheScopes
    max_body_bytes: int
    stall_seconds: float
    drain_seconds: float
    nursery: Nursery | None
    rules: RequestRules
    monitor: Monitor
    telemetry: Telemetry


@stream_request_body
class ApiHandler(RequestHandler):
    """Base of all routes. A route implements `on_get`, `on_post`, ...; what it lacks is answered with 405."""

    public: ClassVar[bool] = False
    """Whether the route is answered without an API key."""

    quiet: ClassVar[bool] = False
    """Whether machines ask for it all the time, so that an answer is not worth a line in the log."""

    takes_body: ClassVar[bool] = True
    """Whether a POST has content; without, none need be announced, and none may be sent."""

    services: Services

    def initialize(self, services: Services) -> None:
        """Take what Tornado hands over from the route."""
        self.services = services
        self._refusal: ApiError | None = None
        self._body = bytearray()
        self._received = 0
        self.record.method, self.record.path = self.request.method or "", self.request.path

    def set_default_headers(self) -> None:
        """Say nothing of the server's software, and which request this is an answer to."""
        self.clear_header("Server")
        self.set_header("X-Request-Id", self.request_id)

    @property
    def request_id(self) -> str:
        """The client's own id of the request, or one that is drawn."""
        if not hasattr(self, "_request_id"):
            given = self.request.headers.get("X-Request-Id", "")
            self._request_id = given if _REQUEST_ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"
        return self._request_id

    @property
    def record(self) -> RequestRecord:
        """What happened to the request so far."""
        if not hasattr(self, "_record"):
            self._record = RequestRecord(self.request_id, asyncio.get_running_loop().time())
        return self._record

    def name_ignored(self, fields: tuple[str, ...]) -> None:
        """Tell the client and the log which fields of the body had no effect, as nobody knows them."""
        if fields:
            named = quote(",".join(fields), safe="[],._-")[:_LONGEST_LIST]
            self.set_header("X-Ignored-Fields", named)
            log.warning("%s: ignored fields: %s", self.request_id, named)

    # --- the request comes in ---

    def prepare(self) -> None:
        """Decide by the headers alone whether the request is let in."""
        if self._announced_bytes() > MAX_DISCARDED_BYTES:
            raise self._too_large()
        try:
            self._check_access()
            if self.request.method == "POST" and self.takes_body and hasattr(self, "on_post"):
                self._check_announced_body()
        except ApiError as error:
            self._refusal = error
            self._body_limit = 0
        else:
            self._body_limit = self.services.max_body_bytes

    def _check_access(self) -> None:
        policy, headers = self.services.policy, self.request.headers
        host = headers.get("Host", "")
        if not policy.allows_host(host):
            raise Forbidden(
                f"This server does not answer to the name {host!r:.100}; --allowed-host adds one.",
                code="host_not_allowed",
            )
        origin = headers.get("Origin")
        if origin is not None:
            if not policy.allows_origin(origin, host):
                raise Forbidden(
                    f"Pages of {origin!r:.100} may not call this server; --allowed-origin adds one.",
                    code="origin_not_allowed",
                )
            self._allow_origin(origin)
        is_preflight = self.request.method == "OPTIONS"
        authorization = headers.get("Authorization")
        self.record.key = policy.key_name(authorization)
        if not (self.public or is_preflight or policy.allows_key(authorization)):
            # OpenAI's words: LiteLLM knows a wrong key by them.
            what = "Incorrect" if authorization else "No"
            raise Unauthorized(f"{what} API key provided; send it as 'Authorization: Bearer KEY'.")

    def _allow_origin(self, origin: str) -> None:
        self.set_header("Access-Control-Allow-Origin", origin)
        self.set_header("Access-Control-Expose-Headers", _OUR_HEADERS)
        self.set_header("Vary", "Origin")

    def _check_announced_body(self) -> None:
        headers = self.request.headers
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType(
                f"The body must be sent as 'Content-Type: application/json', not {media_type!r:.100}."
            )
        if self._announced_bytes() > self.services.max_body_bytes:
            raise self._too_large()

    def _announced_bytes(self) -> int:
        length = self.request.headers.get("Content-Length", "0")
        return int(length) if length.isdigit() else 0

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(
            f"The body is larger than this server's limit of {self.services.max_body_bytes} bytes."
        )

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body, or throw it away if the request is refused anyway."""
        self._received += len(chunk)
        if self._refusal is not None:
            if self._received > MAX_DISCARDED_BYTES and self.request.connection is not None:
                self.request.connection.stream.close()  # pyright: ignore[reportAttributeAccessIssue]
            return
        if len(self._body) + len(chunk) > self._body_limit:
            self._refusal = self._too_large()
            self._body.clear()
            return
        self._body += chunk

    # --- and is answered ---

    async def _answer(self, *args: str) -> None:
        if self._refusal is not None:
            raise self._refusal
        if self._body and not self.takes_body:
            raise InvalidRequest("This takes no body.")
        method = self.request.method or ""
        if method == "HEAD":
            method = "GET"  # Tornado leaves the body out
        answer: Callable[..., Awaitable[None]] | None = getattr(self, f"on_{method.lower()}", None)
        if answer is None:
            raise MethodNotAllowed(self.request.method or "", self._methods())
        await answer(*args)

    get = head = post = put = patch = delete = options = _answer  # pyright: ignore[reportAssignmentType]

    def _methods(self) -> list[str]:
        return [method for method in self.SUPPORTED_METHODS if hasattr(self, f"on_{method.lower()}")]

    async def on_options(self, *_: str) -> None:
        """Answer a CORS preflight (https://fetch.spec.whatwg.org/#cors-preflight-fetch)."""
        if self.request.headers.get("Origin") is None:
            raise InvalidRequest("OPTIONS is answered as a CORS preflight, which has an Origin.")
        self.set_header("Access-Control-Allow-Methods", ", ".join(self._methods()))
        self.set_header("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-Id, X-Priority")
        self.set_header("Access-Control-Max-Age", str(_PREFLIGHT_SECONDS))
        self.set_status(204)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return bytes(self._body)

    def send_json(self, value: Any, status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        body = json.dumps(value)
        connection = self.request.connection
        sent = self.finish(body)
        if not sent.done() and connection is not None:
            # As patient as with a stream, whose pieces each have so long; it may be many pieces.
            patience = self.services.stall_seconds * (1 + len(body) // PIECE_BYTES)
            stalled = asyncio.get_running_loop().call_later(
                patience,
                connection.stream.close,  # pyright: ignore[reportAttributeAccessIssue]
            )
            sent.add_done_callback(lambda _: stalled.cancel())

    # --- errors ---

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with an error, whatever was raised, in OpenAI's shape."""
        raised = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(raised, ApiError):
            error = raised
        elif status_code == 405:  # a method that Tornado does not know
            error = MethodNotAllowed(self.request.method or "", self._methods())
        elif status_code < 500:
            error = InvalidRequest(f"The request can't be understood: {self._reason}.")
        else:
            error = Internal("The server failed to answer; its log tells more.")
            self.set_status(500)
        self.record.error = error.code or error.type
        for name, value in error.headers.items():
            self.set_header(name, value)
        self.send_json(error.body(), error.status if isinstance(raised, ApiError) else status_code)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Keep the CORS header that Tornado would clear: a page must be able to read its error."""
        allowed = self._headers.get("Access-Control-Allow-Origin")
        raised = kwargs.get("exc_info", (None, None, None))[1]
        if allowed is not None and not self._headers_written:
            self.clear()
            self._allow_origin(allowed)
            self.set_status(raised.status if isinstance(raised, ApiError) else status_code)
            self.write_error(status_code, **kwargs)
            return
        super().send_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what is our fault; what is the client's is in the access log."""
        if isinstance(value, ApiError):
            return
        if isinstance(value, HTTPError) and value.status_code < 500:
            return
        super().log_exception(typ, value, tb)
