"""Tiny models of mlx-lm with random weights in float32, one for each kind of cache."""

from __future__ import annotations

import importlib
from typing import Any

import mlx.core as mx
from mlx.utils import tree_map

VOCABULARY = 512
WINDOW = 48

_COMMON = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "rms_norm_eps": 1e-5,
    "vocab_size": VOCABULARY,
    "tie_word_embeddings": False,
}
CONFIGS: dict[str, dict[str, Any]] = {
    # Keys and values alone.
    "llama": {**_COMMON, "num_hidden_layers": 2},
    # Keys and values; and sliding windows.
    "gemma3_text": {**_COMMON, "num_hidden_layers": 2, "sliding_window": WINDOW, "sliding_window_pattern": 2},
    # Recurrent states alone.
    "mamba2": {
        **_COMMON,
        "num_hidden_layers": 2,
        "intermediate_size": 128,
        "num_heads": 4,
        "head_dim": 32,
        "state_size": 16,
        "conv_kernel": 4,
        "n_groups": 1,
        "use_bias": False,
        "use_conv_bias": True,
        "time_step_limit": (0.0, 100.0),
        "time_step_rank": 4,
        "layer_norm_epsilon": 1e-5,
    },
    # Keys and values; and recurrent states.
    "qwen3_next": {
        **_COMMON,
        "num_hidden_layers": 2,
        "full_attention_interval": 2,
        "linear_num_value_heads": 4,
        "linear_num_key_heads": 2,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
        "linear_conv_kernel_dim": 4,
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "decoder_sparse_step": 1,
        "shared_expert_intermediate_size": 32,
        "moe_intermediate_size": 32,
        "mlp_only_layers": [],
        "rope_theta": 10000.0,
        "partial_rotary_factor": 0.5,
        "max_position_embeddings": 4096,
    },
}


def tiny(kind: str) -> Any:
    """Return a model whose text varies: the layers outweigh the embedding."""
    module = importlib.import_module(f"mlx_lm.models.{kind}")
    model = module.Model(module.ModelArgs.from_dict({"model_type": kind, **CONFIGS[kind]}))
    keys = iter(mx.random.split(mx.random.key(3), 1000))

    def draw(weight: mx.array) -> mx.array:
        return (
            weight
            if weight.ndim == 1
            else mx.random.normal(weight.shape, key=next(keys)) * (1.5 / weight.shape[-1] ** 0.5)
        )

    model.update(tree_map(draw, model.parameters()))
    model.eval()
    mx.eval(model.parameters())
    return model
