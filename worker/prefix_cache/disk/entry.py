"""An entry as the bytes of a file, and back.

The format is safetensors (https://huggingface.co/docs/safetensors): a header in JSON with the place of each
tensor, then their bytes; `mx.load` reads it. `__metadata__` says what it is (`format`, `version`), what it was
computed by and for whom (`model`, `scope`), what it stands for (`name`; the tensor `tokens` has its ids) and,
where layers have states, of which classes and with which numbers (`states`). `checksum` is the CRC-32 of the whole
file with the checksum itself as zeros: a file that was cut off, or of which any bit has changed, is found out.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = "mlx-llm-server prefix"
VERSION = "1"
_TOKENS = "tokens"
_NO_CHECKSUM = b'"checksum":"00000000"'
_LARGEST_HEADER = 1 << 24

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


class Damaged(Exception):
    """A file is no whole entry of this version, or not the one that it is called."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array in the memory of the host.

    Attributes:
        dtype: As safetensors call it, such as `BF16`.
        shape: Of its elements.
        data: Its bytes in C order, flat.
    """

    dtype: str
    shape: tuple[int, ...]
    data: Bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file holds.

    Attributes:
        name: As `chain` calls it.
        model: The fingerprint of the model that computed it.
        scope: Whose it is; a digest, or empty.
        tokens: What it stands for, without those of the blocks before it.
        tensors: By name.
        states: What `arrays.describe` says of layers with states; None without.
    """

    name: str
    model: str
    scope: str
    tokens: Sequence[int]
    tensors: Mapping[str, Tensor]
    states: Any = None


def encode(entry: Entry) -> list[bytes | memoryview]:
    """Return a file's bytes, in parts: the tensors are not copied."""
    tokens = np.array(entry.tokens, dtype="<i8")
    tensors = {_TOKENS: Tensor("I64", tokens.shape, tokens.view(np.uint8)), **entry.tensors}
    metadata = {"format": FORMAT, "version": VERSION, "model": entry.model, "scope": entry.scope}
    metadata |= {"name": entry.name, "states": json.dumps(entry.states)}
    table: dict[str, Any] = {"__metadata__": metadata | {"checksum": "00000000"}}
    end = 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.data.nbytes
        table[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [begin, end]}
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    head = len(text).to_bytes(8, "little") + text
    data = [tensor.data.data for tensor in tensors.values()]
    return [head.replace(_NO_CHECKSUM, _checksum(_crc([head, *data])), 1), *data]


def decode(data: Bytes, name: str, model: str) -> Entry:
    """Return the entry that a file holds.

    Args:
        data: All its bytes.
        name: What it is called.
        model: The fingerprint of the model that it should be of.

    Raises:
        Damaged: It is not that.
    """
    size = int.from_bytes(data[:8].tobytes(), "little")
    if data.nbytes < 8 or size > min(_LARGEST_HEADER, data.nbytes - 8):
        raise Damaged("it has no header")
    head, rest = data[: 8 + size].tobytes(), data[8 + size :]
    try:
        table = json.loads(head[8:])
        metadata = table.pop("__metadata__")
        if (metadata["format"], metadata["version"]) != (FORMAT, VERSION):
            raise Damaged(f"it is of version {metadata['version']!r}, not {VERSION!r}")
        told = metadata["checksum"].encode()
        if _checksum(_crc([head.replace(b'"checksum":"%s"' % told, _NO_CHECKSUM, 1), rest.data])) != (
            b'"checksum":"%s"' % told
        ):
            raise Damaged("its checksum is wrong")
        if (metadata["name"], metadata["model"]) != (name, model):
            raise Damaged("it is another entry")
        tensors = {key: _tensor(value, rest) for key, value in table.items()}
        tokens = tensors.pop(_TOKENS).data.view("<i8").tolist()
        return Entry(name, model, metadata["scope"], tokens, tensors, json.loads(metadata["states"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"it can't be read: {error!r}") from error


def read(path: Path, name: str, model: str) -> Entry:
    """Return the entry in a file.

    Raises:
        Damaged: See `decode`.
        OSError: There is no such file, or it can't be read.
    """
    with path.open("rb", buffering=0) as file:
        file.seek(0, 2)
        data: Bytes = np.empty(file.tell(), dtype=np.uint8)
        file.seek(0)
        at = 0
        while at < data.nbytes and (got := file.readinto(data[at:].data)):
            at += got
    return decode(data[:at], name, model)


def _tensor(place: Any, data: Bytes) -> Tensor:
    begin, end = place["data_offsets"]
    if not 0 <= begin <= end <= data.nbytes or prod(place["shape"]) > end - begin:
        raise Damaged("a tensor lies outside of it")
    return Tensor(place["dtype"], tuple(place["shape"]), data[begin:end])


def _crc(parts: Sequence[bytes | memoryview]) -> int:
    value = 0
    for part in parts:
        value = zlib.crc32(part, value)
    return value


def _checksum(value: int) -> bytes:
    return b'"checksum":"%08x"' % value
