r"""A model that counts: after " 40" it says " 41", " 42" and so on to its last number, then ends.

Every answer is known beforehand and to the token, from the prompt's last token alone:
  - a number (with or without a space before it) up to the last one is followed by the next number,
  - the last number is followed by the end of the turn,
  - a trigger word is followed by its text, spelled in pieces that cut characters in two, then the end,
  - anything else, the newline of a ChatML prompt included, is followed by " 1".
A number beyond the last is read digit by digit, so it counts from its last digit.

How: attention and MLP are computed and multiplied by zero, so the residual is the token's embedding, and that
is the code of its successor. Codes are rows of a Walsh-Hadamard matrix and their negatives: exactly
orthogonal, entries +-1, so no precision, batch or cache rounds them. The logit of the successor is `TOP`, of
the successor's successor `TOP / 2`, of all others about nothing: 32 nats between the first and the second,
which sampling up to temperature 2 does not cross, and a ban of the first (logit bias) skips one token.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import mlx.core as mx
import numpy as np

from . import checkpoint
from .templates import Template, template
from .tokenizer import TURN_END, byte_level, surface

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOP = 64.0

# Accents, an emoji of two joined by a zero-width joiner, a flag, CJK; a tool call; a thought; an object.
TEXTS = {
    "spell": "héllo wörld 👩‍🚀 ünïcödé 日本語 🇫🇷 ça y est",
    "tool": '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich"}}\n</tool_call>',
    "think": "<think>\nCounting is easy.\n</think>\n\nOne comes first.",
    "json": '{"answer": 42, "unit": "km"}',
}


def successor(
    path: str | Path,
    *,
    last: int = 400,
    texts: Mapping[str, str] | None = None,
    context_length: int = 4096,
    chat_template: str = "count",
    work: float = 0.0,
    layers: int = 2,
    dtype: str = "float32",
) -> Path:
    """Write a counting model of Llama's architecture into a directory and return the directory.

    Args:
        path: the directory, made if missing.
        last: the last number, after which the answer ends; at least 1.
        texts: what to say after which trigger word (letters only); None takes `TEXTS`.
        context_length: `max_position_embeddings`, in tokens.
        chat_template: a name of `templates.TEMPLATES`.
        work: millions of multiply-adds that a token costs beyond the bare model, so that faults can be timed.
        layers: of the transformer; each has a KV cache of 64 numbers a token for keys and as many for values.
        dtype: `float32`, `float16` or `bfloat16`.

    Raises:
        ValueError: an unknown template or dtype, or a text that cannot be spelled.
    """
    path, chosen = Path(path), template(chat_template)
    if dtype not in checkpoint.DTYPES:
        raise ValueError(f"no dtype {dtype!r}; there are {', '.join(checkpoint.DTYPES)}")
    texts = TEXTS if texts is None else texts
    numbers = [str(number) for number in range(last + 1)]
    answers = _pieces(texts, chosen)
    pieces = [piece for answer in answers.values() for piece in answer if isinstance(piece, bytes)]
    words = [form for word in (*numbers, *texts) for form in (word, " " + word) if len(form) > 1]
    # Single characters but for numbers and triggers: no prompt can hold a piece of a text.
    triggers = "".join(f"|(?<![A-Za-z]){word}" for word in texts)
    pattern = f" ?(?:[0-9]+{triggers})(?![0-9A-Za-z])|(?m:.)"
    tokenizer = byte_level([*words, *pieces], chosen.tokens, pattern=pattern)

    def token(word: str | bytes) -> int:
        whole = isinstance(word, str) and word in {TURN_END, *chosen.tokens}
        found = tokenizer.token_to_id(str(word) if whole else surface(word))
        if found is None:
            raise ValueError(f"{word!r} is not in the vocabulary")
        return found

    end = token(TURN_END)
    after = np.full(tokenizer.get_vocab_size(), token(" 1"))
    for number, word in enumerate(numbers):
        after[[token(word), token(" " + word)]] = end if number == last else token(f" {number + 1}")
    for word, answer in answers.items():
        spelled = [token(piece) for piece in answer]
        after[[token(word), token(" " + word)]] = spelled[0]
        after[spelled] = [*spelled[1:], end]

    weights, hidden = _codes(after)
    width = 64 * (1 + math.ceil(work * 1e6 / (3 * hidden * layers * 64)))
    for layer in range(layers):
        weights |= _idle_layer(f"model.layers.{layer}.", hidden, width)
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 64,
        "vocab_size": len(weights["lm_head.weight"]),
        "max_position_embeddings": context_length,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": dtype,
    }
    arrays = {name: mx.array(value).astype(checkpoint.DTYPES[dtype]) for name, value in weights.items()}
    return checkpoint.write(path, config, arrays, tokenizer, chosen)


def _pieces(texts: Mapping[str, str], chosen: Template) -> dict[str, list[str | bytes]]:
    """Cut every text into tokens of which none occurs twice, because a token has one successor only.

    A token of the template (`<tool_call>`) stays whole (str) where it first occurs; all else is cut into the
    shortest bytes, from two on, that are new.
    """
    used: set[str | bytes] = {*texts, *(" " + word for word in texts)}
    answers: dict[str, list[str | bytes]] = {}
    for word, text in texts.items():
        if not (word.isascii() and word.isalpha()):
            raise ValueError(f"a trigger word is made of letters; {word!r} is not")
        answers[word] = []
        spelled = ""
        for part in _split(text, chosen.tokens):
            if part in chosen.tokens and part not in used:
                used.add(part)
                answers[word].extend([*_cut(spelled.encode(), used), part])
                spelled = ""
            else:
                spelled += part
        answers[word].extend(_cut(spelled.encode(), used))
    return answers


def _split(text: str, tokens: tuple[str, ...]) -> Iterator[str]:
    """The text in order, the tokens in it apart from what is between them; nothing empty."""
    while text:
        places = ((text.find(token), token) for token in tokens if token in text)
        begin, found = min(places, default=(len(text), ""))
        yield from filter(None, (text[:begin], found))
        text = text[begin + len(found) :]


def _cut(text: bytes, used: set[str | bytes]) -> list[bytes]:
    """Cut bytes into the shortest new pieces, of which the last may be longer, and note them as used."""
    pieces: list[bytes] = []
    rest = text
    while rest:
        for length in range(2, len(rest) + 1):
            if len(rest) - length != 1 and _is_free(rest[:length], used):
                break
        else:
            # What is left is used already: it becomes the end of the pieces before it.
            while pieces:
                used.discard(pieces[-1])
                rest = pieces.pop() + rest
                if _is_free(rest, used):
                    break
            else:
                raise ValueError(f"no new piece to spell the end of {text.decode(errors='replace')!r} with")
            length = len(rest)
        pieces.append(rest[:length])
        used.add(rest[:length])
        rest = rest[length:]
    return pieces


def _is_free(piece: bytes, used: set[str | bytes]) -> bool:
    """Whether a piece is new and no prompt can hold it: neither a number nor a single whole character."""
    text = piece.decode(errors="replace")
    return piece not in used and text not in used and len(text) > 1 and not text.removeprefix(" ").isdigit()


def _codes(after: np.ndarray) -> tuple[dict[str, np.ndarray], int]:
    """Embedding and head, both (vocabulary, hidden), for the successor of each token, and the hidden size."""
    said = np.unique(after)
    # The constant row is left out: under quantization every row has a little of it.
    hidden = max(256, 1 << math.ceil(math.log2(len(said) / 2 + 1)))
    walsh = np.array([[1.0]], dtype=np.float32)
    while len(walsh) < hidden:
        walsh = np.block([[walsh, walsh], [walsh, -walsh]])
    # Columns are shuffled, else some rows are constant within a group of 64, the unit of quantization.
    walsh = walsh[1:, np.random.default_rng(0).permutation(hidden)]
    codes = np.concatenate([walsh, -walsh])[: len(said)]
    row = np.zeros(said.max() + 1, dtype=int)
    row[said] = np.arange(len(said))

    vocabulary = 64 * math.ceil(len(after) / 64)
    embedding = np.zeros((vocabulary, hidden), dtype=np.float32)
    embedding[: len(after)] = codes[row[after]]
    embedding[len(after) :] = codes[0]
    head = np.zeros((vocabulary, hidden), dtype=np.float32)
    head[said] = codes
    # A token is the second choice wherever the token before it is the first.
    np.add.at(head, after[said], codes / 2)
    weights = {
        "model.embed_tokens.weight": embedding,
        "model.norm.weight": np.ones(hidden, dtype=np.float32),
        "lm_head.weight": head * (TOP / hidden),
    }
    return weights, hidden


def _idle_layer(prefix: str, hidden: int, width: int) -> dict[str, np.ndarray]:
    """A layer that computes all a layer computes and adds zero."""
    random = np.random.default_rng(1)

    def dense(rows: int) -> np.ndarray:
        # One block repeated: wide models are to be made quickly, and nobody sees the difference.
        block = random.standard_normal((64, hidden), dtype=np.float32) / np.sqrt(hidden)
        return np.tile(block, (rows // 64, 1))

    return {
        prefix + "self_attn.q_proj.weight": dense(128),
        prefix + "self_attn.k_proj.weight": dense(64),
        prefix + "self_attn.v_proj.weight": dense(64),
        prefix + "self_attn.o_proj.weight": np.zeros((hidden, 128), dtype=np.float32),
        prefix + "mlp.gate_proj.weight": dense(width),
        prefix + "mlp.up_proj.weight": dense(width),
        prefix + "mlp.down_proj.weight": np.zeros((hidden, width), dtype=np.float32),
        prefix + "input_layernorm.weight": np.ones(hidden, dtype=np.float32),
        prefix + "post_attention_layernorm.weight": np.ones(hidden, dtype=np.float32),
    }
