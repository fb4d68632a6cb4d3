"""Completions of raw prompts, and prompts without an answer, with the openai client and over HTTP."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from mlx_llm_server.scripts.models import TEXTS

from .servers import Answer, Server, counted, user


def post(server: Server, path: str, **fields: Any) -> Answer:
    return server.send("POST", path, json.dumps(fields).encode(), {"Content-Type": "application/json"})


def tokens_of(server: Server, text: str) -> list[int]:
    return post(server, "/tokenize", prompt=text).json["tokens"]


def test_a_prompt_is_gone_on_with_as_it_is(counting: Server) -> None:
    with counting.openai() as client:
        answer = client.completions.create(model="any", prompt="1 2 3 4 5", max_tokens=3)

    assert answer.object == "text_completion"
    assert answer.choices[0].text == " 6 7 8"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == len(tokens_of(counting, "1 2 3 4 5"))
    assert answer.usage.completion_tokens == 3


def test_ids_are_the_same_as_their_text_and_a_list_has_an_answer_to_each(counting: Server) -> None:
    five, ninety = tokens_of(counting, "5"), tokens_of(counting, "90")
    with counting.openai() as client:
        as_text = client.completions.create(model="any", prompt=["5", "90"], n=2, max_tokens=3)
        as_ids = client.completions.create(model="any", prompt=[five, ninety], n=2, max_tokens=3)
        one = client.completions.create(model="any", prompt=five, max_tokens=3)

    assert [choice.text for choice in as_text.choices] == [" 6 7 8", " 6 7 8", " 91 92 93", " 91 92 93"]
    assert [choice.index for choice in as_ids.choices] == [0, 1, 2, 3]
    assert [choice.text for choice in as_ids.choices] == [choice.text for choice in as_text.choices]
    assert as_ids.usage == as_text.usage
    assert as_text.usage is not None
    assert as_text.usage.prompt_tokens == len(five) + len(ninety)
    assert one.choices[0].text == as_text.choices[0].text


@pytest.mark.parametrize("as_ids", [False, True], ids=["text", "ids"])
def test_an_echo_is_the_prompt_before_the_text_whole_and_streamed(counting: Server, as_ids: bool) -> None:
    prompt: Any = tokens_of(counting, "3 4 5") if as_ids else "3 4 5"
    fields: dict[str, Any] = {"model": "any", "prompt": prompt, "echo": True, "max_tokens": 3, "n": 2}
    with counting.openai() as client:
        whole = client.completions.create(**fields)
        texts = ["", ""]
        for chunk in client.completions.create(**fields, stream=True):
            for choice in chunk.choices:
                texts[choice.index] += choice.text

    assert texts == [choice.text for choice in whole.choices]
    assert texts == ["3 4 5 6 7 8"] * 2


def test_log_probabilities_are_of_the_tokens_where_they_stand(nonsense: Server) -> None:
    with nonsense.openai() as client:
        choice = client.completions.create(
            model="any", prompt="hello", logprobs=2, max_tokens=8, seed=3, stop=None
        ).choices[0]

    told = choice.logprobs
    assert told is not None
    assert told.tokens is not None
    assert told.token_logprobs is not None
    assert told.top_logprobs is not None
    assert told.text_offset is not None
    assert len(told.tokens) == len(told.token_logprobs) == len(told.top_logprobs) == len(told.text_offset)
    for token, logprob, top in zip(told.tokens, told.token_logprobs, told.top_logprobs, strict=True):
        assert top[token] == logprob
        assert 2 <= len(top) <= 3
    for token, offset in zip(told.tokens, told.text_offset, strict=True):
        if "\ufffd" not in token:
            assert choice.text[offset:].startswith(token)


def test_a_prompt_is_scored_as_evaluation_harnesses_ask_for_it(nonsense: Server) -> None:
    asked = tokens_of(nonsense, "of the people and the sea")
    fields: dict[str, Any] = {"model": "any", "echo": True, "logprobs": 1, "temperature": 0}
    both: Any
    last: Any
    with nonsense.openai() as client:
        both = client.completions.create(prompt=[asked, asked[:3]], max_tokens=1, **fields)
        none = client.completions.create(prompt=asked, max_tokens=0, **fields)
        pieces = list(client.completions.create(prompt=asked, max_tokens=1, stream=True, **fields))
        # A bias makes it come, and is not in its log-probability.
        last = client.completions.create(
            model="any", prompt=asked[:-1], max_tokens=1, logprobs=1, logit_bias={str(asked[-1]): 100}
        )

    told, short = (choice.logprobs for choice in both.choices)
    assert told.token_logprobs[0] is told.top_logprobs[0] is None
    assert len(told.tokens) == len(told.text_offset) == len(asked) + 1
    assert len(short.tokens) == 3 + 1
    for token, offset in zip(told.tokens[:-1], told.text_offset[:-1], strict=True):
        assert both.choices[0].text[offset:].startswith(token)
    for token, logprob, top in list(zip(told.tokens, told.token_logprobs, told.top_logprobs, strict=True))[1:]:
        assert logprob == top[token] <= max(top.values()) <= 0
    assert told.token_logprobs[1:3] == pytest.approx(short.token_logprobs[1:3], abs=1e-3)
    assert last.choices[0].logprobs.token_logprobs == pytest.approx(told.token_logprobs[-2:-1], abs=1e-3)

    (alone,) = none.choices
    assert (alone.text, alone.finish_reason) == ("of the people and the sea", "length")
    assert alone.logprobs.token_logprobs[1:] == pytest.approx(told.token_logprobs[1:-1], abs=1e-3)
    assert (none.usage.prompt_tokens, none.usage.completion_tokens) == (len(asked), 0)
    assert "".join(piece.choices[0].text for piece in pieces) == both.choices[0].text
    columns: list[Any] = [piece.choices[0].logprobs for piece in pieces]
    assert [token for each in columns if each for token in each.tokens] == told.tokens


def test_the_best_of_several_answers_are_given(nonsense: Server) -> None:
    fields: dict[str, Any] = {"prompt": ["hello", "of the"], "seed": 3, "max_tokens": 6, "ignore_eos": True}
    every = post(nonsense, "/v1/completions", **fields, n=5, logprobs=0).json
    best = post(nonsense, "/v1/completions", **fields, n=2, best_of=5).json

    expected = []
    for prompt in (every["choices"][:5], every["choices"][5:]):
        prompt.sort(key=lambda choice: sum(choice["logprobs"]["token_logprobs"]), reverse=True)
        expected += [choice["text"] for choice in prompt[:2]]
    assert [choice["text"] for choice in best["choices"]] == expected
    assert [choice["index"] for choice in best["choices"]] == [0, 1, 2, 3]
    assert best["choices"][0]["logprobs"] is None
    assert best["usage"]["completion_tokens"] == every["usage"]["completion_tokens"] == 2 * 5 * 6
    assert best["usage"]["prompt_tokens"] == every["usage"]["prompt_tokens"]


def test_an_echo_alone_generates_nothing_if_nothing_is_wanted(counting: Server) -> None:
    answer = post(counting, "/v1/completions", prompt=["1 2", "3"], echo=True, max_tokens=0).json
    assert [choice["text"] for choice in answer["choices"]] == ["1 2", "3"]
    assert answer["usage"]["completion_tokens"] == 0


def test_the_end_of_a_turn_has_an_entry_where_the_prompt_has(counting: Server) -> None:
    answer = post(counting, "/v1/completions", prompt="400", echo=True, logprobs=0, max_tokens=1).json
    (choice,) = answer["choices"]
    assert (choice["text"], choice["finish_reason"]) == ("400", "stop")
    assert len(choice["logprobs"]["tokens"]) == answer["usage"]["total_tokens"]


def test_a_stream_of_completions_has_the_usage_last(counting: Server) -> None:
    with counting.openai() as client:
        *chunks, last = client.completions.create(
            model="any", prompt="396", stream=True, stream_options={"include_usage": True}
        )

    assert "".join(chunk.choices[0].text for chunk in chunks) == " " + counted(397, 400)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.total_tokens == last.usage.prompt_tokens + 5


def test_a_stop_string_ends_a_completion(counting: Server) -> None:
    with counting.openai() as client:
        choice = client.completions.create(model="any", prompt="5", stop=" 8").choices[0]
    assert (choice.text, choice.finish_reason) == (" 6 7", "stop")


def test_nothing_is_looked_for_in_a_completion(counting: Server) -> None:
    """What a template would make of the prompt, and a thought of the answer, a completion leaves alone."""
    prompt = post(counting, "/v1/chat/completions/render", messages=user("say spell")).json["prompt"]
    completion = post(counting, "/v1/completions", prompt=prompt, max_tokens=200).json
    assert completion["choices"][0]["text"] == TEXTS["spell"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": "x", "suffix": "y"}, "suffix"),
        ({"prompt": "x", "best_of": 3, "n": 4}, "best_of"),
        ({"prompt": [10**6]}, "prompt"),
        ({"prompt": "1 " * 5000}, "prompt"),
        ({}, "prompt"),
    ],
    ids=str,
)
def test_what_can_not_be_is_refused_by_its_name(counting: Server, fields: dict[str, Any], param: str) -> None:
    with counting.openai() as client, pytest.raises(openai.BadRequestError) as raised:
        client.post("/completions", body=fields, cast_to=object)
    assert raised.value.param == param


# --- prompts without an answer ---


def test_tokens_and_text_are_each_others(nonsense: Server) -> None:
    text = "Hello, wörld! 日本語"
    told = post(nonsense, "/tokenize", prompt=text, return_token_strs=True).json

    assert told["count"] == len(told["tokens"]) == len(told["token_strs"])
    assert told["max_model_len"] == nonsense.get("/v1/models").json["data"][0]["context_length"]
    assert post(nonsense, "/detokenize", tokens=told["tokens"]).json == {"prompt": text}
    assert post(nonsense, "/detokenize", tokens=[]).json == {"prompt": ""}


def test_a_rendered_prompt_is_what_a_chat_is_answered_to(nonsense: Server) -> None:
    chat = {"messages": user("Tell me")}
    rendered = post(nonsense, "/v1/chat/completions/render", **chat).json
    answer = nonsense.post({**chat, "max_tokens": 6, "seed": 1}).json
    raw = post(nonsense, "/v1/completions", prompt=rendered["prompt_token_ids"], max_tokens=6, seed=1).json

    assert rendered["prompt"] == "<|im_start|>user\nTell me<|im_end|>\n<|im_start|>assistant\n"
    assert rendered["prompt_tokens"] == len(rendered["prompt_token_ids"]) == answer["usage"]["prompt_tokens"]
    # A chat's answer begins a text, so it has no blank there.
    assert raw["choices"][0]["text"].removeprefix(" ") == answer["choices"][0]["message"]["content"]
    assert post(nonsense, "/tokenize", **chat).json["tokens"] == rendered["prompt_token_ids"]


def test_without_a_generation_prompt_the_last_turn_ends(nonsense: Server) -> None:
    told = post(nonsense, "/v1/chat/completions/render", messages=user("x"), add_generation_prompt=False).json
    assert told["prompt"] == "<|im_start|>user\nx<|im_end|>\n"


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        ("/tokenize", {}, "prompt"),
        ("/tokenize", {"prompt": "x", "messages": user("x")}, "prompt"),
        ("/tokenize", {"messages": []}, "messages"),
        ("/detokenize", {"tokens": [-1]}, "tokens[0]"),
        ("/detokenize", {"tokens": [10**6]}, "prompt"),
        ("/v1/chat/completions/render", {"messages": user("x"), "temperature": 1}, "temperature"),
        (
            "/v1/chat/completions/render",
            {"messages": user("x"), "chat_template_kwargs": {"colour": "red"}},
            "chat_template_kwargs.colour",
        ),
        ("/v1/chat/completions/render", {"messages": user("x"), "reasoning_effort": "low"}, "reasoning_effort"),
        (
            "/v1/chat/completions/render",
            {"messages": user("x"), "continue_final_message": True},
            "continue_final_message",
        ),
    ],
    ids=str,
)
def test_a_prompt_that_can_not_be_made_is_refused_by_name(
    nonsense: Server, path: str, fields: dict[str, Any], param: str
) -> None:
    answer = post(nonsense, path, **fields)
    assert answer.status == 400
    assert answer.error["param"] == param


# --- what the server says of itself ---


def test_a_model_tells_what_it_can(nonsense: Server, plain: Server) -> None:
    templated, joined = (server.get("/v1/models").json["data"][0] for server in (nonsense, plain))

    assert templated["abilities"] == {
        "chat_template": True,
        "tools": False,
        "thinking": False,
        "thinking_choice": False,
        "infilling": False,
    }
    fields = templated["supported_parameters"]["/v1/chat/completions"]
    assert {"messages", "n", "seed", "logprobs"} <= {*fields}
    assert not {"tools", "role_mapping", "reasoning_effort", "user"} & {*fields}
    assert joined["abilities"]["chat_template"] is False
    assert "role_mapping" in joined["supported_parameters"]["/v1/chat/completions"]


def test_the_description_is_there_for_programs_and_people(counting: Server) -> None:
    document = counting.get("/openapi.json").json
    page = counting.get("/docs")

    assert document["openapi"].startswith("3.1")
    assert "ChatRequest" in document["components"]["schemas"]
    assert page.headers["Content-Type"].startswith("text/html")
    text = page.body.decode()
    assert all(path in text for path in document["paths"])
    assert "http://" not in text.replace("https://", "http://")
    assert "<script" not in text
