"""Requests of random parameters, and what each answer owes to its request."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jsonschema
import pytest
from hypothesis import strategies as st

from .servers import Answer, Server

BIRD = {
    "type": "object",
    "properties": {"name": {"enum": ["owl", "tit"]}, "age": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
# Each with what tells whether a whole answer keeps it.
_GRAMMARS: dict[str, Any] = {
    "": {},
    "schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "bird", "schema": BIRD}}},
    "object": {"response_format": {"type": "json_object"}},
    "regex": {"structured_outputs": {"regex": "[a-f]{3,8}( [0-9]+)?"}},
    "choice": {"structured_outputs": {"choice": ["yes", "no", "a line\nand é"]}},
    "lark": {"structured_outputs": {"grammar": 'start: "a" "b"* "c"'}},
}
_TOOL = {"type": "function", "function": {"name": "get_bird", "parameters": BIRD, "strict": True}}
# Letters that many answers hold, words, and what no answer holds.
_STOPS = ["e", " th", "the", "ing of", '"', "}", "\n", "never said"]


@dataclass
class Asked:
    """A request.

    Attributes:
        path: Where it goes.
        grammar: What its answer is held to; empty for nothing.
        banned: Texts of tokens that must not come.
    """

    path: str
    fields: dict[str, Any]
    grammar: str = ""
    banned: list[str] = field(default_factory=list)

    @property
    def is_chat(self) -> bool:
        return self.path.endswith("/chat/completions")

    @property
    def stops(self) -> list[str]:
        return self.fields.get("stop") or []

    def send(self, server: Server, *, stream: bool) -> Reply:
        fields = dict(self.fields)
        if stream:
            fields |= {"stream": True, "stream_options": {"include_usage": True}}
        body = json.dumps(fields).encode()
        answer = server.send("POST", self.path, body, {"Content-Type": "application/json"})
        assert answer.status == 200, (self, answer.body)
        return _streamed(answer, self) if stream else _whole(answer, self)


@dataclass
class Choice:
    """An answer, alike for chats and completions; `entries` are (bytes or text, log-probability, top)."""

    text: str = ""
    finish: str | None = None
    thought: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    entries: list[tuple[Any, float | None, Any]] = field(default_factory=list)


@dataclass
class Reply:
    choices: list[Choice]
    usage: dict[str, Any]

    @property
    def said(self) -> list[tuple[Any, ...]]:
        """All that is equal in an equal answer."""
        return [(each.text, each.finish, each.thought, each.calls) for each in self.choices]


def _entries(asked: Asked, told: Any) -> list[tuple[Any, float | None, Any]]:
    if told is None:
        return []
    if asked.is_chat:
        return [
            (bytes(e["bytes"]), e["logprob"], [top["logprob"] for top in e["top_logprobs"]])
            for e in told["content"]
        ]
    tops = [None if top is None else [*top.values()] for top in told["top_logprobs"]]
    return list(zip(told["tokens"], told["token_logprobs"], tops, strict=True))


def _whole(answer: Answer, asked: Asked) -> Reply:
    choices = [
        Choice(
            each["message"]["content"] or "" if asked.is_chat else each["text"],
            each["finish_reason"],
            each.get("message", {}).get("reasoning_content") or "",
            [call["function"] for call in each.get("message", {}).get("tool_calls", ())],
            _entries(asked, each["logprobs"]),
        )
        for each in answer.json["choices"]
    ]
    assert [each["index"] for each in answer.json["choices"]] == list(range(len(choices)))
    return Reply(choices, answer.json["usage"])


def _streamed(answer: Answer, asked: Asked) -> Reply:
    events = [line for line in answer.body.decode().split("\n\n") if line and not line.startswith(":")]
    *chunks, usage = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    assert events[-1] == "data: [DONE]"
    assert usage["choices"] == []
    choices: dict[int, Choice] = {}
    for chunk in chunks:
        (each,) = chunk["choices"]
        choice = choices.setdefault(each["index"], Choice())
        assert choice.finish is None, "nothing comes behind the finish reason"
        choice.text += (each["delta"].get("content") or "") if asked.is_chat else each["text"]
        choice.thought += each.get("delta", {}).get("reasoning_content") or ""
        choice.calls += [call["function"] for call in each.get("delta", {}).get("tool_calls", ())]
        choice.entries += _entries(asked, each["logprobs"])
        choice.finish = each["finish_reason"]
    return Reply([choices[index] for index in sorted(choices)], usage["usage"])


# --- what is promised ------------------------------------------------------------------------------------


def check(asked: Asked, reply: Reply) -> None:
    """Fail with the first promise that is not kept."""
    fields, usage = asked.fields, reply.usage
    assert len(reply.choices) == fields["n"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] <= fields["n"] * fields["max_tokens"]
    assert usage["prompt_tokens_details"]["cached_tokens"] < usage["prompt_tokens"]
    for choice in reply.choices:
        assert choice.finish in {"stop", "length", "tool_calls"}
        _check_calls(asked, choice)
        said = choice.text.removeprefix(fields["prompt"]) if fields.get("echo") else choice.text
        assert not [stop for stop in asked.stops if stop in said]
        _check_logprobs(asked, choice)
        if asked.grammar and choice.finish == "stop" and not asked.stops:
            _check_grammar(asked, choice.text)
    if fields["n"] == 1:
        _check_counts(asked, reply.choices[0], usage)


def _check_counts(asked: Asked, choice: Choice, usage: dict[str, Any]) -> None:
    fields, count = asked.fields, usage["completion_tokens"]
    if (budget := fields.get("thinking_token_budget")) is not None:
        # The mark that ends it is counted, and a character that is begun is ended first.
        assert usage["completion_tokens_details"]["reasoning_tokens"] <= budget + 4
        if count > budget + 4:
            assert choice.thought or not budget
    if choice.finish == "length":
        assert count == fields["max_tokens"]
    if not asked.stops and not asked.grammar:
        assert count >= fields.get("min_tokens", 0)
        if fields.get("ignore_eos"):
            assert choice.finish == "length"
    if choice.entries and not asked.stops:
        ended = choice.finish == "stop"
        if fields.get("echo"):
            assert len(choice.entries) == usage["total_tokens"]
        elif "thinking_token_budget" in fields or "tools" in fields or fields.get("ignore_eos"):
            # Thoughts, calls, and an end that ends nothing are no text.
            assert len(choice.entries) <= count
        else:
            assert len(choice.entries) == count - ended


def _check_logprobs(asked: Asked, choice: Choice) -> None:
    for place, (token, logprob, top) in enumerate(choice.entries):
        if asked.fields.get("echo") and place == 0:
            assert logprob is top is None
            continue
        assert logprob is not None
        assert logprob <= 0
        assert sum(map(math.exp, top)) <= 1 + 1e-3
        text = token.decode(errors="replace") if isinstance(token, bytes) else token
        assert text not in asked.banned
    # An end of the turn that ends nothing has an entry and no text.
    if asked.is_chat and choice.entries and not asked.fields.get("ignore_eos"):
        said = b"".join(token for token, _, _ in choice.entries).decode(errors="replace")
        # The first token's blank is none of a chat's text, and a character that the end has cut is left out.
        assert said.lstrip(" ").startswith(choice.text.lstrip(" ").rstrip("\ufffd"))


def _check_calls(asked: Asked, choice: Choice) -> None:
    assert (choice.finish == "tool_calls") <= bool(choice.calls)
    for call in choice.calls:
        assert call["name"] == "get_bird"
        jsonschema.validate(json.loads(call["arguments"]), BIRD)
    # One that is cut is text, in which a stop string may be found.
    cut = choice.finish == "length" or (asked.stops and choice.finish == "stop")
    if asked.fields.get("tool_choice") in ("required", _NAMED) and not cut:
        assert choice.calls
        assert not choice.text.strip()
    if asked.fields.get("parallel_tool_calls") is False:
        assert len(choice.calls) <= 1


def _check_grammar(asked: Asked, text: str) -> None:
    match asked.grammar:
        case "schema":
            jsonschema.validate(json.loads(text), BIRD)
        case "object":
            assert isinstance(json.loads(text), dict)
        case "regex":
            assert re.fullmatch(asked.fields["structured_outputs"]["regex"], text)
        case "choice":
            assert text in asked.fields["structured_outputs"]["choice"]
        case "lark":
            assert re.fullmatch("ab*c", text)


def nudged(asked: Asked) -> Iterator[Asked]:
    """Yield the request with one number moved by 1e-6 or 1e-5 of itself.

    In other company sums have another order: log-probabilities differ by up to 5e-5, and once in a million tokens
    or so that decides (none of 400,000 in one run). Such an answer is one that the request, moved as little, has.
    """
    usual = {"repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
    for by in (1e-6, -1e-6, 1e-5, -1e-5):
        for name in (*usual, "temperature", "top_p", "min_p"):
            value = asked.fields.get(name, usual.get(name))
            if value is not None:
                moved = value * (1 + by) if value else by
                if (name in usual or value) and not (name == "top_p" and moved > 1):
                    yield replace(asked, fields={**asked.fields, name: moved})


def is_tie(asked: Asked, reply: Reply, server: Server) -> bool:
    """Tell whether another answer than that alone is one of two that the last bits decide between."""
    return any(each.send(server, stream=False).said == reply.said for each in nudged(asked))


def same(one: Reply, other: Reply) -> None:
    """Fail unless two answers to a request are the same; sums of another order may differ in the last bits."""
    assert one.said == other.said
    for a, b in zip(one.choices, other.choices, strict=True):
        assert [token for token, _, _ in a.entries] == [token for token, _, _ in b.entries]
        values = [[lp for _, lp, _ in each.entries if lp is not None] for each in (a, b)]
        assert values[0] == pytest.approx(values[1], abs=1e-3)
    for key in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert one.usage[key] == other.usage[key]


# --- requests --------------------------------------------------------------------------------------------


def _maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return any of these fields, or none."""
    return st.fixed_dictionaries({}, optional=fields)


_SAMPLING = _maybe(
    top_p=st.sampled_from([0, 0.5, 0.9]),
    top_k=st.sampled_from([1, 5, 50]),
    min_p=st.sampled_from([0.01, 0.3]),
    xtc_probability=st.sampled_from([0.5, 1]),
    repetition_penalty=st.sampled_from([0.7, 1.3]),
    presence_penalty=st.sampled_from([-1, 1.5]),
    frequency_penalty=st.sampled_from([-0.5, 2]),
    frequency_context_size=st.integers(0, 8),
)
_NAMED = {"type": "function", "function": {"name": "get_bird"}}
_TOOLS = st.fixed_dictionaries(
    {"tools": st.just([_TOOL]), "tool_choice": st.sampled_from(["auto", "required", _NAMED])},
    optional={"parallel_tool_calls": st.just(False)},
)
_PROMPTS = st.sampled_from(["hello", "of the people and the sea", "a word " * 30, "é"])


@st.composite
def requests(draw: st.DrawFn, words: Sequence[tuple[int, str]], *, thinker: bool = False) -> Asked:
    """Return any request that a server of plain text, or one that also thinks and calls tools, must answer.

    Some forbid tokens, of these and their texts.
    """
    chat = draw(st.booleans())
    most = draw(st.integers(1, 24))
    fields: dict[str, Any] = {
        "seed": draw(st.integers(0, 9)),
        "temperature": draw(st.sampled_from([0, 0.6, 1, 1.7])),
        "max_tokens": most,
        "n": draw(st.sampled_from([1, 1, 2, 3])),
        **draw(_SAMPLING),
        **draw(_maybe(min_tokens=st.integers(0, most), ignore_eos=st.booleans())),
    }
    if draw(st.booleans()):
        fields["stop"] = draw(st.lists(st.sampled_from(_STOPS), min_size=1, max_size=3, unique=True))
    banned = draw(st.lists(st.sampled_from(words), max_size=3, unique=True))
    if banned:
        fields["logit_bias"] = {str(token): -100 for token, _ in banned}
    texts = [text for _, text in banned]
    if not chat:
        fields["prompt"] = draw(_PROMPTS)
        fields |= draw(_maybe(echo=st.booleans(), logprobs=st.integers(0, 5)))
        return Asked("/v1/completions", fields, banned=[] if fields.get("echo") else texts)
    grammar = draw(st.sampled_from(sorted(_GRAMMARS)))
    fields |= {"messages": [{"role": "user", "content": draw(_PROMPTS)}], **_GRAMMARS[grammar]}
    if draw(st.booleans()):
        fields |= {"logprobs": True, "top_logprobs": draw(st.integers(0, 20))}
    if thinker and draw(st.booleans()):
        fields["messages"] += [{"role": "assistant", "content": "<think>"}]
        fields |= {"continue_final_message": True, "thinking_token_budget": draw(st.integers(0, 12))}
    if thinker and not grammar and draw(st.booleans()):
        fields |= draw(_TOOLS)
        fields["max_tokens"] += 40
        grammar = "calls"
    # A grammar has the last word: what alone may come does come.
    return Asked("/v1/chat/completions", fields, grammar, [] if grammar else texts)
