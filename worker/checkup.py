"""A look at MLX and, if one is named, at a model, for `mlx-serve doctor`: a child process, as either may crash.

    python -m mlx_llm_server.worker.checkup [MODEL]

Each line of its standard output is a JSON object of what was found so far; exit codes are a worker's.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import sys
from time import perf_counter

from ..protocol.messages import Sampling
from . import blas

_PROMPT = "Tell me something about the sea."
_TOKENS = 16


def main() -> int:
    """Look, tell, and return the exit code."""
    faulthandler.enable()
    logging.basicConfig(level=logging.WARNING)
    blas.prefer_openblas()
    try:
        _look_at_mlx()
        if len(sys.argv) > 1:
            return _generate(sys.argv[1])
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return os.EX_SOFTWARE
    return 0


def _look_at_mlx() -> None:
    import mlx.core as mx  # noqa: PLC0415 - its BLAS is decided by then, and a fault is told

    device = mx.default_device()
    info = mx.device_info()
    gpu = device.type == mx.gpu
    _tell(
        device="gpu" if gpu else "cpu",
        device_name=str(info.get("device_name", "")),
        blas=None if gpu else blas.describe(),
        # Metal's is the part of the memory that may be wired; CUDA's devices tell their own memory.
        gpu_bytes=int(info.get("max_recommended_working_set_size") or info.get("memory_size") or 0)
        if gpu
        else None,
    )
    product = mx.random.normal((256, 256)) @ mx.random.normal((256, 256))
    _tell(computes=bool(mx.all(mx.isfinite(product)).item()))


def _generate(model: str) -> int:
    from .canary import Canary  # noqa: PLC0415
    from .engine import Engine  # noqa: PLC0415
    from .loading import LoadError, load  # noqa: PLC0415
    from .progress import LoadProgress  # noqa: PLC0415
    from .scheduler import Insert, Key  # noqa: PLC0415

    begin = perf_counter()
    try:
        with LoadProgress(lambda *_: None) as progress:
            loaded = load(model, None, progress)
    except LoadError as error:
        sys.stderr.write(f"{error}\n")
        return os.EX_CONFIG
    _tell(load_seconds=perf_counter() - begin, weights=loaded.weights)
    Canary(loaded.model, loaded.tokenizer).check()
    engine = Engine(loaded.model, loaded.tokenizer.eos_token_ids, max_batch=1)
    engine.warm_up()
    prompt = loaded.tokenizer.encode(_PROMPT) or [0]
    engine.insert(Insert(Key(0, 0), prompt, Sampling(seed=0, temperature=0, ignore_eos=True), _TOKENS))
    times: list[float] = []
    while engine.busy:
        times += [perf_counter() for _ in engine.step()]
    engine.close()
    _tell(generated_tokens=len(times), tokens_per_second=(len(times) - 1) / (times[-1] - times[0]))
    return 0


def _tell(**found: object) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
