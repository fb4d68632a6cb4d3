import pytest
from mlx_llm_server.frontend import errors
from mlx_llm_server.frontend.dispatcher import Failure, Why
from mlx_llm_server.frontend.errors import ApiError, MethodNotAllowed, Unauthorized, of_failure


def subclasses(cls: type[ApiError]) -> list[type[ApiError]]:
    return [sub for direct in cls.__subclasses__() for sub in (direct, *subclasses(direct))]


def test_an_error_has_openais_shape() -> None:
    error = errors.InvalidRequest("'stop' is wrong.", "stop", "invalid_value")

    assert error.body() == {
        "error": {
            "message": "'stop' is wrong.",
            "type": "invalid_request_error",
            "param": "stop",
            "code": "invalid_value",
        }
    }


@pytest.mark.parametrize("cls", subclasses(ApiError))
def test_the_type_of_an_error_fits_its_status(cls: type[ApiError]) -> None:
    expected = "server_error" if cls.status >= 500 else "rate_limit_error" if cls.status == 429 else None

    assert cls.type == (expected or "invalid_request_error")


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [
        (Why.INVALID, 400, "given"),
        (Why.UNKNOWN_MODEL, 404, "given"),
        (Why.OVERLOADED, 429, "given"),
        (Why.UNAVAILABLE, 503, "given"),
        (Why.CONVICTED, 400, "given"),
        (Why.INTERNAL, 500, "given"),
    ],
)
def test_a_failure_becomes_its_status_and_keeps_its_words(why: Why, status: int, code: str) -> None:
    error = of_failure(Failure(why, "a sentence", "messages", "given"))

    assert (error.status, error.message, error.param, error.code) == (status, "a sentence", "messages", code)


def test_every_failure_has_its_error() -> None:
    assert all(of_failure(Failure(why, "x")).status >= 400 for why in Why)


@pytest.mark.parametrize("why", [Why.OVERLOADED, Why.UNAVAILABLE])
def test_a_client_that_may_come_back_is_told_when(why: Why) -> None:
    assert int(of_failure(Failure(why, "x")).headers["Retry-After"]) > 0


@pytest.mark.parametrize("why", [Why.INVALID, Why.UNKNOWN_MODEL, Why.INTERNAL])
def test_a_client_that_would_get_the_same_again_is_not(why: Why) -> None:
    assert of_failure(Failure(why, "x")).headers == {}


def test_a_missing_key_is_asked_for_by_its_scheme() -> None:
    assert Unauthorized("x").headers == {"WWW-Authenticate": "Bearer"}


def test_a_wrong_method_is_answered_with_those_there_are() -> None:
    assert MethodNotAllowed("PUT", ["GET", "OPTIONS"]).headers == {"Allow": "GET, OPTIONS"}
