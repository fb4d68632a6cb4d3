"""Prefixes on disk: what was computed once is found again after a restart of the worker or of the machine.

chain.py        what an entry is called, and which entries a prompt needs; knows neither files nor MLX
entry.py        an entry as the bytes of a safetensors file, with a checksum, and back
folder.py       the files of one model: private, written atomically, under a byte budget
arrays.py       between MLX's arrays and an entry's tensors
fingerprint.py  which model computed it: what another one computed is of no use
tier.py         all of it at work: what is kept in memory is written behind the steps, and read for prompts
"""

from .fingerprint import fingerprint
from .tier import DiskTier, Fetched, open_disk

__all__ = ["DiskTier", "Fetched", "fingerprint", "open_disk"]
