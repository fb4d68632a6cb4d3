"""A model of seeded random weights: says nonsense, but costs and varies as a real one does.

Scales are chosen so that the layers outweigh the embedding (else a token predicts itself for ever) and
attention is sharp (else every long history looks alike), so that greedy text goes on varying.

Llama and Qwen3 have no bias on the logits, but coordinate 0 of the residual can serve as one: every embedding
has the same large value there and no layer writes to it, so it reaches the head as a constant, and the head's
column 0 is a bias for each token. With it the end of the turn has a chance of about `END_CHANCE` a token when
sampled at temperature 1 and of about 1 in 5000 under greedy decoding; and tokens that are no text of their own
(special tokens, control characters, halves of characters) are never said, so text compares cleanly. Tests of
characters cut in two have the successor model.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import mlx.core as mx

from . import checkpoint
from .templates import template
from .tokenizer import SPECIAL, TURN_END, byte_level

if TYPE_CHECKING:
    from collections.abc import Iterator

END_CHANCE = 0.01
SHARP = 2.5

_WORDS = """
the of and to in is that it was for on are as with his they at be this have from or had by but not what
all were we when your can said there use an each which she do how their if will up other about out many then
them these so some her would make like him into time has look two more write go see number no way could
people my than first water been call who its now find long down day did get come made may part over new sound
take only little work know place year live me back give most very after thing our just name good sentence man
think say great where help through much before line right too mean old any same tell boy follow came want
show also around form three small set put end does another well large must big even such because turn here
why ask went men read need land
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of an architecture, under the names of config.json made short."""

    model_type: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    width: int
    vocab: int


PRESETS = {
    # 0.75 million parameters.
    "tiny": Shape("llama", 128, 4, 4, 2, 32, 192, 1024),
    # https://huggingface.co/Qwen/Qwen3-0.6B/blob/main/config.json, but for the head, which is not tied here.
    "0.6b": Shape("qwen3", 1024, 28, 16, 8, 128, 3072, 151936),
    # https://huggingface.co/Qwen/Qwen3-8B/blob/main/config.json.
    "8b": Shape("qwen3", 4096, 36, 32, 8, 128, 12288, 151936),
}


def random(
    path: str | Path,
    *,
    preset: str = "tiny",
    seed: int = 0,
    hidden: int | None = None,
    layers: int | None = None,
    heads: int | None = None,
    kv_heads: int | None = None,
    vocab: int | None = None,
    context_length: int = 4096,
    dtype: str | None = None,
    chat_template: str = "chatml",
    endless: bool = False,
) -> Path:
    """Write a model of random weights into a directory and return the directory.

    Args:
        path: the directory, made if missing.
        preset: a name of `PRESETS`; the arguments after `seed` replace its numbers.
        seed: another seed is another model; the same seed the same one, on the same kind of device.
        hidden: size of the residual; the MLP's width follows in the preset's proportion.
        layers: of the transformer.
        heads: of the queries.
        kv_heads: of keys and values; divides `heads`.
        vocab: tokens, all of them in the tokenizer; at least 1024.
        context_length: `max_position_embeddings`, in tokens.
        dtype: `float32`, `float16` or `bfloat16`; None is float32 for "tiny" (on a CPU the fastest) and
            bfloat16 for the others.
        chat_template: a name of `templates.TEMPLATES`.
        endless: it never ends its turn, so that all answers have the length that is asked for.

    Raises:
        ValueError: an unknown preset, template or dtype, or numbers that do not fit together.
    """
    if preset not in PRESETS:
        raise ValueError(f"no preset {preset!r}; there are {', '.join(PRESETS)}")
    dtype = dtype or ("float32" if preset == "tiny" else "bfloat16")
    if dtype not in checkpoint.DTYPES:
        raise ValueError(f"no dtype {dtype!r}; there are {', '.join(checkpoint.DTYPES)}")
    path, chosen, base = Path(path), template(chat_template), PRESETS[preset]
    shape = Shape(
        base.model_type,
        hidden or base.hidden,
        layers or base.layers,
        heads or base.heads,
        kv_heads or base.kv_heads,
        base.head_dim,
        (hidden or base.hidden) * base.width // base.hidden,
        vocab or base.vocab,
    )
    if shape.heads % shape.kv_heads:
        raise ValueError(f"{shape.kv_heads} kv heads do not divide {shape.heads} heads")
    count = shape.vocab - 256 - len(SPECIAL) - len(chosen.tokens)
    if shape.vocab < 1024:
        raise ValueError("the bytes and words need a vocabulary of at least 1024")
    tokenizer = byte_level(itertools.islice(_words(), count), chosen.tokens)
    words = range(256 + len(SPECIAL), shape.vocab - len(chosen.tokens))
    said = [ord("\n"), *range(ord(" "), ord("~") + 1), *words]
    end = 256 + SPECIAL.index(TURN_END)
    config = {
        "architectures": ["LlamaForCausalLM" if shape.model_type == "llama" else "Qwen3ForCausalLM"],
        "model_type": shape.model_type,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "vocab_size": shape.vocab,
        "max_position_embeddings": context_length,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0 if shape.model_type == "llama" else 1000000.0,
        "tie_word_embeddings": False,
        "torch_dtype": dtype,
    }
    weights = _weights(shape, mx.random.key(seed), checkpoint.DTYPES[dtype], said, end, endless=endless)
    return checkpoint.write(path, config, weights, tokenizer, chosen)


def _words() -> Iterator[str]:
    """English words with the space before them, then made-up ones of two to four syllables, without end."""
    known = _WORDS.split()
    yield from (" " + word for word in known)
    syllables = [consonant + vowel for vowel in "aeiou" for consonant in "bdfgklmnprstvz"]
    for length in itertools.count(2):
        for parts in itertools.product(syllables, repeat=length):
            word = "".join(parts)
            if word not in known:
                yield " " + word


def _weights(
    shape: Shape, key: mx.array, dtype: mx.Dtype, said: list[int], end: int, *, endless: bool
) -> dict[str, mx.array]:
    """Every weight under its checkpoint's name."""
    keys = itertools.chain.from_iterable(mx.random.split(each, 64) for each in mx.random.split(key, 64))

    def dense(rows: int, columns: int, scale: float = 1.0) -> mx.array:
        # Unit variance in, `scale` squared out.
        return mx.random.normal((rows, columns), dtype, scale=scale / math.sqrt(columns), key=next(keys))

    hidden, heads, inner = shape.hidden, shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    # Together the layers' updates have four times the variance of the embedding.
    update = math.sqrt(4 / (2 * shape.layers))
    constant = math.sqrt(hidden) / 2
    mute = mx.concatenate([mx.zeros((1, 1), dtype), mx.ones((hidden - 1, 1), dtype)])
    tokens = mx.random.normal((shape.vocab, hidden - 1), dtype, key=next(keys))
    weights = {
        "model.embed_tokens.weight": mx.concatenate([mx.full((shape.vocab, 1), constant, dtype), tokens], axis=1),
        "model.norm.weight": mx.ones(hidden, dtype),
    }
    for layer in range(shape.layers):
        prefix = f"model.layers.{layer}."
        weights |= {
            prefix + "self_attn.q_proj.weight": dense(heads, hidden, SHARP),
            prefix + "self_attn.k_proj.weight": dense(inner, hidden, SHARP),
            prefix + "self_attn.v_proj.weight": dense(inner, hidden),
            prefix + "self_attn.o_proj.weight": dense(hidden, heads, update) * mute,
            prefix + "mlp.gate_proj.weight": dense(shape.width, hidden),
            prefix + "mlp.up_proj.weight": dense(shape.width, hidden),
            # A gated unit (SiLU of one normal times another) has a variance of 0.36.
            prefix + "mlp.down_proj.weight": dense(hidden, shape.width, update / 0.6) * mute,
            prefix + "input_layernorm.weight": mx.ones(hidden, dtype),
            prefix + "post_attention_layernorm.weight": mx.ones(hidden, dtype),
        }
        if shape.model_type == "qwen3":
            # Qwen3 normalizes queries and keys, so that their sharpness is here.
            sharp = mx.full(shape.head_dim, SHARP, dtype)
            weights |= {prefix + "self_attn.q_norm.weight": sharp, prefix + "self_attn.k_norm.weight": sharp}
    # Below sqrt(2 ln V) the likeliest tokens are many; near it greedy decoding still has a clear first.
    spread = 0.75 * math.sqrt(2 * math.log(len(said)))
    bias = [-100.0] * shape.vocab
    for token in said:
        bias[token] = 0.0
    if not endless:
        bias[end] = math.log(END_CHANCE * len(said)) + spread**2 / 2
    # What the constant is once the last norm has divided by the root mean square of the residual. The 3.7 is
    # measured: attention averages and so adds less than `update` squared.
    reach = constant / math.sqrt(3.7 + constant**2 / hidden)
    head = dense(shape.vocab, hidden, spread)
    head[:, 0] = mx.array(bias, dtype) / reach
    head[end, 1:] = 0
    weights["lm_head.weight"] = head
    return weights
