"""Which model computed an entry: what another one would have computed is of no use.

The weights are known by what is loaded, adapter and widening included, not by their files: a copy elsewhere is the
same model, and a fine-tune with files of the same names and sizes is another one.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from importlib import metadata
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.models.cache import make_prompt_cache


def fingerprint(model: Any, config: dict[str, Any], backend: str) -> str:
    """Return a digest of all that decides what a model computes for given tokens.

    Reads every weight once.

    Args:
        model: As mlx-lm loaded it.
        config: Its config.json.
        backend: What it runs on; another one may round differently.
    """
    parameters = [(name, array) for name, array in tree_flatten(model.parameters()) if isinstance(array, mx.array)]
    sums = [_sum(array) for _, array in parameters]
    mx.eval(sums)
    kinds = [_describe(cache) for cache in make_prompt_cache(model)]
    known = {
        "config": config,
        "weights": [
            (name, str(array.dtype), array.shape, total.item())
            for (name, array), total in zip(parameters, sums, strict=True)
        ],
        "caches": kinds,
        "backend": backend,
        "versions": [metadata.version(name) for name in ("mlx", "mlx-lm")],
    }
    text = json.dumps(known, sort_keys=True, default=str).encode()
    return blake2b(text, digest_size=16).hexdigest()


def _sum(array: mx.array) -> mx.array:
    """Return the sum of an array's bits as unsigned integers, its rows weighted by their places."""
    if not array.size:
        return mx.zeros((), mx.uint32)
    rows = array.reshape(array.shape[0] if array.ndim > 1 else 1, -1)
    # As few and large integers as there are: small ones would be widened, each in memory of its own.
    bits = rows.view(mx.uint32) if rows.shape[1] * rows.itemsize % 4 == 0 else rows.view(mx.uint8)
    places = 2 * mx.arange(rows.shape[0], dtype=mx.uint32) + 1
    return (bits.sum(axis=1).astype(mx.uint32) * places).sum()


def _describe(cache: Any) -> list[Any]:
    """Return a cache's class and settings."""
    inner = getattr(cache, "caches", ())
    settings = {name: value for name, value in vars(cache).items() if isinstance(value, (bool, int, float, str))}
    return [type(cache).__name__, settings, [_describe(each) for each in inner]]
