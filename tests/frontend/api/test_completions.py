import json
from typing import Any

import pytest
from mlx_llm_server.frontend.api.answer import CompletionAnswer
from mlx_llm_server.frontend.api.completions import (
    DEFAULT_MAX_TOKENS,
    CompletionRequest,
    parse_completion_request,
)
from mlx_llm_server.frontend.api.generations import choices_of
from mlx_llm_server.frontend.errors import InvalidRequest
from mlx_llm_server.frontend.settings import RequestRules
from mlx_llm_server.protocol.messages import Alternative, Delta, Logprobs, TokenLogprob


def parse(**fields: Any) -> CompletionRequest:
    return parse_completion_request(json.dumps({"prompt": "hi", **fields}).encode())


def refused(**fields: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as raised:
        parse(**fields)
    return raised.value


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        ("hi", ["hi"]),
        (["a", "b"], ["a", "b"]),
        ([1, 2], [(1, 2)]),
        ([[1, 2], [3]], [(1, 2), (3,)]),
    ],
)
def test_a_prompt_is_text_or_ids_one_or_many(prompt: Any, prompts: list[Any]) -> None:
    assert parse(prompt=prompt).prompts == prompts


@pytest.mark.parametrize(
    ("prompt", "param"),
    [
        ("", "prompt"),
        ([], "prompt"),
        (["a", ""], "prompt[1]"),
        (["a", 1], "prompt[1]"),
        ([1, "a"], "prompt[1]"),
        ([1, -1], "prompt[1]"),
        ([[1], []], "prompt[1]"),
        ([[1], ["a"]], "prompt[1][0]"),
        (["a"] * 129, "prompt"),
        (5, "prompt"),
        (None, "prompt"),
    ],
    ids=str,
)
def test_a_prompt_of_another_kind_is_refused_by_its_path(prompt: Any, param: str) -> None:
    assert refused(prompt=prompt).param == param


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"logprobs": 6}, "logprobs"),
        ({"logprobs": True}, "logprobs"),
        ({"suffix": "x", "echo": True}, "suffix"),
        ({"best_of": 2, "stream": True}, "best_of"),
        ({"best_of": 20, "prompt": ["x"] * 7}, "best_of"),
        ({"best_of": 1, "n": 2}, "best_of"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"prompt": ["a"] * 9, "n": 16}, "n"),
        ({"n": 17}, "n"),
        ({"n": 0}, "n"),
        ({"stream_options": {}}, "stream_options"),
        ({"messages": []}, "messages"),
        ({"top_logprobs": 1}, "top_logprobs"),
    ],
    ids=str,
)
def test_what_can_not_be_is_refused_by_its_name(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields).param == param


def test_the_default_length_is_openais() -> None:
    assert parse().token_limit == DEFAULT_MAX_TOKENS == 16
    assert parse_completion_request(b'{"prompt": "hi"}', RequestRules(max_tokens_limit=5)).token_limit == 5


def test_log_probabilities_are_asked_for_where_answers_are_to_be_ranked() -> None:
    assert parse(n=2, best_of=3).sampling(1).logprobs
    assert not parse(n=2, best_of=2).sampling(1).logprobs


def test_as_many_as_best_of_are_given() -> None:
    assert parse(n=3, best_of=3).choices == 3


def test_a_generation_has_the_prompt_and_no_messages() -> None:
    request = parse(prompt=[1, 2], logprobs=0, seed=4)
    generate = request.generate((1, 2), request.sampling(0))

    assert (generate.prompt_tokens, generate.prompt, generate.messages, generate.source) == (
        (1, 2),
        None,
        (),
        "prompt",
    )
    assert (generate.sampling.logprobs, generate.sampling.top_logprobs, generate.sampling.seed) == (True, 0, 4)


def test_the_first_choice_is_the_only_one_of_a_request_for_one_and_no_two_have_a_seed() -> None:
    request = parse()
    generate = request.generate("hi", request.sampling(9))
    choices = choices_of(generate, 16)

    assert choices[0] == generate == choices_of(generate, 1)[0]
    assert len({choice.sampling.seed for choice in choices}) == 16
    assert choices == choices_of(generate, 16)


def told(answer: CompletionAnswer, *tokens: bytes) -> None:
    entries = tuple(TokenLogprob(token, -0.5, (Alternative(b"x", -0.25),)) for token in tokens)
    answer.take(Delta(1, (5,) * len(tokens), "text", "length", None, Logprobs(entries, (len(tokens),))))


def test_log_probabilities_are_columns_with_offsets_in_characters() -> None:
    answer = CompletionAnswer(with_logprobs=True)
    told(answer, b"a", "é".encode()[:1], "é".encode()[1:], b" b")

    assert answer.choice() == {
        "text": "text",
        "finish_reason": "length",
        "logprobs": {
            "tokens": ["a", "\ufffd", "\ufffd", " b"],
            "token_logprobs": [-0.5] * 4,
            "top_logprobs": [
                {"x": -0.25, "a": -0.5},
                {"x": -0.25, "\ufffd": -0.5},
                {"x": -0.25, "\ufffd": -0.5},
                {"x": -0.25, " b": -0.5},
            ],
            "text_offset": [0, 1, 1, 2],
        },
    }


def test_an_echo_comes_before_the_text() -> None:
    answer = CompletionAnswer("prompt ")
    told(answer, b"a")

    assert answer.choice()["text"] == "prompt text"
