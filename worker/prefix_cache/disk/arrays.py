"""Between MLX's arrays and the tensors of an entry.

Bytes are taken on the main thread, where they may have to be waited for; of evaluated arrays in memory that the
host shares (CPU, Metal) nothing is copied. On the way back, any thread may copy bytes into an array, which belongs
to no stream; to view it as what it is, is for the main thread again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import numpy as np
from mlx_lm.models.cache import ArraysCache, RotatingKVCache

from ..rows import Positions, States
from .entry import Damaged, Tensor

_NAMES = {
    mx.bool_: "BOOL",
    mx.uint8: "U8",
    mx.int8: "I8",
    mx.uint16: "U16",
    mx.int16: "I16",
    mx.uint32: "U32",
    mx.int32: "I32",
    mx.uint64: "U64",
    mx.int64: "I64",
    mx.float16: "F16",
    mx.bfloat16: "BF16",
    mx.float32: "F32",
}
_DTYPES = {name: dtype for dtype, name in _NAMES.items()}
_CLASSES = {kind.__name__: kind for kind in (RotatingKVCache, ArraysCache)}


def tensor_of(array: mx.array) -> Tensor:
    """Return an array's bytes, which are its own memory where the host can see it; waits until it is computed."""
    data = np.frombuffer(array, dtype=np.uint8) if array.size else np.empty(0, dtype=np.uint8)  # pyright: ignore[reportArgumentType, reportCallIssue] - a buffer
    return Tensor(_NAMES[array.dtype], array.shape, data)


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of an array, in MLX's memory, on their way to the main thread."""

    dtype: str
    shape: tuple[int, ...]
    data: mx.array

    @staticmethod
    def of(tensor: Tensor) -> Raw:
        """Copy a tensor's bytes; any thread may call."""
        return Raw(tensor.dtype, tensor.shape, mx.array(tensor.data))

    def array(self) -> mx.array:
        """Return the array: a view."""
        dtype = _DTYPES[self.dtype]
        return self.data.view(dtype).reshape(self.shape) if self.data.size else mx.zeros(self.shape, dtype)


def name_positions(positions: Positions) -> dict[str, mx.array]:
    """Return keys and values by the names of their tensors."""
    return {
        f"{layer}.{what}": array
        for layer, pair in enumerate(positions.arrays)
        for what, array in zip(("keys", "values"), pair, strict=True)
    }


def join(parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the keys and values of entries in a row as those of one; other tensors are left out.

    Their bytes are joined here and not by MLX, whose stream has others' steps to compute.

    Raises:
        Damaged: They do not fit together.
    """
    try:
        names = [name for name in parts[0] if _is_position(name)] if parts else []
        return {name: _joined([part[name] for part in parts]) for name in names}
    except (KeyError, ValueError) as error:
        raise Damaged(f"entries do not fit together: {error!r}") from error


def has_positions(tensors: Mapping[str, Tensor]) -> bool:
    """Tell whether an entry has keys and values."""
    return any(map(_is_position, tensors))


def positions_of(raw: Mapping[str, Raw]) -> Positions:
    """Return the keys and values that `name_positions` has named."""
    layers = sum(map(_is_position, raw)) // 2
    return Positions([(raw[f"{layer}.keys"].array(), raw[f"{layer}.values"].array()) for layer in range(layers)])


def _is_position(name: str) -> bool:
    return name.endswith((".keys", ".values"))


def _joined(tensors: Sequence[Tensor]) -> Tensor:
    if len(tensors) == 1:
        return tensors[0]
    batch, heads, _, size = tensors[0].shape
    tokens = sum(tensor.shape[2] for tensor in tensors)
    rows = np.concatenate([tensor.data.reshape(batch * heads, -1) for tensor in tensors], axis=1)
    return Tensor(tensors[0].dtype, (batch, heads, tokens, size), rows.reshape(-1))


def describe(states: States) -> tuple[Any, dict[str, mx.array]]:
    """Return what JSON can hold of mlx-lm's caches, and their arrays by the names that stand for them in it."""
    arrays: dict[str, mx.array] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, mx.array):
            arrays[name := f"state.{len(arrays)}"] = value
            return {"array": name}
        if isinstance(value, (list, tuple)):
            return [plain(each) for each in value]
        if value is None or isinstance(value, (bool, int, float)):
            return value
        raise TypeError(f"a cache has a {type(value).__name__} in its state")

    return [{"class": type(cache).__name__, "state": plain(cache.state)} for cache in states.caches], arrays


def restore(description: Any, raw: Mapping[str, Raw]) -> States:
    """Return the caches that `describe` has described."""

    def live(value: Any) -> Any:
        if isinstance(value, dict):
            return raw[value["array"]].array()
        return [live(each) for each in value] if isinstance(value, list) else value

    return States([_CLASSES[each["class"]].from_state(live(each["state"])) for each in description])
