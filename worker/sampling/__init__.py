"""How the next tokens are drawn: one pass over the whole batch, each row by its own settings.

What a row gets is what mlx-lm's processors and samplers (`mlx_lm/sample_utils.py`) give for it, in their order:

    logit bias, repetition, presence and frequency penalty, what may not come yet   processors.py
    top_p, min_p, XTC, top_k, the temperature                                       filters.py
    the draw, with a key made of (seed, position)                                   keys.py

A step does nothing that no row asks for, and what some rows ask for is done to those rows. What differs between
rows is in arrays, made when the rows change and never at a step. All is in float32, whatever the model's type.
"""

from .batch import BatchSampler, RowSampling
from .row import SpecialTokens

__all__ = ["BatchSampler", "RowSampling", "SpecialTokens"]
