"""The rows that decode together: our replacement of mlx-lm's `GenerationBatch`.

    batch.py     the rows, and their steps: one token for each, computed one step ahead
    caches.py    their key-value caches: plain for one row, batched and aligned for several
    compiled.py  the step without Python, where that is what it waits for
    device.py    what a step must look like where it runs
    parts.py     which rows share arrays of keys and values
    trial.py     whether a model can have rows that don't

Models, caches, merging and prefill stay mlx-lm's. What is different, and what it gains, each module tells.
"""

from .batch import BROKEN, DecodeBatch, Decoded, Row
from .caches import Chunk, RowCaches, as_batch, as_single
from .compiled import CompiledStep
from .device import Device, present
from .trial import can_be_parted

__all__ = [
    "BROKEN",
    "Chunk",
    "CompiledStep",
    "DecodeBatch",
    "Decoded",
    "Device",
    "Row",
    "RowCaches",
    "as_batch",
    "as_single",
    "can_be_parted",
    "present",
]
