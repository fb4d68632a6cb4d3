"""Bad input is refused with a clear 4xx that names what is wrong, and disturbs nothing else."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from .servers import PATIENCE, House, Server, counted, user

MEGABYTE = 1024 * 1024
HELLO = user("5")


class Bad(NamedTuple):
    """A bad request, and what it is answered with."""

    body: Any
    param: str | None = None
    code: str | None = None
    status: int = 400
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed


def wrong(param: str, **fields: Any) -> Bad:
    """Return a request that is good but for these fields."""
    return Bad({"messages": HELLO, **fields}, param)


def message(**fields: Any) -> dict[str, Any]:
    return {"messages": [fields]}


def raw(text: str) -> bytes:
    """Return a body with a field as it is on the wire."""
    return b'{"messages":[{"role":"user","content":"5"}],%s}' % text.encode()


ADD = {"type": "function", "function": {"name": "add"}}
UNSUPPORTED = {
    "functions": [],
    "web_search_options": {},
}
TABLE = {
    # not JSON
    "broken": Bad(b'{"messages": [', None, "invalid_json"),
    "nothing": Bad(b"", None, "invalid_json"),
    "an array": Bad(b"[]", None, "invalid_json"),
    "a string": Bad(b'"messages"', None, "invalid_json"),
    "null": Bad(b"null", None, "invalid_json"),
    "no UTF-8": Bad(b'{"messages": "\xff\xfe"}', None, "invalid_json"),
    "UTF-16": Bad(json.dumps({"messages": HELLO}).encode("utf-16"), None, "invalid_json"),
    "two values": Bad(b"{} {}", None, "invalid_json"),
    "NaN": Bad(raw('"temperature":NaN'), None, "invalid_json"),
    "Infinity": Bad(raw('"temperature":-Infinity'), None, "invalid_json"),
    "a lone surrogate": Bad(b'{"messages":[{"role":"user","content":"\\ud800"}]}', None, "invalid_json"),
    "a lone surrogate as bytes": Bad(
        b'{"messages":[{"role":"user","content":"\xed\xa0\x80"}]}', None, "invalid_json"
    ),
    "a control character": Bad(b'{"messages":[{"role":"user","content":"\x00"}]}', None, "invalid_json"),
    "10,000 arrays deep": Bad(b"[" * 10_000 + b"]" * 10_000, None, "invalid_json"),
    "10,000 objects deep": Bad(raw('"stop":' + '{"a":' * 10_000 + "1" + "}" * 10_000), None, "invalid_json"),
    "100,000 open arrays": Bad(b"[" * 100_000, None, "invalid_json"),
    # messages
    "no messages": Bad({}, "messages", "missing_required_parameter"),
    "messages null": Bad({"messages": None}, "messages"),
    "messages empty": Bad({"messages": []}, "messages"),
    "messages a string": Bad({"messages": "hi"}, "messages"),
    "messages an object": Bad({"messages": {"role": "user", "content": "5"}}, "messages"),
    "a message a number": Bad({"messages": [1]}, "messages[0]"),
    "a message empty": Bad({"messages": [{}]}, "messages[0].role"),
    "no role": Bad(message(content="5"), "messages[0].role"),
    "a wrong role": Bad(message(role="robot", content="5"), "messages[0].role"),
    "a role of a wrong type": Bad(message(role=5, content="5"), "messages[0].role"),
    "no content": Bad(message(role="user"), "messages[0].content"),
    "content a number": Bad(message(role="user", content=5), "messages[0].content"),
    "content null": Bad(message(role="user", content=None), "messages[0].content"),
    "content without parts": Bad(message(role="user", content=[]), "messages[0].content"),
    "a part a number": Bad(message(role="user", content=[5]), "messages[0].content[0]"),
    "a part without text": Bad(message(role="user", content=[{"type": "text"}]), "messages[0].content[0].text"),
    "an image": Bad(
        message(role="user", content=[{"type": "image_url", "image_url": {"url": "http://x/"}}]),
        "messages[0].content[0].type",
    ),
    "an unknown field of a message": Bad(
        message(role="user", content="5", mood="good"), "messages[0].mood", "unknown_parameter"
    ),
    "the second message": Bad({"messages": [*HELLO, {"role": "user"}]}, "messages[1].content"),
    # numbers
    "max_tokens 0": wrong("max_tokens", max_tokens=0),
    "max_tokens negative": wrong("max_tokens", max_tokens=-1),
    "max_tokens huge": wrong("max_tokens", max_tokens=10**30),
    "max_tokens a fraction": wrong("max_tokens", max_tokens=1.5),
    "max_tokens a string": wrong("max_tokens", max_tokens="5"),
    "max_tokens a boolean": wrong("max_tokens", max_tokens=True),
    "max_completion_tokens 0": wrong("max_completion_tokens", max_completion_tokens=0),
    "two limits": wrong("max_tokens", max_tokens=1, max_completion_tokens=1),
    "temperature negative": wrong("temperature", temperature=-0.1),
    "temperature high": wrong("temperature", temperature=2.1),
    "temperature huge": wrong("temperature", temperature=1e300),
    "temperature beyond floats": Bad(raw('"temperature":1e999'), "temperature"),
    "temperature a string": wrong("temperature", temperature="1"),
    "top_p negative": wrong("top_p", top_p=-0.1),
    "top_p high": wrong("top_p", top_p=1.1),
    "repetition_penalty 0": wrong("repetition_penalty", repetition_penalty=0),
    "repetition_penalty negative": wrong("repetition_penalty", repetition_penalty=-1),
    "repetition_penalty huge": wrong("repetition_penalty", repetition_penalty=1e9),
    "repetition_context_size negative": wrong("repetition_context_size", repetition_context_size=-1),
    "repetition_context_size huge": wrong("repetition_context_size", repetition_context_size=10**12),
    "seed huge": wrong("seed", seed=2**64),
    "seed a fraction": wrong("seed", seed=1.5),
    "a number of 5,000 digits": Bad(raw(f'"seed":{"9" * 5000}'), None, "invalid_json"),
    # other fields
    "n 0": wrong("n", n=0),
    "n huge": wrong("n", n=17),
    "store": wrong("store", store=True),
    "a service tier": wrong("service_tier", service_tier="priority"),
    "a reasoning effort to a model without": wrong("reasoning_effort", reasoning_effort="low"),
    "nothing to go on with": wrong("continue_final_message", continue_final_message=True),
    "stop a number": wrong("stop", stop=5),
    "stop empty": wrong("stop", stop=""),
    "stop with an empty one": wrong("stop[1]", stop=["a", ""]),
    "stop with a number": wrong("stop[0]", stop=[5]),
    "stop too many": wrong("stop", stop=["a"] * 100),
    "stream a string": wrong("stream", stream="yes"),
    "stream_options a number": wrong("stream_options", stream=True, stream_options=5),
    "stream_options without a stream": wrong("stream_options", stream_options={"include_usage": True}),
    "stream_options unknown": wrong("stream_options.x", stream=True, stream_options={"x": 1}),
    "model a number": wrong("model", model=5),
    "model empty": wrong("model", model=""),
    "role_mapping a string": wrong("role_mapping", role_mapping="USER"),
    "role_mapping with a number": wrong("role_mapping.user", role_mapping={"user": 5}),
    "role_mapping of an unknown role": wrong("role_mapping.robot", role_mapping={"robot": "R"}),
    "an unknown field": wrong("colour", colour="red"),
    **{f"{name}, not supported yet": wrong(name, **{name: value}) for name, value in UNSUPPORTED.items()},
    # tools; the model has none
    "tools to a model without": wrong("tools", tools=[ADD]),
    "tools empty": wrong("tools", tools=[]),
    "a tool of an unknown type": wrong("tools[0].type", tools=[{**ADD, "type": "retrieval"}]),
    "a choice of an unknown tool": wrong(
        "tool_choice.function.name", tools=[ADD], tool_choice={"type": "function", "function": {"name": "sub"}}
    ),
    "a choice without tools": wrong("tool_choice", tool_choice="auto"),
    "a choice that is required": wrong("tools", tools=[ADD], tool_choice="required"),
    "one call at a time": wrong("parallel_tool_calls", parallel_tool_calls=False),
    # grammars
    "a schema with what can't be kept": wrong(
        "response_format.json_schema.schema.properties.x.not",
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": {"properties": {"x": {"not": {}}}}},
        },
    ),
    "no regular expression": wrong("structured_outputs.regex", structured_outputs={"regex": "(a"}),
    "no grammar": wrong("structured_outputs.grammar", structured_outputs={"grammar": "begin: x"}),
    "two grammars": wrong("structured_outputs", structured_outputs={"regex": "a", "choice": ["b"]}),
    "calls to a model without tools": Bad(
        {
            "messages": [
                *HELLO,
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
                    ],
                },
            ]
        },
        "messages",
    ),
    "a tool's answer to nothing": Bad(
        {"messages": [*HELLO, {"role": "tool", "tool_call_id": "1", "content": "5"}]}, "messages[1].tool_call_id"
    ),
    "thinking to a model without": wrong(
        "chat_template_kwargs.enable_thinking", chat_template_kwargs={"enable_thinking": True}
    ),
    "another option of the template": wrong("chat_template_kwargs.x", chat_template_kwargs={"x": True}),
    # too much for the model
    "a prompt too long": Bad({"messages": user("1 " * 5000)}, "messages", "context_length_exceeded"),
    "a prompt too long, streamed": Bad(
        {"messages": user("1 " * 5000), "stream": True}, "messages", "context_length_exceeded"
    ),
    # headers
    "a foreign Host": Bad({"messages": HELLO}, None, "host_not_allowed", 403, {"Host": "evil.example"}),
    "a foreign Origin": Bad(
        {"messages": HELLO}, None, "origin_not_allowed", 403, {"Origin": "https://evil.example"}
    ),
    "text/plain": Bad({"messages": HELLO}, None, "unsupported_media_type", 415, {"Content-Type": "text/plain"}),
}


@pytest.mark.parametrize("bad", TABLE.values(), ids=TABLE.keys())
def test_bad_input_is_refused_by_name(counting: Server, bad: Bad) -> None:
    answer = counting.post(bad.body, bad.headers)
    assert answer.status == bad.status
    error = answer.error
    assert error["type"] == "invalid_request_error"
    named = error["param"]
    assert named == bad.param or (bad.param and named and named.startswith(bad.param))
    if bad.code is not None:
        assert error["code"] == bad.code
    if bad.param is not None:
        assert bad.param.rpartition(".")[2].partition("[")[0] in error["message"]
    # A stream is refused as plainly, before it begins.
    assert answer.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_supported_yet_says_so(counting: Server, name: str) -> None:
    error = counting.post({"messages": HELLO, name: UNSUPPORTED[name]}).error
    assert (error["param"], error["code"]) == (name, "unsupported_parameter")


def test_what_openai_does_not_know_is_unknown(counting: Server) -> None:
    error = counting.post({"messages": HELLO, "colour": "red"}).error
    assert (error["param"], error["code"]) == ("colour", "unknown_parameter")


def test_a_prompt_too_long_is_counted_in_tokens(counting: Server) -> None:
    error = counting.post({"messages": user("1 " * 5000)}).error
    assert "4096" in error["message"]
    # "1", then " 1" 4999 times: the template takes the last blank away.
    assert "5000" in error["message"]


def _hundred_megabytes() -> Iterator[bytes]:
    yield b'{"messages":[{"role":"user","content":"'
    for _ in range(100):
        yield b"x" * MEGABYTE
    yield b'"}]}'


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "Content-Length"])
def test_a_body_of_100_megabytes_is_refused_and_not_kept(counting: Server, chunked: bool) -> None:
    before = psutil.Process(counting.pid).memory_info().rss
    headers = {"Content-Type": "application/json"}
    headers |= {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(100 * MEGABYTE + 43)}
    answer = counting.send("POST", "/v1/chat/completions", _hundred_megabytes(), headers)
    assert answer.status == 413
    assert answer.error["code"] == "payload_too_large"
    assert psutil.Process(counting.pid).memory_info().rss < before + 40 * MEGABYTE


def test_a_body_that_is_announced_too_large_is_refused_unread(counting: Server) -> None:
    with socket.create_connection(("127.0.0.1", counting.port), timeout=PATIENCE) as client:
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999999\r\n\r\n"
        )
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "payload_too_large"' in answer
    assert counting.get("/health").status == 200


def test_a_body_without_an_announced_end_loses_its_connection_at_a_limit(counting: Server) -> None:
    chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    with socket.create_connection(("127.0.0.1", counting.port), timeout=PATIENCE) as client:
        client.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                client.sendall(chunk)
    assert counting.get("/health").status == 200


POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
NO_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "half a line": b"GET\r\n\r\n",
    "version": b"GET / HTTP/9.9\r\n\r\n",
    "header": b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 200_000 + b"\r\n\r\n",
    "negative length": POST + b"Content-Length: -5\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n\r\n",
    "two hosts": b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
}


@pytest.mark.parametrize("request_", NO_HTTP.values(), ids=NO_HTTP.keys())
def test_what_is_no_http_ends_its_own_connection_alone(counting: Server, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", counting.port), timeout=PATIENCE) as client:
        answer = b""
        # The server may close before it has read everything.
        with contextlib.suppress(OSError):
            client.sendall(request_)
            client.shutdown(socket.SHUT_WR)
            while data := client.recv(65536):
                answer += data
        assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert counting.get("/health").status == 200
    assert "Traceback" not in counting.log


def test_bad_input_disturbs_no_stream(counting: Server) -> None:
    bads = itertools.cycle(TABLE.values())
    with counting.stream("5", max_tokens=300) as stream:
        first = stream.skip_to_text()
        for bad in itertools.islice(bads, len(TABLE)):
            assert counting.post(bad.body, bad.headers).status == bad.status
        assert first + stream.text() == counted(6, 305)


def test_a_thousand_bad_requests_leave_the_memory_as_it_is(house: House, counting_model: Path) -> None:
    server = house.llm_server(counting_model)
    process = psutil.Process(server.pid)

    def go_round(count: int) -> int:
        for bad in itertools.islice(itertools.cycle(TABLE.values()), count):
            answer = server.post(bad.body, bad.headers)
            assert 400 <= answer.status < 500
        return process.memory_info().rss

    warm = go_round(3 * len(TABLE))
    assert go_round(1000) - warm < 6 * MEGABYTE
    assert server.text("5", max_tokens=3) == "6 7 8"
    assert server.running == 0
    assert "Traceback" not in server.log
