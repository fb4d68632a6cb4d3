"""The worker's own look at a request's numbers."""

from dataclasses import replace

import pytest
from mlx_llm_server.protocol.messages import CallRules, ChatMessage, Failed, Generate, Grammar, Sampling, TokenBias
from mlx_llm_server.worker.bounds import fault, unknown_token
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
        ("repetition_context_size", 2**40),
        ("top_k", -1),
        ("min_p", -0.1),
        ("min_p", float("nan")),
        ("xtc_probability", 1.1),
        ("xtc_threshold", 0.6),
        ("presence_penalty", float("nan")),
        ("presence_context_size", -1),
        ("frequency_penalty", float("inf")),
        ("frequency_context_size", 2**40),
        ("logit_bias", (TokenBias(-1, 1.0),)),
        ("logit_bias", (TokenBias(1, float("nan")),)),
        ("logit_bias", (TokenBias(1, 1.0), TokenBias(1, 2.0))),
        ("top_logprobs", 21),
        ("min_tokens", -1),
        ("stop_token_ids", (-1,)),
    ],
)
def test_a_sampling_value_out_of_bounds_is_named(field: str, value: object) -> None:
    wrong = replace(GOOD, sampling=replace(GOOD.sampling, **{field: value}))
    assert (fault(wrong) or ("",))[0] == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_tokens", 0),
        ("stop", ("a", "")),
        ("messages", ()),
        ("thinking_budget", -1),
        ("grammar", Grammar("yaml", "a", "b")),
        ("calls", CallRules(required=True)),
    ],
    ids=str,
)
def test_a_field_out_of_bounds_is_named(field: str, value: object) -> None:
    assert (fault(replace(GOOD, **{field: value})) or ("",))[0] == field


def test_such_a_request_fails_and_is_never_prepared() -> None:
    wrong = replace(GOOD, max_tokens=0)
    assert Scheduler(100).handle(Requested(0, wrong)) == [
        Send(0, Failed(1, "invalid", "'max_tokens' is out of bounds.", "max_tokens"))
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("logit_bias", (TokenBias(0, 1.0), TokenBias(50, 1.0))), ("stop_token_ids", (0, 50))]
)
def test_a_token_that_the_model_has_not_is_named(field: str, value: object) -> None:
    asked = replace(GOOD, sampling=replace(GOOD.sampling, **{field: value}))

    assert unknown_token(asked, 51) is None
    message, param = unknown_token(asked, 50) or ("", "")
    assert param == field
    assert "50" in message
