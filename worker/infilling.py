"""How a model is asked to fill in the middle between a prompt and a suffix, where it has marks for that.

https://arxiv.org/abs/2207.14255, in the order prefix, suffix, middle.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Marks(NamedTuple):
    """The tokens before the prefix, between prefix and suffix, and behind the suffix."""

    prefix: int
    suffix: int
    middle: int


_KNOWN = (
    # Qwen's coders, CodeGemma.
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    # StarCoder, Granite; SantaCoder.
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    # DeepSeek-Coder.
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # noqa: RUF001 - so they are spelled
)


def infilling_marks(tokenizer: Any) -> Marks | None:
    """Return a model's marks, or None if it has none that are known."""
    vocabulary = tokenizer.get_vocab()
    for names in _KNOWN:
        if all(name in vocabulary for name in names):
            return Marks(*(vocabulary[name] for name in names))
    return None


def infill(tokenizer: Any, marks: Marks, prompt: list[int], suffix: str) -> list[int]:
    """Return the tokens of a prompt whose answer is what stands between it and its suffix.

    Args:
        tokenizer: The model's.
        marks: Likewise.
        prompt: Without what the tokenizer puts around every text.
        suffix: What follows the answer.
    """
    behind = tokenizer.encode(suffix, add_special_tokens=False)
    return [*tokenizer.encode(""), marks.prefix, *prompt, marks.suffix, *behind, marks.middle]
