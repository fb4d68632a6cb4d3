"""The worker's own look at a request's numbers."""

from dataclasses import replace

import pytest
from mlx_llm_server.protocol.messages import ChatMessage, Failed, Generate, Sampling
from mlx_llm_server.worker.bounds import fault
from mlx_llm_server.worker.scheduler import Requested, Scheduler, Send

GOOD = Generate(1, (ChatMessage("user", "hi"),), Sampling(0), 1)


def test_a_request_within_bounds_has_no_fault() -> None:
    assert fault(GOOD) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", -1),
        ("seed", 2**64),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("temperature", -0.1),
        ("top_p", 1.1),
        ("top_p", float("nan")),
        ("repetition_penalty", 0.0),
        ("repetition_penalty", float("inf")),
        ("repetition_context_size", -1),
    ],
)
def test_a_sampling_value_out_of_bounds_is_named(field: str, value: float) -> None:
    wrong = replace(GOOD, sampling=replace(GOOD.sampling, **{field: value}))
    assert (fault(wrong) or ("",))[0] == field


@pytest.mark.parametrize(("field", "value"), [("max_tokens", 0), ("stop", ("a", "")), ("messages", ())])
def test_a_field_out_of_bounds_is_named(field: str, value: object) -> None:
    assert (fault(replace(GOOD, **{field: value})) or ("",))[0] == field


def test_such_a_request_fails_and_is_never_prepared() -> None:
    wrong = replace(GOOD, max_tokens=0)
    assert Scheduler(100).handle(Requested(0, wrong)) == [
        Send(0, Failed(1, "invalid", "'max_tokens' is out of bounds.", "max_tokens"))
    ]
