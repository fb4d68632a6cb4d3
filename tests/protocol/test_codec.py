from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.protocol import codec, messages
from mlx_llm_server.protocol.codec import ProtocolError, UnknownType
from mlx_llm_server.protocol.messages import (
    Aside,
    Cancel,
    ChatMessage,
    Delta,
    Generate,
    Hello,
    Prefilled,
    Sampling,
    Step,
    ToolCall,
)

from .strategies import any_message, messages_of

HELLO = {"type": "hello", "protocol": "1.0", "worker": "w", "pid": 1, "model": "m"}
GENERATE = {
    "type": "generate",
    "generation": 1,
    "messages": [["user", "hi"]],
    "sampling": [7],
    "max_tokens": 5,
}


def decode_map(wire: Any) -> messages.Message:
    return codec.decode(msgpack.packb(wire) or b"")


@pytest.mark.parametrize("cls", messages.TYPES.values(), ids=messages.TYPES)
@given(data=st.data())
def test_a_message_comes_out_as_it_went_in(cls: type, data: st.DataObject) -> None:
    message = data.draw(messages_of(cls))

    decoded = codec.decode(codec.encode(message))

    assert decoded == message
    assert type(decoded) is cls


@given(message=any_message())
def test_a_message_is_a_map_with_its_type(message: messages.Message) -> None:
    wire = msgpack.unpackb(codec.encode(message))

    assert messages.TYPES[wire["type"]] is type(message)


@given(message=any_message())
def test_unknown_keys_are_ignored(message: messages.Message) -> None:
    wire = msgpack.unpackb(codec.encode(message))

    assert decode_map(wire | {"a field of tomorrow": [1, {"deep": None}]}) == message


def test_the_parts_of_a_message_travel_as_arrays() -> None:
    deltas = (Delta(1, (5, 6), "ab"), Delta(2, (7,), "c", "stop"))
    wire = msgpack.unpackb(codec.encode(Step(3, deltas, (Prefilled(3, 40),))))

    assert wire == {
        "type": "step",
        "step": 3,
        "deltas": [[1, [5, 6], "ab"], [2, [7], "c", "stop"]],
        "prefilled": [[3, 40]],
    }


def test_thoughts_and_calls_travel_as_arrays_within_arrays() -> None:
    aside = Aside("hm", 2, (ToolCall("add", "{}"),))
    wire = msgpack.unpackb(codec.encode(Step(3, (Delta(1, (5, 6), "", None, aside),))))

    assert wire["deltas"] == [[1, [5, 6], "", None, ["hm", 2, [["add", "{}", ""]], 0, 0]]]


def test_a_longer_array_is_a_newer_minor_version_and_its_end_is_ignored() -> None:
    wire = {"type": "step", "step": 3, "deltas": [[1, [5], "a", None, None, None, None, "a field of tomorrow", 9]]}

    assert decode_map(wire) == Step(3, (Delta(1, (5,), "a"),))


def test_a_shorter_array_takes_the_defaults() -> None:
    assert decode_map(GENERATE) == Generate(1, (ChatMessage("user", "hi"),), Sampling(7), 5)


def test_a_missing_field_with_a_default_takes_it() -> None:
    assert decode_map({"type": "loading", "stage": "weights"}) == messages.Loading("weights", 0, 0)


def test_a_whole_number_is_taken_where_a_float_is_expected() -> None:
    decoded = decode_map(GENERATE | {"sampling": [7, 1]})

    assert isinstance(decoded, Generate)
    assert type(decoded.sampling.temperature) is float


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        pytest.param({"pid": 1}, "type is a string, this is a NoneType", id="no type"),
        pytest.param({**HELLO, "type": 3}, "type is a string, this is a int", id="type that is no string"),
        pytest.param({**HELLO, "type": ["hello"]}, "type is a string, this is a tuple", id="type in an array"),
        pytest.param([1, 2], "a message is a map, this is a tuple", id="array"),
        pytest.param("hello", "a message is a map, this is a str", id="string"),
        pytest.param(None, "a message is a map, this is a NoneType", id="nil"),
        pytest.param({"type": "hello", "protocol": "1.0"}, "hello: worker is missing", id="missing field"),
        pytest.param({**HELLO, "pid": "1"}, "hello: pid: expected int, got str", id="string for int"),
        pytest.param({**HELLO, "pid": 1.0}, "hello: pid: expected int, got float", id="float for int"),
        pytest.param({**HELLO, "pid": True}, "hello: pid: expected int, got bool", id="bool for int"),
        pytest.param({**HELLO, "pid": None}, "hello: pid: expected int, got NoneType", id="nil for int"),
        pytest.param({**HELLO, "model": b"m"}, "hello: model: expected str, got bytes", id="bytes for str"),
        pytest.param({**GENERATE, "sampling": [7, True]}, "expected a number, got bool", id="bool for float"),
        pytest.param({**GENERATE, "sampling": [7, "1"]}, "expected a number, got str", id="string for float"),
        pytest.param({**GENERATE, "sampling": []}, "at least 1 for Sampling", id="array too short"),
        pytest.param({**GENERATE, "sampling": {"seed": 1}}, "at least 1 for Sampling", id="map for array"),
        pytest.param({**GENERATE, "stop": "x"}, "stop: expected an array, got str", id="string for array"),
        pytest.param({**GENERATE, "stop": [1]}, "stop: expected str, got int", id="wrong element"),
        pytest.param({**GENERATE, "messages": [["user"]]}, "at least 2 for ChatMessage", id="half a message"),
        pytest.param({**GENERATE, "role_mapping": {"a": 1}}, "expected a map of strings", id="wrong map value"),
        pytest.param({**GENERATE, "role_mapping": []}, "expected a map of strings", id="array for map"),
        pytest.param(
            {"type": "step", "step": 1, "deltas": [[1, [5, True], "a"]]}, "expected int, got bool", id="bool token"
        ),
    ],
)
def test_a_wrong_message_is_refused_with_a_sentence(wire: Any, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence) as refused:
        decode_map(wire)
    assert not isinstance(refused.value, UnknownType)


def test_a_type_of_a_newer_version_is_told_from_garbage() -> None:
    with pytest.raises(UnknownType, match="unknown message type 'shutdown'"):
        decode_map({**HELLO, "type": "shutdown"})


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xc1", id="a byte that msgpack never uses"),
        pytest.param(codec.encode(Cancel(1))[:-1], id="cut short"),
        pytest.param(codec.encode(Cancel(1)) + b"\x00", id="something behind"),
        pytest.param(b"\x81\xa4type\xa4\xff\xfe\xfd\xfc", id="text that is not UTF-8"),
        pytest.param(b"\x81\x01\x02", id="key that is a number"),
        pytest.param(b"\x81\x91\x01\x02", id="key that is an array"),
    ],
)
def test_what_is_not_msgpack_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a msgpack message"):
        codec.decode(data)


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param(msgpack.packb(msgpack.ExtType(5, b"payload")), id="ext"),
        pytest.param(msgpack.packb(msgpack.ExtType(5, b"x")), id="fixext 1"),
        pytest.param(b"\xc7\x00\x05", id="ext of length 0"),
        pytest.param(msgpack.packb(msgpack.Timestamp(1, 0)), id="timestamp 32"),
        pytest.param(msgpack.packb(msgpack.Timestamp(1, 1)), id="timestamp 64"),
        pytest.param(msgpack.packb(msgpack.Timestamp(2**40, 1)), id="timestamp 96"),
        pytest.param(b"\xc7\x00\xff", id="timestamp of length 0"),
    ],
)
def test_a_msgpack_extension_is_refused_anywhere(extension: bytes) -> None:
    cancel_with_an_extra_key = b"\x83\xa4type\xa6cancel\xaageneration\x01\xa5extra" + extension

    with pytest.raises(ProtocolError):
        codec.decode(cancel_with_an_extra_key)


def test_a_message_over_the_size_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = codec.encode(Hello("1.0", "w", 1, "m"))
    monkeypatch.setattr(codec, "MAX_MESSAGE_BYTES", len(data))
    assert codec.decode(data)

    monkeypatch.setattr(codec, "MAX_MESSAGE_BYTES", len(data) - 1)
    with pytest.raises(ProtocolError, match=f"{len(data)} bytes is over the limit"):
        codec.decode(data)


@pytest.mark.parametrize("level", [b"\x91", b"\x81\xa1k"], ids=["arrays", "maps"])
def test_deep_nesting_is_refused(level: bytes) -> None:
    with pytest.raises(ProtocolError):
        codec.decode(b"\x82\xa4type\xa6cancel\xa5extra" + level * 100_000 + b"\xc0")


@pytest.mark.parametrize("level", [b"\x91", b"\x81\xa1k"], ids=["arrays", "maps"])
def test_nesting_below_msgpacks_limit_hurts_nowhere_even_as_the_type(level: bytes) -> None:
    with pytest.raises(ProtocolError):
        codec.decode(b"\x81\xa4type" + level * 500 + b"\xc0")


@given(data=st.binary())
def test_random_bytes_only_ever_raise_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        codec.decode(data)


_WIRE_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(data=st.data())
def test_wrong_contents_only_ever_raise_a_protocol_error(data: st.DataObject) -> None:
    wire = msgpack.unpackb(codec.encode(data.draw(any_message())))
    keys = data.draw(st.sets(st.sampled_from(sorted(wire))))
    wire |= {key: data.draw(_WIRE_VALUES) for key in keys}

    try:
        decoded = decode_map(wire)
    except ProtocolError:
        return
    assert codec.decode(codec.encode(decoded)) == decoded or "nan" in repr(decoded)


@given(message=any_message(), data=st.data())
def test_a_flipped_byte_only_ever_raises_a_protocol_error(message: messages.Message, data: st.DataObject) -> None:
    damaged = bytearray(codec.encode(message))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    try:
        decoded = codec.decode(bytes(damaged))
    except ProtocolError:
        return
    assert type(decoded) in messages.TYPES.values()
