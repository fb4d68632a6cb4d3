import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.frontend.api.body import NOT_SERVED
from mlx_llm_server.frontend.api.chat import to_generate
from mlx_llm_server.frontend.api.parameters import MAX_TOKENS
from mlx_llm_server.frontend.api.schema import (
    DEFAULT_MAX_TOKENS,
    ChatRequest,
    ResponseLabels,
    parse_chat_request,
)
from mlx_llm_server.frontend.errors import InvalidRequest
from mlx_llm_server.protocol.messages import Sampling, TokenBias

MESSAGES = [{"role": "user", "content": "hi"}]


def parse(**fields: Any) -> ChatRequest:
    return parse_chat_request(json.dumps({"messages": MESSAGES, **fields}).encode())


def refusal(body: bytes | dict[str, Any]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as raised:
        parse_chat_request(body if isinstance(body, bytes) else json.dumps(body).encode())
    return raised.value


def refused(**fields: Any) -> InvalidRequest:
    return refusal({"messages": MESSAGES, **fields})


# --- what is taken ---------------------------------------------------------------------------------------


def test_messages_are_enough() -> None:
    request = parse()

    assert request.token_limit == DEFAULT_MAX_TOKENS == 100
    assert request.stops == ()
    assert request.stream is None


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": 1},
        {"max_tokens": MAX_TOKENS},
        {"max_completion_tokens": 1},
        {"temperature": 0},
        {"temperature": 2},
        {"temperature": 0.7},
        {"top_p": 0},
        {"top_p": 1},
        {"repetition_penalty": 0.01},
        {"repetition_penalty": 10},
        {"repetition_context_size": 0},
        {"top_k": 0},
        {"top_k": 2**31 - 1},
        {"min_p": 0},
        {"min_p": 1},
        {"xtc_probability": 1},
        {"xtc_threshold": 0.5},
        {"presence_penalty": -2},
        {"presence_penalty": 2},
        {"presence_context_size": 0},
        {"frequency_penalty": -2},
        {"frequency_penalty": 2},
        {"frequency_context_size": 5},
        {"logit_bias": {}},
        {"logit_bias": {"0": -100, "50256": 100}},
        {"logit_bias": {str(token): 0.5 for token in range(1024)}},
        {"logprobs": False},
        {"logprobs": True},
        {"logprobs": True, "top_logprobs": 0},
        {"logprobs": True, "top_logprobs": 20},
        {"min_tokens": 0},
        {"min_tokens": 100},
        {"ignore_eos": True},
        {"stop_token_ids": []},
        {"stop_token_ids": [0, 5]},
        {"seed": -(2**63)},
        {"seed": 2**63 - 1},
        {"stop": "x"},
        {"stop": "x" * 500},
        {"stop": []},
        {"stop": ["x"] * 16},
        {"stream": False},
        {"stream": True, "stream_options": {}},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"stream": True, "stream_options": {"include_usage": None}},
        {"role_mapping": {}},
        {"role_mapping": {"system_prompt": "", "system": "S:", "user": "U:", "assistant": "A:", "stop": "\n"}},
        {"model": "any/name"},
        {"chat_template_kwargs": {}},
        {"chat_template_kwargs": {"enable_thinking": True}},
        {"chat_template_kwargs": {"enable_thinking": None}},
    ],
    ids=str,
)
def test_a_value_within_its_bounds_is_taken(fields: dict[str, Any]) -> None:
    request = parse(**fields).model_dump(exclude_unset=True)

    for name, value in fields.items():
        assert request[name] == value


@pytest.mark.parametrize("name", sorted(ChatRequest.model_fields.keys() - {"messages"}))
def test_null_is_as_good_as_nothing(name: str) -> None:
    assert parse(**{name: None}) == parse()


def test_a_stop_may_be_one_string_or_several() -> None:
    assert parse(stop="x").stops == ("x",)
    assert parse(stop=["x", "yz"]).stops == ("x", "yz")


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_token_limit_goes_by_either_name(name: str) -> None:
    assert parse(**{name: 7}).token_limit == 7


def test_the_parts_of_a_content_are_joined() -> None:
    content = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]

    assert parse(messages=[{"role": "user", "content": content}]).messages[0].text() == "one two"


def test_a_developers_message_is_the_systems_and_a_thought_goes_by_either_name() -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "assistant", "content": "Yes.", "reasoning": "hm"},
        {"role": "assistant", "content": "Yes.", "reasoning_content": "hm", "reasoning": "hm"},
    ]
    system, *assistants = (message.to_protocol() for message in parse(messages=messages).messages)

    assert system.role == "system"
    assert [message.reasoning for message in assistants] == ["hm", "hm"]


@pytest.mark.parametrize(("kind", "what"), [("image_url", "images"), ("input_audio", "audio"), ("file", "files")])
def test_what_is_no_text_is_refused_in_plain_words(kind: str, what: str) -> None:
    error = refused(messages=[{"role": "user", "content": [{"type": kind, kind: {}}]}])

    assert error.param == "messages[0].content[0].type"
    assert f"is '{kind}'" in error.message
    assert what in error.message


LABELS = {
    "user": "me", "metadata": {"a": "b"}, "store": False, "service_tier": "auto", "safety_identifier": "x",
    "prompt_cache_key": "x", "prompt_cache_retention": "24h", "prompt_cache_options": {"mode": "implicit"},
    "prediction": {"type": "content", "content": "x"}, "modalities": ["text"], "verbosity": "medium",
}  # fmt: skip


def test_labels_are_taken_and_reach_no_worker() -> None:
    assert LABELS.keys() == ResponseLabels.model_fields.keys()
    assert to_generate(parse(**LABELS, seed=1)) == to_generate(parse(seed=1))


@pytest.mark.parametrize(
    "fields",
    [
        {"store": True},
        {"service_tier": "priority"},
        {"modalities": ["text", "audio"]},
        {"verbosity": "low"},
        {"prompt_cache_options": {"mode": "explicit"}},
        {"reasoning_effort": "some"},
        {"n": 0},
        {"n": 17},
    ],
    ids=str,
)
def test_what_a_label_can_not_promise_is_refused(fields: dict[str, Any]) -> None:
    assert (refused(**fields).param or "").startswith(next(iter(fields)))


# --- the end of a conversation ---------------------------------------------------------------------------

BEGUN = [*MESSAGES, {"role": "assistant", "content": "Well"}]


def test_an_assistants_last_message_can_be_gone_on_with() -> None:
    assert to_generate(parse(messages=BEGUN, continue_final_message=True)).continue_final_message
    assert parse(messages=BEGUN, continue_final_message=True, add_generation_prompt=False)
    assert not to_generate(parse(messages=BEGUN, add_generation_prompt=True)).continue_final_message


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"continue_final_message": True}, "continue_final_message"),
        (
            {"messages": [*MESSAGES, {"role": "assistant", "content": ""}], "continue_final_message": True},
            "continue_final_message",
        ),
        (
            {"messages": BEGUN, "continue_final_message": True, "add_generation_prompt": True},
            "add_generation_prompt",
        ),
        ({"messages": BEGUN, "add_generation_prompt": False}, "add_generation_prompt"),
    ],
    ids=str,
)
def test_what_can_not_be_gone_on_with_is_refused(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields).param == param


def test_a_template_is_told_what_a_client_says() -> None:
    request = parse(
        chat_template_kwargs={"enable_thinking": False, "tone": "dry", "nothing": None}, reasoning_effort="low"
    )

    assert request.enable_thinking is False
    assert json.loads(request.template_options) == {"tone": "dry", "reasoning_effort": "low"}
    assert parse(chat_template_kwargs={"enable_thinking": False}).template_options == ""


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"messages": 1}, "chat_template_kwargs.messages"),
        ({"a b": 1}, "chat_template_kwargs"),
        ({"x": [1]}, "chat_template_kwargs"),
        ({"x": "y" * 513}, "chat_template_kwargs"),
        ({f"x{number}": 1 for number in range(33)}, "chat_template_kwargs"),
    ],
    ids=["ours", "no name", "a list", "long", "many"],
)
def test_an_option_of_a_template_is_a_name_with_a_small_value(options: dict[str, Any], param: str) -> None:
    assert (refused(chat_template_kwargs=options).param or "").startswith(param)


def test_text_of_any_script_is_taken_as_it_is() -> None:
    text = '日本語 👩‍🚀 \u2028 \x00 \\ "'

    assert parse(messages=[{"role": "user", "content": text}]).messages[0].text() == text


# --- bounds and types ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", 0),
        ("max_tokens", -1),
        ("max_tokens", MAX_TOKENS + 1),
        ("max_tokens", 10**30),
        ("max_tokens", 1.5),
        ("max_tokens", 1.0),
        ("max_tokens", "5"),
        ("max_tokens", True),
        ("max_completion_tokens", 0),
        ("temperature", -0.1),
        ("temperature", 2.1),
        ("temperature", 10**400),
        ("temperature", "1"),
        ("temperature", True),
        ("top_p", -0.1),
        ("top_p", 1.1),
        ("repetition_penalty", 0),
        ("repetition_penalty", -1),
        ("repetition_penalty", 10.5),
        ("repetition_context_size", -1),
        ("repetition_context_size", MAX_TOKENS + 1),
        ("top_k", -1),
        ("top_k", 1.5),
        ("top_k", 2**31),
        ("min_p", -0.1),
        ("min_p", 1.1),
        ("xtc_probability", 1.1),
        ("xtc_threshold", 0.6),
        ("presence_penalty", -2.1),
        ("presence_penalty", 2.1),
        ("presence_penalty", "1"),
        ("presence_context_size", -1),
        ("frequency_penalty", -2.1),
        ("frequency_penalty", 2.1),
        ("frequency_context_size", 1.5),
        ("logit_bias", []),
        ("logit_bias", {str(token): 1 for token in range(1025)}),
        ("logprobs", 1),
        ("top_logprobs", -1),
        ("top_logprobs", 21),
        ("top_logprobs", True),
        ("min_tokens", -1),
        ("min_tokens", 101),
        ("ignore_eos", 1),
        ("stop_token_ids", 5),
        ("stop_token_ids", [5] * 129),
        ("seed", 2**63),
        ("seed", -(2**63) - 1),
        ("seed", 1.5),
        ("stop", ""),
        ("stop", 5),
        ("stop", "x" * 501),
        ("stop", ["x"] * 17),
        ("stream", "true"),
        ("stream", 1),
        ("stream_options", []),
        ("role_mapping", []),
        ("model", ""),
        ("model", 5),
        ("model", "x" * 513),
        ("chat_template_kwargs", True),
        ("messages", []),
        ("messages", "hi"),
        ("messages", {}),
        ("messages", None),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_by_its_name(name: str, value: Any) -> None:
    error = refused(**{name: value})

    assert (error.status, error.param, error.code) == (400, name, "invalid_value")
    assert f"'{name}'" in error.message


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [*MESSAGES, {"role": "robot", "content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": ["hi"]}]}, "messages[0].content[0]"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "text": "x"}]}]},
            "messages[0].content[0].type",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]},
            "messages[0].content[0].text",
        ),
        ({"stop": ["x", ""]}, "stop[1]"),
        ({"stop": [5]}, "stop[0]"),
        ({"stream": True, "stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"role_mapping": {"user": 5}}, "role_mapping.user"),
        ({"chat_template_kwargs": {"enable_thinking": "yes"}}, "chat_template_kwargs.enable_thinking"),
        ({"role_mapping": {"tool": "T:"}}, "role_mapping.tool"),
        ({"logit_bias": {"5": 101}}, "logit_bias.5"),
        ({"logit_bias": {"5": "1"}}, "logit_bias.5"),
        ({"logit_bias": {"word": 1}}, "logit_bias.word"),
        ({"logit_bias": {"-5": 1}}, "logit_bias.-5"),
        ({"logit_bias": {"05": 1}}, "logit_bias.05"),
        ({"logit_bias": {"\u0665": 1}}, "logit_bias.\u0665"),
        ({"stop_token_ids": [5, -1]}, "stop_token_ids[1]"),
        ({"stop_token_ids": ["5"]}, "stop_token_ids[0]"),
    ],
    ids=str,
)
def test_a_wrong_value_inside_is_refused_by_its_path(fields: dict[str, Any], param: str) -> None:
    error = refused(**fields)

    assert (error.param, error.code) == (param, "invalid_value")
    assert f"'{param}'" in error.message


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
    ],
    ids=str,
)
def test_a_missing_field_is_named_by_its_path(body: dict[str, Any], param: str) -> None:
    error = refusal(body)

    assert (error.message, error.param, error.code) == (
        f"'{param}' is required.",
        param,
        "missing_required_parameter",
    )


def test_the_keys_of_a_role_mapping_are_listed() -> None:
    assert "system_prompt, system, user, assistant, stop" in refused(role_mapping={"tool": "T:"}).message


# --- fields that are not served --------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(NOT_SERVED))
def test_a_field_that_openai_knows_and_this_server_does_not_serve_is_refused(name: str) -> None:
    error = refused(**{name: 1})

    assert (error.param, error.code) == (name, "unsupported_parameter")
    assert error.message == f"'{name}' is not supported by this server."


def test_no_field_is_both_served_and_refused() -> None:
    assert not NOT_SERVED & ChatRequest.model_fields.keys()


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"messages": MESSAGES, "temprature": 1}, "temprature", "unknown_parameter"),
        ({"temprature": 1}, "temprature", "unknown_parameter"),
        ({"messages": [{"role": "user", "content": "x", "nam": "y"}]}, "messages[0].nam", "unknown_parameter"),
        (
            {"messages": [{"role": "assistant", "content": "x", "refusal": "no"}]},
            "messages[0].refusal",
            "unsupported_parameter",
        ),
        (
            {"messages": MESSAGES, "chat_template_kwargs": {"tokenize": True}},
            "chat_template_kwargs.tokenize",
            "unsupported_parameter",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "y": 1}]}]},
            "messages[0].content[0].y",
            "unknown_parameter",
        ),
        (
            {"messages": MESSAGES, "stream": True, "stream_options": {"include_obfuscation": True}},
            "stream_options.include_obfuscation",
            "invalid_value",
        ),
    ],
    ids=str,
)
def test_an_unknown_field_is_named_by_its_path_even_beside_a_missing_one(
    body: dict[str, Any], param: str, code: str
) -> None:
    error = refusal(body)

    assert (error.param, error.code) == (param, code)
    assert f"'{param}'" in error.message


# --- fields that exclude or need each other --------------------------------------------------------------


def test_both_names_of_the_token_limit_at_once_are_refused() -> None:
    error = refused(max_tokens=5, max_completion_tokens=5)

    assert error.param == "max_tokens"
    assert "'max_completion_tokens'" in error.message


@pytest.mark.parametrize("stream", [{}, {"stream": False}, {"stream": None}], ids=str)
def test_stream_options_without_a_stream_are_refused(stream: dict[str, Any]) -> None:
    assert refused(stream_options={"include_usage": True}, **stream).param == "stream_options"


@pytest.mark.parametrize("logprobs", [{}, {"logprobs": False}, {"logprobs": None}], ids=str)
def test_alternatives_without_log_probabilities_are_refused(logprobs: dict[str, Any]) -> None:
    assert refused(top_logprobs=0, **logprobs).param == "top_logprobs"


# --- what a worker gets ----------------------------------------------------------------------------------


def test_what_is_not_given_is_as_the_protocol_has_it() -> None:
    assert parse().sampling(7) == Sampling(7)


def test_a_field_of_sampling_reaches_the_worker_under_its_name() -> None:
    given = {
        "temperature": 0.5, "top_p": 0.25, "top_k": 3, "min_p": 0.125, "xtc_probability": 0.75,
        "xtc_threshold": 0.375, "repetition_penalty": 1.5, "repetition_context_size": 4, "presence_penalty": 0.625,
        "presence_context_size": 6, "frequency_penalty": -0.5, "frequency_context_size": 7, "logprobs": True,
        "top_logprobs": 8, "min_tokens": 9, "ignore_eos": True,
    }  # fmt: skip
    lists = {"logit_bias": {"11": 2.5, "12": -100}, "stop_token_ids": [13, 14]}

    assert parse(**given, **lists, seed=-1).sampling(7) == Sampling(
        seed=2**64 - 1,
        logit_bias=(TokenBias(11, 2.5), TokenBias(12, -100)),
        stop_token_ids=(13, 14),
        **given,
    )
    assert given.keys() | lists.keys() | {"seed"} == {field.name for field in fields(Sampling)}


# --- what is no JSON object ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut short"),
        pytest.param(b"{'messages': []}", id="single quotes"),
        pytest.param(b'{"temperature": NaN}', id="NaN"),
        pytest.param(b'{"temperature": Infinity}', id="Infinity"),
        pytest.param(b'{"temperature": -Infinity}', id="-Infinity"),
        pytest.param(b'{"model": "\\ud83d"}', id="lone high surrogate"),
        pytest.param(b'{"model": "\\ude00"}', id="lone low surrogate"),
        pytest.param(b'{"\\ud83d": 1}', id="lone surrogate in a key"),
        pytest.param(b'{"model": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"model": "\xed\xa0\xbd"}', id="surrogate in UTF-8"),
        pytest.param(b'{"messages": ' + b"[" * 1000 + b"]" * 1000 + b"}", id="deep arrays"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="deep objects"),
        pytest.param(b"{} {}", id="two objects"),
        pytest.param("{}".encode("utf-16"), id="UTF-16"),
        pytest.param(b"[]", id="array"),
        pytest.param(b'"x"', id="string"),
        pytest.param(b"null", id="null"),
        pytest.param(b"1", id="number"),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    error = refusal(body)

    assert (error.status, error.param, error.code) == (400, None, "invalid_json")


def test_nesting_below_the_parsers_limit_is_refused_by_the_fields_name() -> None:
    body = b'{"messages": ' + b"[" * 150 + b"]" * 150 + b"}"

    assert refusal(body).param == "messages[0]"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(fields=st.dictionaries(st.sampled_from(sorted(ChatRequest.model_fields)) | st.text(), _JSON, max_size=4))
def test_any_json_is_a_request_or_an_invalid_request(fields: dict[str, Any]) -> None:
    body = json.dumps({"messages": MESSAGES} | fields).encode()

    try:
        request = parse_chat_request(body)
    except InvalidRequest as error:
        assert json.dumps(error.body())  # noqa: PT017 - both ends are right; each is checked
    else:
        assert request.token_limit >= 1


@given(body=st.binary())
def test_any_bytes_are_an_invalid_request(body: bytes) -> None:
    assert refusal(body).status == 400
