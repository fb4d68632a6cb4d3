"""A file is the entry that was written, or found out to be none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.worker.prefix_cache.disk import entry as files
from mlx_llm_server.worker.prefix_cache.disk.arrays import tensor_of
from mlx_llm_server.worker.prefix_cache.disk.entry import Damaged, Entry, decode, encode

NAME, MODEL = "a" * 32, "b" * 32
ARRAYS = {
    "0.keys": mx.arange(24, dtype=mx.float32).reshape(1, 2, 3, 4).astype(mx.bfloat16),
    "0.values": mx.arange(6, dtype=mx.float32).reshape(1, 2, 3, 1),
    "state.0": mx.array([True, False]),
}
ENTRY = Entry(
    NAME,
    MODEL,
    "whose",
    [3, 1, 200_000],
    {name: tensor_of(array) for name, array in ARRAYS.items()},
    [{"class": "ArraysCache", "state": [[{"array": "state.0"}], None, None]}],
)
WHOLE = b"".join(bytes(part) for part in encode(ENTRY))


def decoded(data: bytes, name: str = NAME, model: str = MODEL) -> Entry:
    return decode(np.frombuffer(data, dtype=np.uint8), name, model)


def test_what_was_written_is_read() -> None:
    found = decoded(WHOLE)

    assert replace(found, tensors={}) == replace(ENTRY, tensors={})
    assert found.tensors.keys() == ENTRY.tensors.keys()
    for name, tensor in found.tensors.items():
        assert (tensor.dtype, tensor.shape) == (ENTRY.tensors[name].dtype, ENTRY.tensors[name].shape)
        assert tensor.data.tobytes() == ENTRY.tensors[name].data.tobytes()


def test_it_is_a_safetensors_file_as_mlx_reads_it(tmp_path: Path) -> None:
    (tmp_path / "entry.safetensors").write_bytes(WHOLE)

    read: Any = mx.load(str(tmp_path / "entry.safetensors"), return_metadata=True)
    loaded, metadata = read

    assert loaded["tokens"].tolist() == ENTRY.tokens
    assert all(mx.array_equal(loaded[name], array) for name, array in ARRAYS.items())
    assert (metadata["version"], metadata["scope"]) == ("1", "whose")


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_any_flipped_bit_is_found_out(at: int, bit: int) -> None:
    changed = bytearray(WHOLE)
    changed[at] ^= 1 << bit

    with pytest.raises(Damaged):
        decoded(bytes(changed))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_that_was_cut_off_is_found_out(length: int) -> None:
    with pytest.raises(Damaged):
        decoded(WHOLE[:length])


def test_bytes_behind_the_end_are_found_out() -> None:
    with pytest.raises(Damaged, match="checksum"):
        decoded(WHOLE + b"\0")


def test_another_version_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "VERSION", "2")
    newer = b"".join(bytes(part) for part in encode(ENTRY))
    monkeypatch.undo()

    with pytest.raises(Damaged, match="version '2', not '1'"):
        decoded(newer)


def test_an_entry_of_another_name_or_model_is_not_taken() -> None:
    with pytest.raises(Damaged, match="another entry"):
        decoded(WHOLE, name="c" * 32)
    with pytest.raises(Damaged, match="another entry"):
        decoded(WHOLE, model="c" * 32)


@pytest.mark.parametrize("header", [b"[]", b'{"__metadata__":[]}', b"\xff", json.dumps({"x": 1}).encode()])
def test_a_header_that_is_none_is_found_out(header: bytes) -> None:
    with pytest.raises(Damaged):
        decoded(len(header).to_bytes(8, "little") + header)
