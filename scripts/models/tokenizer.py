"""Byte-level tokenizers from a plain list of words, without training.

Every byte is a token, so any text can be encoded; a word of the list that the pre-tokenizer cuts out whole is
one token (`ignore_merges`, as in Llama 3), anything else falls into its bytes. The decoder is ByteLevel, for
which mlx-lm takes its fast streaming detokenizer.

Token ids, from 0: the 256 bytes in order of their value, `END_OF_TEXT`, `TURN_START`, `TURN_END`, the words
in the order given, then the added tokens. So the id of a byte is the byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

if TYPE_CHECKING:
    from collections.abc import Iterable

END_OF_TEXT = "<|endoftext|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
SPECIAL = (END_OF_TEXT, TURN_START, TURN_END)


def _alphabet() -> list[str]:
    """The printable character that stands for each byte, by byte value.

    The table of GPT-2: https://github.com/openai/gpt-2/blob/master/src/encoder.py.
    """
    printable = {
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    }
    others = (chr(code) for code in range(256, 512))
    return [chr(byte) if byte in printable else next(others) for byte in range(256)]


_ALPHABET = _alphabet()


def surface(word: str | bytes) -> str:
    """How a byte-level vocabulary writes a word: a space is `Ġ`, `é` is `Ã©`."""
    return "".join(_ALPHABET[byte] for byte in (word.encode() if isinstance(word, str) else word))


def byte_level(
    words: Iterable[str | bytes], added: Iterable[str] = (), *, pattern: str | None = None
) -> Tokenizer:
    r"""A byte-level tokenizer whose vocabulary is the bytes, the words and the added tokens.

    A word may be bytes that are no whole characters. `pattern` is the regular expression that cuts text into
    words (Oniguruma's syntax); None takes GPT-2's, which keeps the space before a word with it.

    Raises:
        ValueError: two words have the same bytes.
    """
    surfaces = [*_ALPHABET, *SPECIAL, *(surface(word) for word in words)]
    vocabulary = {text: token for token, text in enumerate(surfaces)}
    if len(vocabulary) != len(surfaces):
        raise ValueError("a word is in the list twice, or is a single byte")
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], ignore_merges=True))
    if pattern is None:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in SPECIAL])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in added])
    return tokenizer
