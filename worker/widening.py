"""Weights in float32 for a CPU, where MLX has fast kernels for nothing else.

A prompt of 512 tokens and one token after it, 6.7 million parameters (Qwen3's shape), Linux, OpenBLAS, ms:

    weights as stored              prompt, token    scales in float32    all in float32
    8 bits, scales in bfloat16     28228, 62        3445, 15             306, 10
    4 bits, scales in bfloat16     28426, 64        3503, 17             423, 11
    8 bits, scales in float32      3884, 12                              347, 11
    bfloat16                       2509, 14                              294, 10

Values stay what they are: a quantized weight is scale * q + bias, and half precision is a part of float32; what
is computed with them is rounded less. Metal and CUDA have kernels for every format, so this is not for them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten, tree_unflatten
from mlx_lm.models.mla import MultiLinear, QuantizedMultiLinear
from mlx_lm.models.switch_layers import QuantizedSwitchLinear, SwitchLinear

log = logging.getLogger(__name__)

# Of the memory that is available; the rest is for caches, and for others.
_SHARE = 0.5
_DENSE: dict[type, type] = {
    nn.QuantizedLinear: nn.Linear,
    nn.QuantizedEmbedding: nn.Embedding,
    QuantizedSwitchLinear: SwitchLinear,
    QuantizedMultiLinear: MultiLinear,
}


def widen_weights(model: nn.Module, available_bytes: int) -> str:
    """Widen a model's weights to float32 as far as they fit into half of the memory, and log what was done.

    Call it before the weights are evaluated: then the packed ones are never all in memory beside the wide ones.
    An adapter is applied before, to the weights it was trained on.

    Args:
        model: A model that mlx-lm loaded, adapted or not.
        available_bytes: The memory that is available.

    Returns:
        What the weights are now, in a few words.
    """
    room = int(_SHARE * available_bytes)
    dense = dict(_dense_layers(model))
    stored, wide = _stored_bytes(model), _wide_bytes(model, dense)
    if stored == wide:
        return "float32 weights"
    if wide <= room:
        model.update_modules(tree_unflatten(list(dense.items())))
        model.set_dtype(mx.float32)
        log.info("weights widened to float32 for the CPU: %s, %s as stored", _size(wide), _size(stored))
        return "weights widened to float32"
    too_large = (
        f"in float32 they would take {_size(wide)}, more than half of the {_size(available_bytes)} available"
    )
    if dense and _wide_bytes(model, {}) <= room:
        model.set_dtype(mx.float32)
        log.warning("weights stay quantized, which is slow on a CPU: %s", too_large)
        return "quantized weights, scales widened to float32"
    log.warning("weights stay as stored, which is slow on a CPU: %s", too_large)
    return "weights as stored"


def _dense_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the place of each quantized layer, and the layer that computes the same with float32 weights.

    Nothing is evaluated. mlx-lm's `dequantize_model` rounds to the scales' type, and takes a subclass, which may
    compute something else, for its base; here such layers are left as they are.
    """
    for name, layer in model.named_modules():
        # An nvfp4 layer may have one scale more for all its weights.
        if (kind := _DENSE.get(type(layer))) is None or getattr(layer, "global_scale", None) is not None:
            continue
        scales, biases = _widened(layer["scales"]), layer.get("biases")
        biases = None if biases is None else _widened(biases)
        weight = mx.dequantize(layer["weight"], scales, biases, layer.group_size, layer.bits, layer.mode)
        dims = weight.shape if kind is nn.Embedding else weight.shape[::-1]
        # The bias is a parameter of two of the kinds only.
        dense = kind(*dims, **({"bias": "bias" in layer} if kind in (nn.Linear, SwitchLinear) else {}))
        dense.weight = weight
        if "bias" in layer:
            dense.bias = layer["bias"]
        yield name, dense


def _widened(array: mx.array) -> mx.array:
    """Return a floating array in float32; formats of small floats have integers as scales."""
    return array.astype(mx.float32) if mx.issubdtype(array.dtype, mx.floating) else array


def _stored_bytes(module: nn.Module) -> int:
    return sum(array.nbytes for _, array in _arrays(module))


def _wide_bytes(model: nn.Module, dense: dict[str, nn.Module]) -> int:
    """Return the size of the model in float32, with these layers in place of its own."""
    kept = [array for name, array in _arrays(model) if name.rpartition(".")[0] not in dense]
    replaced = [array for layer in dense.values() for _, array in _arrays(layer)]
    return sum(
        4 * array.size if mx.issubdtype(array.dtype, mx.floating) else array.nbytes for array in kept + replaced
    )


def _arrays(module: nn.Module) -> list[tuple[str, Any]]:
    return [(name, array) for name, array in tree_flatten(module.parameters()) if isinstance(array, mx.array)]


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
