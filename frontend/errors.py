"""The errors a client can get, in OpenAI's shape; each knows its HTTP status.

    ApiError
        InvalidRequest        400  a field is wrong (`param` names it), or the body is no JSON object
        Unauthorized          401  no valid API key
        Forbidden             403  a Host or Origin that is not allowed
        NotFound              404  no such path, or no such model
        MethodNotAllowed      405
        Conflict              409  it is being done already
        PayloadTooLarge       413
        UnsupportedMediaType  415  the body is not application/json
        Overloaded            429  the queue is full
        Internal              500
        Unavailable           503  no worker can take the request now, or the worker that had it is gone

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from typing import Any

from .dispatcher import Failure, Why

RETRY_AFTER_SECONDS = 2


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        status: HTTP status.
        message: A sentence for a person.
        param: The request's field at fault.
        code: What a program can tell the error by.
    """

    status = 500
    type = "server_error"
    code: str | None = None

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code or type(self).code

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers that belong to the status."""
        return {}

    def body(self) -> dict[str, Any]:
        """Return OpenAI's error object."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


class InvalidRequest(ApiError):
    """The request can't be served as it is."""

    status = 400
    type = "invalid_request_error"


class Unauthorized(ApiError):
    """The request carries no valid API key."""

    status = 401
    type = "invalid_request_error"
    code = "invalid_api_key"

    @property
    def headers(self) -> dict[str, str]:
        """Name the scheme, as RFC 9110 section 11.6.1 asks for."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(ApiError):
    """The request comes by a name or from a page that is not allowed."""

    status = 403
    type = "invalid_request_error"


class NotFound(ApiError):
    """There is nothing by this name."""

    status = 404
    type = "invalid_request_error"
    code = "not_found"


class MethodNotAllowed(ApiError):
    """The path exists, with other methods.

    Args:
        method: The one that was used.
        allowed: The ones that can be.
    """

    status = 405
    type = "invalid_request_error"
    code = "method_not_allowed"

    def __init__(self, method: str, allowed: list[str]) -> None:
        super().__init__(f"{method} is not allowed here; {', '.join(allowed)} is.")
        self._allowed = allowed

    @property
    def headers(self) -> dict[str, str]:
        """Name the methods, as RFC 9110 section 15.5.6 asks for."""
        return {"Allow": ", ".join(self._allowed)}


class Conflict(ApiError):
    """It can't be done now: it is under way already, or several things are meant."""

    status = 409
    type = "invalid_request_error"
    code = "conflict"


class PayloadTooLarge(ApiError):
    """The body is over the limit."""

    status = 413
    type = "invalid_request_error"
    code = "payload_too_large"


class UnsupportedMediaType(ApiError):
    """The body is not JSON."""

    status = 415
    type = "invalid_request_error"
    code = "unsupported_media_type"


class Internal(ApiError):
    """The server is at fault."""


class _TryLater(ApiError):
    @property
    def headers(self) -> dict[str, str]:
        """Say when."""
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}


class Overloaded(_TryLater):
    """Too many requests wait already."""

    status = 429
    type = "rate_limit_error"
    code = "server_overloaded"


class Unavailable(_TryLater):
    """Nothing can take the request now."""

    status = 503
    code = "service_unavailable"


_OF_FAILURE: dict[Why, type[ApiError]] = {
    Why.INVALID: InvalidRequest,
    Why.UNKNOWN_MODEL: NotFound,
    Why.OVERLOADED: Overloaded,
    Why.UNAVAILABLE: Unavailable,
    Why.CONVICTED: InvalidRequest,
    Why.INTERNAL: Internal,
}


def of_failure(failure: Failure) -> ApiError:
    """Return the error that a generation's failure is to its client."""
    return _OF_FAILURE[failure.why](failure.message, failure.param, failure.code)
