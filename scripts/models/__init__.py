"""Models made by our own scripts, exact or random, that stock mlx-lm loads like any other.

`successor` counts, so a test knows every answer beforehand; `random` costs and varies like a real model, from
0.75 million parameters to the shapes of Qwen3-0.6B and 8B. Nothing is downloaded.

    python -m mlx_llm_server.scripts.models successor OUT
    python -m mlx_llm_server.scripts.models random OUT --preset 0.6b
"""

from .random_weights import PRESETS, random
from .successor import TEXTS, successor
from .templates import TEMPLATES, Template

__all__ = ["PRESETS", "TEMPLATES", "TEXTS", "Template", "random", "successor"]
