"""Key-value caches of what was computed before, found by the tokens that they stand for.

    tree.py      which prefixes are kept, under a byte budget: a radix tree over token ids; knows no MLX
    rows.py      a row's share of a batch's caches, cut out; and caches put together again
    cache.py     the two together: `find` for a prompt, `keep` for a row
    waiting.py   whether a prompt waits for another one that computes its prefix right now
    disk/        what of it outlives the process

What `find` returns for token ids and a scope is a list of mlx-lm's caches, as `save_prompt_cache` can write it.
"""

from .cache import Found, PrefixCache, default_budget
from .disk import DiskTier, open_disk
from .waiting import worth_waiting

__all__ = ["DiskTier", "Found", "PrefixCache", "default_budget", "open_disk", "worth_waiting"]
