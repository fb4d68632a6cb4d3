"""What a chat completion says, whole and as a stream, with every parameter."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from mlx_llm_server.scripts.models import TEXTS

from .servers import Server, counted, text_of, user

SPELLED = TEXTS["spell"]
CURL = r"""
curl http://localhost:8080/v1/chat/completions -H "Content-Type: application/json" -H "Authorization: Bearer no-key" \
  -d '{"model": "gpt-3.5-turbo", "stop":["<|im_end|>"], "messages": [{"role": "user", "content": "Write a limerick about python exceptions"}]}'
"""  # noqa: E501 - word for word


def encode(model: Path, text: str) -> int:
    """Return the number of tokens of a text."""
    from transformers import AutoTokenizer  # noqa: PLC0415 - slow to import

    return len(AutoTokenizer.from_pretrained(model).encode(text))


def usage(prompt: int, completion: int) -> dict[str, Any]:
    """Return the usage of an answer without a thought."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def uncached(usage: dict[str, Any]) -> dict[str, Any]:
    """Return a usage as if nothing of the prompt had been known."""
    return {**usage, "prompt_tokens_details": {"cached_tokens": 0}}


def finish_of(chunks: list[dict[str, Any]]) -> list[str]:
    """Return all finish reasons of a stream."""
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return [choice["finish_reason"] for choice in choices if choice["finish_reason"] is not None]


# --- the documented call ---


def test_the_documented_curl_is_answered(counting: Server) -> None:
    command = CURL.replace("localhost:8080", f"localhost:{counting.port}")
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=60)
    answer = json.loads(done.stdout)
    assert answer["object"] == "chat.completion"
    assert answer["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": counted(1, 100), "refusal": None},
            "logprobs": None,
            "finish_reason": "length",
        }
    ]


def test_the_openai_client_gets_an_answer(counting: Server) -> None:
    with counting.openai() as client:
        answer = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "390"}])
    assert answer.choices[0].message.content == counted(391, 400)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "counting"


def test_the_openai_client_gets_a_stream(counting: Server) -> None:
    with (
        counting.openai() as client,
        client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": "390"}], stream=True
        ) as stream,
    ):
        chunks = [chunk.choices[0] for chunk in stream]
    assert chunks[0].delta.role == "assistant"
    assert "".join(chunk.delta.content or "" for chunk in chunks) == counted(391, 400)
    assert chunks[-1].finish_reason == "stop"


def test_the_openai_client_lists_the_model(counting: Server) -> None:
    with counting.openai() as client:
        assert [model.id for model in client.models.list()] == ["counting"]
        assert client.models.retrieve("counting").id == "counting"


# --- the shape of a stream ---


def test_a_stream_is_role_then_text_then_one_finish_reason_then_done(counting: Server) -> None:
    with counting.stream("396") as stream:
        assert stream.status == 200
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        chunks = stream.chunks()
    first, *texts, last = (chunk["choices"][0] for chunk in chunks)
    assert first["delta"] == {"role": "assistant", "content": ""}
    assert all(set(choice["delta"]) == {"content"} and choice["delta"]["content"] for choice in texts)
    assert last["delta"] == {}
    assert finish_of(chunks) == ["stop"]
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert chunks[0]["object"] == "chat.completion.chunk"
    assert all("usage" not in chunk for chunk in chunks)


def test_usage_comes_in_a_chunk_of_its_own_if_asked_for(counting: Server) -> None:
    with counting.stream("396", stream_options={"include_usage": True}) as stream:
        *chunks, last = stream.chunks()
    assert all(chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == []
    # Four numbers and the end of the turn.
    assert last["usage"] == usage(1, 5)


@pytest.mark.parametrize("content", ["7", "390", "say spell", "Hello, wörld! 日本語", "1 2 3\n4"])
def test_a_stream_says_what_the_whole_answer_says(counting: Server, content: str) -> None:
    whole = counting.ask(content)
    with counting.stream(content, stream_options={"include_usage": True}) as stream:
        chunks = stream.chunks()
    assert text_of(chunks) == whole["choices"][0]["message"]["content"]
    assert finish_of(chunks) == [whole["choices"][0]["finish_reason"]]
    assert uncached(chunks[-1]["usage"]) == uncached(whole["usage"])


# --- usage ---


@pytest.mark.parametrize(
    "messages",
    [
        user("Hello, wörld! 日本語"),
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What comes after 12?"},
            {"role": "assistant", "content": "13"},
            {"role": "user", "content": "And then?"},
        ],
    ],
)
def test_prompt_tokens_are_those_of_the_templated_prompt(
    nonsense: Server, nonsense_model: Path, messages: list[dict[str, Any]]
) -> None:
    turns = "".join(f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages)
    answer = nonsense.post({"messages": messages, "max_tokens": 3})
    assert answer.json["usage"]["prompt_tokens"] == encode(nonsense_model, turns + "<|im_start|>assistant\n")


def test_completion_tokens_hold_the_end_of_the_turn(counting: Server) -> None:
    assert counting.ask("395")["usage"] == usage(1, 6)


def test_completion_tokens_hold_those_of_a_stop_string(counting: Server) -> None:
    assert counting.ask("5", stop="9")["usage"]["completion_tokens"] == 4


# --- how long ---


def test_without_a_limit_an_answer_has_a_hundred_tokens(counting: Server) -> None:
    answer = counting.ask("7")
    assert answer["choices"][0]["message"]["content"] == counted(8, 107)
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 100


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_limit_holds_to_the_token(counting: Server, name: str) -> None:
    answer = counting.ask("7", **{name: 3})
    assert answer["choices"][0]["message"]["content"] == counted(8, 10)
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 3


def test_an_answer_ends_where_the_context_does(counting: Server) -> None:
    """The context holds 4096 tokens."""
    answer = counting.ask("1 " * 4094 + "1", max_tokens=50)
    assert uncached(answer["usage"]) == usage(4095, 1)
    assert answer["choices"][0]["finish_reason"] == "length"


# --- stop strings ---


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        ("9 1", "6 7 8 "),  # across a token border
        ("0", "6 7 8 9 1"),  # within a token
        ([" 12", " 9"], "6 7 8"),  # the first of several
        (["10 11 12 14", "11 12 13"], "6 7 8 9 10 "),  # one begins and comes to nothing
        ("6", ""),  # from the first character on
    ],
)
def test_a_stop_string_ends_the_text_before_it(counting: Server, stop: str | list[str], text: str) -> None:
    choice = counting.ask("5", stop=stop)["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (text, "stop")
    with counting.stream("5", stop=stop) as stream:
        chunks = stream.chunks()
    assert (text_of(chunks), finish_of(chunks)) == (text, ["stop"])


def test_a_stop_string_is_found_in_characters_that_tokens_cut(counting: Server) -> None:
    before, _, _ = SPELLED.partition("🚀")
    assert counting.text("say spell", stop="🚀") == before
    with counting.stream("say spell", stop="🚀") as stream:
        assert stream.text() == before


def test_what_only_began_like_a_stop_string_is_said(counting: Server) -> None:
    with counting.stream("395", stop="399 400 401") as stream:
        chunks = stream.chunks()
    assert (text_of(chunks), finish_of(chunks)) == (counted(396, 400), ["stop"])
    assert counting.text("395", max_tokens=4, stop="399 400") == counted(396, 399)


# --- characters ---


def test_a_character_that_tokens_cut_comes_whole(counting: Server) -> None:
    with counting.stream("say spell") as stream:
        chunks = stream.chunks()
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(pieces) == SPELLED
    assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces)


@pytest.mark.parametrize("limit", range(1, 26))
def test_a_limit_within_a_character_leaves_no_broken_one(counting: Server, limit: int) -> None:
    text = counting.text("say spell", max_tokens=limit)
    assert SPELLED.startswith(text)
    with counting.stream("say spell", max_tokens=limit) as stream:
        assert stream.text() == text


# --- sampling ---


def test_temperature_0_always_says_the_same(nonsense: Server) -> None:
    texts = {nonsense.text("Tell me", temperature=0, max_tokens=30, seed=seed) for seed in (1, 2, 3)}
    assert len(texts) == 1


def test_without_a_seed_answers_differ(nonsense: Server) -> None:
    assert len({nonsense.text("Tell me", max_tokens=30) for _ in range(3)}) == 3


@pytest.mark.parametrize("seed", [0, 7, -7, 2**63 - 1, -(2**63)])
def test_a_seed_says_the_same_again(nonsense: Server, seed: int) -> None:
    texts = {nonsense.text("Tell me", seed=seed, max_tokens=30) for _ in range(2)}
    assert len(texts) == 1
    assert nonsense.text("Tell me", seed=seed ^ 1, max_tokens=30) not in texts


def test_a_seed_says_the_same_amid_other_work(nonsense: Server) -> None:
    def tell(seed: int) -> str:
        return nonsense.text(f"Tell me {seed % 3}", seed=seed, max_tokens=40, top_p=0.9 if seed % 2 else 1)

    alone = [tell(seed) for seed in range(12)]
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(tell, range(12))) == alone


@pytest.mark.parametrize("top_p", [0, 1e-6])
def test_the_smallest_nucleus_is_greedy(nonsense: Server, top_p: float) -> None:
    greedy = nonsense.text("Tell me", temperature=0, max_tokens=30)
    assert nonsense.text("Tell me", top_p=top_p, max_tokens=30) == greedy


def test_top_p_changes_what_is_drawn(nonsense: Server) -> None:
    texts = {nonsense.text("Tell me", seed=1, top_p=top_p, max_tokens=30) for top_p in (1, 0.5, 0.1)}
    assert len(texts) == 3


def test_a_repetition_penalty_bans_what_was_said(counting: Server) -> None:
    """The second choice of the counting model is the number after the next."""
    assert counting.text("6 5", max_tokens=3) == "6 7 8"
    assert counting.text("6 5", max_tokens=3, repetition_penalty=10) == "7 8 9"


def test_a_repetition_penalty_looks_back_only_so_far(counting: Server) -> None:
    told = {"max_tokens": 3, "repetition_penalty": 10}
    assert counting.text("6 5", repetition_context_size=2, **told) == "7 8 9"
    assert counting.text("6 5", repetition_context_size=1, **told) == "6 7 8"
    assert counting.text("6 5", repetition_context_size=0, **told) == "6 7 8"


# --- every parameter, and log-probabilities ---

EVERYTHING = {
    "temperature": 1.2, "top_p": 0.95, "top_k": 200, "min_p": 0.001, "xtc_probability": 0.5, "xtc_threshold": 0.02,
    "repetition_penalty": 1.1, "presence_penalty": 0.5, "frequency_penalty": 0.5, "logit_bias": {"40": -100},
    "min_tokens": 20,
}  # fmt: skip


def test_a_seed_says_the_same_amid_others_of_other_settings(nonsense: Server) -> None:
    settings = [
        EVERYTHING,
        {"temperature": 0},
        {"temperature": 0, "presence_penalty": 2},
        {"top_k": 5, "frequency_penalty": 1, "frequency_context_size": 10},
        {"min_p": 0.05, "logprobs": True, "top_logprobs": 3},
        {"xtc_probability": 1, "xtc_threshold": 0.05, "repetition_penalty": 1.3},
    ]

    def tell(index: int) -> list[dict[str, Any]]:
        answer = nonsense.ask(f"Tell me {index % 3}", seed=index, max_tokens=40, **settings[index % len(settings)])
        return answer["choices"]

    alone = [tell(index) for index in range(12)]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(tell, range(12)))

    assert [choice["message"] for (choice,) in together] == [choice["message"] for (choice,) in alone]


def test_a_bias_forces_a_token_and_forbids_one(counting: Server, counting_model: Path) -> None:
    from transformers import AutoTokenizer  # noqa: PLC0415 - slow to import

    (nine,) = AutoTokenizer.from_pretrained(counting_model).encode(" 9")
    assert counting.text("5", max_tokens=3, temperature=0, logit_bias={str(nine): 100}) == "9 9 9"
    assert " 9" not in counting.text("7", max_tokens=3, temperature=0, logit_bias={str(nine): -100})
    assert counting.text("5", stop_token_ids=[nine]) == "6 7 8"


@pytest.mark.parametrize("field", [{"logit_bias": {"999999": 1}}, {"stop_token_ids": [999999]}], ids=str)
def test_a_token_that_the_model_has_not_is_refused_by_the_fields_name(
    counting: Server, field: dict[str, Any]
) -> None:
    answer = counting.post({"messages": user("5"), **field})
    assert answer.status == 400
    assert answer.error["param"] == next(iter(field))


def test_the_end_of_the_turn_may_be_ignored_or_put_off(counting: Server) -> None:
    answer = counting.ask("398", max_tokens=5, ignore_eos=True)
    assert answer["usage"]["completion_tokens"] == 5
    assert answer["choices"][0]["message"]["content"].startswith(counted(399, 400))
    assert "<|" not in answer["choices"][0]["message"]["content"]
    assert counting.ask("398", max_tokens=9, min_tokens=7)["usage"]["completion_tokens"] >= 7


def test_the_openai_client_gets_log_probabilities(counting: Server) -> None:
    with counting.openai() as client:
        answer = client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": "396"}], logprobs=True, top_logprobs=2
        )
        choice = answer.choices[0]
        assert choice.logprobs is not None
        tokens = choice.logprobs.content or []
        # The end of the turn is a token of the usage, and none of the text.
        assert [token.token for token in tokens] == [" 397", " 398", " 399", " 400"]
        assert all(bytes(token.bytes or ()).decode() == token.token for token in tokens)
        assert all(len(token.top_logprobs) == 2 for token in tokens)
        for token in tokens:
            best, second = token.top_logprobs
            assert (best.token, best.logprob) == (token.token, token.logprob)
            assert second.logprob < best.logprob <= 0
        with client.chat.completions.create(
            model="any",
            messages=[{"role": "user", "content": "396"}],
            logprobs=True,
            top_logprobs=2,
            temperature=0.01,
            stream=True,
        ) as stream:
            chunks = [chunk.choices[0] for chunk in stream]
    streamed = [token for chunk in chunks if chunk.logprobs for token in chunk.logprobs.content or []]
    assert streamed == tokens


def test_what_belongs_to_a_stop_string_or_to_half_a_character_has_its_log_probabilities_or_none(
    counting: Server,
) -> None:
    def tokens(content: str, **fields: Any) -> list[Any]:
        choice = counting.ask(content, logprobs=True, **fields)["choices"][0]
        whole = choice["logprobs"]["content"]
        with counting.stream(content, logprobs=True, **fields) as stream:
            chunks = [choice for chunk in stream.chunks() for choice in chunk["choices"]]
        streamed = [entry for chunk in chunks for entry in (chunk["logprobs"] or {"content": []})["content"]]
        assert streamed == whole
        return whole

    assert [entry["token"] for entry in tokens("5", stop="9 1")] == [" 6", " 7", " 8", " 9"]
    assert [entry["token"] for entry in tokens("5", stop=" 9 1")] == [" 6", " 7", " 8"]
    spelled = b"".join(bytes(entry["bytes"]) for entry in tokens("say spell"))
    assert spelled.decode().strip() == SPELLED.strip()


# --- messages ---


def test_text_parts_are_the_text(counting: Server) -> None:
    parts = [{"type": "text", "text": "count "}, {"type": "text", "text": "from 17"}]
    by_parts = counting.post({"messages": user(parts)}).json
    by_text = counting.ask("count from 17")
    assert by_parts["choices"] == by_text["choices"]
    assert uncached(by_parts["usage"]) == uncached(by_text["usage"])


def test_a_model_without_a_template_gets_the_default_roles(plain: Server, plain_model: Path) -> None:
    answer = plain.ask("count from 5", max_tokens=3)
    assert answer["choices"][0]["message"]["content"] == "1 2 3"
    assert answer["usage"]["prompt_tokens"] == encode(plain_model, "USER: count from 5\nASSISTANT:")


def test_role_mapping_makes_the_prompt(plain: Server, plain_model: Path) -> None:
    mapping = {"system_prompt": "Count.", "user": "# ", "assistant": "> 41", "stop": "\n\n"}
    answer = plain.ask("count from 5", max_tokens=3, role_mapping=mapping)
    assert answer["choices"][0]["message"]["content"] == "42 43 44"
    assert answer["usage"]["prompt_tokens"] == encode(plain_model, "Count.\n\n# count from 5\n\n> 41")


def test_role_mapping_is_refused_by_a_model_with_a_template(counting: Server) -> None:
    answer = counting.post({"messages": user("5"), "role_mapping": {"user": "# "}})
    assert answer.status == 400
    assert answer.error["param"] == "role_mapping"


def test_the_only_model_answers_to_any_name(counting: Server) -> None:
    assert counting.text("5", model="gpt-3.5-turbo", max_tokens=2) == "6 7"
    assert counting.text("5", max_tokens=2) == "6 7"
