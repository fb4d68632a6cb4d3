"""Messages to bytes and back: msgpack maps with a `type`, checked field by field.

`decode` is safe on bytes from a stranger: it builds only the dataclasses of `messages.TYPES`, refuses unknown
types and msgpack extensions, ignores unknown keys, and bounds the size. Nesting is bounded twice: msgpack
gives up beyond 511 levels, and nothing deeper than the dataclasses' own fields is ever looked at.

Encoders and decoders are put together once, at import, from the dataclasses' type hints:
`dataclasses.asdict` took 14 us a message, an encoder made here under 2.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from operator import attrgetter
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgpack

from .messages import POSITIONAL, TYPES, Message

MAX_MESSAGE_BYTES = 64 * 1024 * 1024

_Check = Callable[[Any], Any]


class ProtocolError(ValueError):
    """The bytes are no message of this protocol; the sentence says why."""


class UnknownType(ProtocolError):
    """A message, but of a type that this version does not know; a newer minor version may send such."""


def encode(message: Message) -> bytes:
    """Return the msgpack bytes of a message."""
    return _pack(_to_wire[type(message)](message))  # pyright: ignore[reportReturnType] - None only for a stream


def decode(data: bytes) -> Message:
    """Return the message in `data`.

    Raises:
        UnknownType: Of an unknown type.
        ProtocolError: Not msgpack, too large, or with a wrong or missing field.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"a message of {len(data)} bytes is over the limit of {MAX_MESSAGE_BYTES}")
    try:
        # The hook refuses what the length does not: a timestamp has one, an empty extension none.
        wire = msgpack.unpackb(data, use_list=False, max_ext_len=0, ext_hook=_refuse_extension)
    except Exception as error:  # msgpack documents "ValueError and others" for bytes of a stranger
        raise ProtocolError(f"not a msgpack message: {error or type(error).__name__}") from error
    if not isinstance(wire, dict):
        raise ProtocolError(f"a message is a map, this is a {type(wire).__name__}")
    name = wire.get("type")
    if not isinstance(name, str):
        raise ProtocolError(f"a message's type is a string, this is a {type(name).__name__}")
    if name not in _from_wire:
        raise UnknownType(f"unknown message type {name!r:.80}")
    try:
        return _from_wire[name](wire)
    except ProtocolError as error:
        raise ProtocolError(f"{name}: {error}") from None


def _refuse_extension(code: int, _data: bytes) -> Any:
    raise ProtocolError(f"msgpack extension {code} is not part of the protocol")


def _same(value: Any) -> Any:
    return value


# --- encoding --------------------------------------------------------------------------------------------


def _encoder_of(hint: Any) -> _Check:
    """Return what turns a field of this type into msgpack's types."""
    if get_origin(hint) in (types.UnionType, Union):
        (inner,) = [arg for arg in get_args(hint) if arg is not type(None)]
        encode_inner = _encoder_of(inner)
        return _same if encode_inner is _same else lambda value: None if value is None else encode_inner(value)
    if is_dataclass(hint):
        return _positional_encoder(hint)
    if get_origin(hint) is tuple and is_dataclass(get_args(hint)[0]):
        encode_part = _encoder_of(get_args(hint)[0])
        return lambda parts: [encode_part(part) for part in parts]
    return _same


def _positional_encoder(cls: Any) -> _Check:
    hints = get_type_hints(cls)
    # All fields in one call: a third of the time that a `getattr` for each takes.
    values_of = attrgetter(*[field.name for field in fields(cls)])
    encoders = [_encoder_of(hints[field.name]) for field in fields(cls)]
    nested = [(index, encoder) for index, encoder in enumerate(encoders) if encoder is not _same]
    if not nested:
        return values_of
    # So many may be left out of the end if they are nil, as the receiver's default is.
    least = len(fields(cls))
    while fields(cls)[least - 1].default is None:
        least -= 1
    nothing_more = (None,) * (len(fields(cls)) - least)
    starts_plain = nested[0][0] >= least

    def to_array(part: Any) -> Any:
        found = values_of(part)
        if starts_plain and found[least:] == nothing_more:
            return found[:least]  # of text alone, as most deltas are
        values = list(found)
        while values[-1] is None and len(values) > least:
            values.pop()
        for index, encode_value in nested:
            if index < len(values):
                values[index] = encode_value(values[index])
        return values

    return to_array


def _map_encoder(name: str, cls: type) -> _Check:
    hints = get_type_hints(cls)
    plain = [field.name for field in fields(cls) if _encoder_of(hints[field.name]) is _same]
    nested = [(n, _encoder_of(hints[n])) for n in (f.name for f in fields(cls)) if n not in plain]

    def to_map(message: Any) -> dict[str, Any]:
        wire = {"type": name}
        for key in plain:
            wire[key] = getattr(message, key)
        for key, encode_part in nested:
            wire[key] = encode_part(getattr(message, key))
        return wire

    return to_map


# --- decoding --------------------------------------------------------------------------------------------


def _decoder_of(hint: Any) -> _Check:
    """Return what checks a value from the wire against this type and returns the field's value."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        (inner,) = [arg for arg in args if arg is not type(None)]
        check_inner = _decoder_of(inner)
        return lambda value: None if value is None else check_inner(value)
    if origin is tuple:
        return _tuple_decoder(args[0])
    if origin is dict:
        return _text_map
    if is_dataclass(hint):
        return _positional_decoder(hint)
    if hint is float:
        return _number
    return _exactly(hint)


def _exactly(cls: type) -> _Check:
    def check(value: Any) -> Any:
        if type(value) is not cls:
            raise ProtocolError(f"expected {cls.__name__}, got {type(value).__name__}")
        return value

    return check


def _number(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise ProtocolError(f"expected a number, got {type(value).__name__}")
    return float(value)


def _text_map(value: Any) -> dict[str, str]:
    if type(value) is not dict or not all(type(k) is str and type(v) is str for k, v in value.items()):
        raise ProtocolError("expected a map of strings")
    return value


def _tuple_decoder(inner: Any) -> _Check:
    check_inner = _decoder_of(inner)

    def check(value: Any) -> tuple[Any, ...]:
        if type(value) is not tuple:
            raise ProtocolError(f"expected an array, got {type(value).__name__}")
        if inner is int:  # token ids, the bulk of the traffic: one pass without a call per element
            for element in value:
                if type(element) is not int:
                    raise ProtocolError(f"expected int, got {type(element).__name__}")
            return value
        return tuple([check_inner(element) for element in value])

    return check


def _positional_decoder(cls: Any) -> _Check:
    if cls not in POSITIONAL:
        raise TypeError(f"{cls.__name__} is a field's type and must be listed in messages.POSITIONAL")
    hints = get_type_hints(cls)
    checks = [(field.name, _decoder_of(hints[field.name])) for field in fields(cls)]
    required = sum(field.default is MISSING for field in fields(cls))

    def check(value: Any) -> Any:
        if type(value) is not tuple or len(value) < required:
            raise ProtocolError(f"expected an array of at least {required} for {cls.__name__}")
        # A longer array comes from a newer minor version: what is beyond our fields is ignored.
        return cls(*[check_field(element) for (_, check_field), element in zip(checks, value, strict=False)])

    return check


def _map_decoder(cls: type) -> _Check:
    hints = get_type_hints(cls)
    checks = [(f.name, _decoder_of(hints[f.name]), f.default is MISSING) for f in fields(cls)]

    def from_map(wire: dict[str, Any]) -> Any:
        values = {}
        for name, check, required in checks:
            if name in wire:
                try:
                    values[name] = check(wire[name])
                except ProtocolError as error:
                    raise ProtocolError(f"{name}: {error}") from None
            elif required:
                raise ProtocolError(f"{name} is missing")
        return cls(**values)

    return from_map


_to_wire = {cls: _map_encoder(name, cls) for name, cls in TYPES.items()}
_from_wire = {name: _map_decoder(cls) for name, cls in TYPES.items()}
_pack = msgpack.packb
