"""How one model thinks and calls tools, as far as mlx-lm's tokenizer tells: its marks and what its template takes.

`tokenizer` is mlx-lm's `TokenizerWrapper`. The marks come from the vocabulary and the kind of call from the chat
template (`mlx_lm/tokenizer_utils.py`).
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..protocol.messages import Generate
from .answer import AnswerParser, Pair
from .calls import CallReader
from .ledger import Ledger, TokenBytes
from .text import ParsedTextStream, TextStream

# A prompt that opens a thought ends in the opening mark and perhaps a line break.
_TAIL_TOKENS = 16


def takes_tools(tokenizer: Any) -> bool:
    """Tell whether the template can show tools and calls, and mlx-lm can read what the model then writes."""
    return tokenizer.has_tool_calling and _mentions(tokenizer, "tools")


def takes_enable_thinking(tokenizer: Any) -> bool:
    """Tell whether the template asks whether to think; those that mlx-lm wrote in Python do."""
    in_python = tokenizer._chat_template is not None  # noqa: SLF001 - it has no other name
    return tokenizer.has_thinking and (in_python or _mentions(tokenizer, "enable_thinking"))


def takes_short_ids_alone(tokenizer: Any) -> bool:
    """Tell whether the template refuses ids of calls that are not nine letters or digits, as Mistral's do."""
    return "length != 9" in _template(tokenizer)


def open_text(tokenizer: Any, request: Generate, prompt: list[int], *, held: bool = False) -> TextStream:
    """Return what turns the answer's tokens, which may be `held` to a grammar, into text, thoughts and calls."""
    text = _text(tokenizer, request, prompt, held=held)
    if request.sampling.logprobs:
        text.ledger = Ledger(token_bytes(tokenizer))
    if request.sampling.ignore_eos:
        text.silent = frozenset(tokenizer.eos_token_ids)
    return text


def _text(tokenizer: Any, request: Generate, prompt: list[int], *, held: bool) -> TextStream:
    call = Pair(tokenizer.tool_call_start, tokenizer.tool_call_end) if request.tools else None
    thought = Pair(tokenizer.think_start, tokenizer.think_end) if tokenizer.has_thinking else None
    if call is None and thought is None:
        return TextStream(tokenizer.detokenizer, request.stop)
    reader = CallReader(tokenizer.tool_parser, [json.loads(tool) for tool in request.tools])
    parser = AnswerParser(
        thought,
        call,
        reader,
        thinking=opens_thought(tokenizer, prompt),
        leading=request.grammar is not None,
        whole=held and call is not None,
    )
    return ParsedTextStream(tokenizer.detokenizer, request.stop, parser)


def token_bytes(tokenizer: Any) -> TokenBytes:
    """Return what tells the bytes of a token, as the tokenizer's detokenizer takes them."""
    # Here: it imports mlx, whose BLAS must be decided before.
    from mlx_lm.tokenizer_utils import (  # noqa: PLC0415
        BPEStreamingDetokenizer,
        SPMStreamingDetokenizer,
        _byte_decoder,
    )

    detokenizer = tokenizer.detokenizer
    if isinstance(detokenizer, SPMStreamingDetokenizer):
        return lambda token: detokenizer.tokenmap[token].replace("\N{LOWER ONE EIGHTH BLOCK}".encode(), b" ")
    if not isinstance(detokenizer, BPEStreamingDetokenizer):
        return lambda token: tokenizer.decode([token]).encode()
    known, byte_of = detokenizer.tokenmap, _byte_decoder()

    def of_byte_level(token: int) -> bytes:
        # Models have more rows than tokenizers have tokens; the detokenizer says "!" for them too.
        letters = known[token] if token < len(known) else "!"
        return b"".join(
            bytes([byte_of[letter]]) if letter in byte_of else letter.encode() for letter in letters or ""
        )

    return of_byte_level


def opens_thought(tokenizer: Any, prompt: list[int]) -> bool:
    """Tell whether the prompt ends within a thought."""
    # Only at the very end: a message may speak of the mark.
    return tokenizer.has_thinking and tokenizer.decode(prompt[-_TAIL_TOKENS:]).rstrip().endswith(
        tokenizer.think_start
    )


def _mentions(tokenizer: Any, variable: str) -> bool:
    return re.search(rf"\b{variable}\b", _template(tokenizer)) is not None


def _template(tokenizer: Any) -> str:
    """Return the text of the chat template, or of all of them where a model has one for tools too."""
    template = tokenizer.chat_template
    return "".join(template.values()) if isinstance(template, dict) else template or ""
