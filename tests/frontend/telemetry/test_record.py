import pytest
from mlx_llm_server.frontend.telemetry import RequestRecord

from .records import answered, begun


def test_a_request_without_a_generation_has_no_outcome_of_its_own() -> None:
    record = RequestRecord("req_1", 100.0)

    assert (record.outcome, record.kind, record.ttft_seconds, record.workers) == ("", "completed", None, [])


def test_times_are_told_from_the_headers_on() -> None:
    record = answered()

    (generation,) = record.generations
    assert record.ttft_seconds == 2.0
    assert generation.queue_seconds == 0.5
    assert generation.seconds_per_token == 0.5  # four tokens behind the first
    assert (record.outcome, record.kind) == ("stop", "completed")
    assert (record.prompt_tokens, record.completion_tokens, record.cached_tokens) == (12, 5, 8)


def test_a_single_token_has_no_time_per_token() -> None:
    record = begun()
    (generation,) = record.generations
    generation.first_at = 102.0
    generation.end("length", 1, 102.0)

    assert generation.seconds_per_token is None


def test_what_no_worker_got_has_waited_for_none() -> None:
    record = RequestRecord("req_1", 100.0)

    assert record.submit(100.5).queue_seconds is None


def test_a_further_worker_is_a_resume() -> None:
    record = begun()
    (generation,) = record.generations

    assert generation.given("worker-2", 103.0)
    assert generation.given("worker-1", 104.0)
    assert record.resumes == 2
    assert record.workers == ["worker-1", "worker-2"]


def test_several_choices_have_one_first_token_and_all_their_ends() -> None:
    record = answered()
    second = record.submit(100.5)
    assert not second.given("worker-2", 101.0)
    second.first_at = 101.5
    assert record.outcome == "cancelled"  # as long as one of them has no end
    second.end("length", 5, 105.0)

    assert record.ttft_seconds == 1.5
    assert record.outcome == "stop,length"
    assert record.resumes == 0


def test_a_client_that_leaves_has_cancelled() -> None:
    assert (begun().outcome, begun().kind) == ("cancelled", "cancelled")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "refused"), (429, "refused"), (503, "failed"), (200, "failed")], ids=str
)
def test_an_error_is_the_outcome_also_in_the_middle_of_a_stream(status: int, kind: str) -> None:
    record = begun()
    record.error, record.status = "some_code", status

    assert (record.outcome, record.kind) == ("some_code", kind)
