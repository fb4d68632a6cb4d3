"""How one model thinks and calls tools, as far as mlx-lm's tokenizer tells: its marks and what its template takes.

`tokenizer` is mlx-lm's `TokenizerWrapper`. The marks come from the vocabulary and the kind of call from the chat
template (`mlx_lm/tokenizer_utils.py`).
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from jinja2 import TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Name, Test
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..protocol.messages import CHAT_TEMPLATE, INFILLING, THINKING, THINKING_CHOICE, TOOLS, Generate
from .answer import AnswerParser, Pair
from .calls import CallReader
from .infilling import infilling_marks
from .ledger import Ledger, TokenBytes
from .text import ParsedTextStream, TextStream
from .thinking import ThinkingBudget

# A prompt that opens a thought ends in the opening mark and perhaps a line break.
_TAIL_TOKENS = 16
_GENERATION_MARK = re.compile(r"\{%-?\s*(?:end)?generation\s*-?%\}")
# What a template is given by us or by transformers; whether to think is asked for by a field of its own.
_NOT_OPTIONS = frozenset({
    "messages", "tools", "documents", "add_generation_prompt", "continue_final_message", "enable_thinking",
    "raise_exception", "strftime_now", "bos_token", "eos_token", "unk_token", "pad_token", "sep_token",
    "cls_token", "mask_token", "additional_special_tokens",
})  # fmt: skip


def takes_tools(tokenizer: Any) -> bool:
    """Tell whether the template can show tools and calls, and mlx-lm can read what the model then writes."""
    return tokenizer.has_tool_calling and _mentions(tokenizer, "tools")


def takes_enable_thinking(tokenizer: Any) -> bool:
    """Tell whether the template asks whether to think; those that mlx-lm wrote in Python do."""
    in_python = tokenizer._chat_template is not None  # noqa: SLF001 - it has no other name
    return tokenizer.has_thinking and (in_python or _mentions(tokenizer, "enable_thinking"))


def abilities(tokenizer: Any) -> tuple[str, ...]:
    """Return what a model can, as clients are told."""
    found = {
        CHAT_TEMPLATE: tokenizer.has_chat_template,
        TOOLS: takes_tools(tokenizer),
        THINKING: tokenizer.has_thinking,
        THINKING_CHOICE: takes_enable_thinking(tokenizer),
        INFILLING: infilling_marks(tokenizer) is not None,
    }
    return tuple(name for name, can in found.items() if can)


def template_options(tokenizer: Any) -> tuple[str, ...]:
    """Return the names that the chat template asks for, but for those that are not a client's to set."""
    environment = ImmutableSandboxedEnvironment(extensions=["jinja2.ext.loopcontrols"])
    try:
        # Marks of transformers' own, for training.
        parsed = environment.parse(_GENERATION_MARK.sub("", _template(tokenizer)))
    except TemplateSyntaxError:
        return ()
    ours = _NOT_OPTIONS | environment.globals.keys() | tokenizer.special_tokens_map.keys()
    assigned = {name.name for name in parsed.find_all(Name) if name.ctx == "store"}
    # A template that sets what is not given asks first whether it is.
    asked = {test.node.name for test in parsed.find_all(Test) if isinstance(test.node, Name)}
    return tuple(sorted(find_undeclared_variables(parsed) - ours - (assigned - asked)))


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


def thinking_budget(
    tokenizer: Any, request: Generate, prompt: list[int], *, held: bool = False
) -> ThinkingBudget | None:
    """Return what holds the answer's thoughts to their budget, behind what is resumed; None if there is none."""
    # The text's own parser says what is wrong with a call.
    parser = _parser(tokenizer, request, prompt, held=held, log_level=logging.DEBUG)
    if request.thinking_budget is None or parser is None:
        return None
    budget = ThinkingBudget(
        _detokenizer(tokenizer, request), parser, tokenizer.think_end_tokens, request.thinking_budget
    )
    budget.replay(request.resume)
    return budget


def _text(tokenizer: Any, request: Generate, prompt: list[int], *, held: bool) -> TextStream:
    detokenizer, parser = _detokenizer(tokenizer, request), _parser(tokenizer, request, prompt, held=held)
    if parser is None:
        return TextStream(detokenizer, request.stop)
    return ParsedTextStream(detokenizer, request.stop, parser)


def _parser(
    tokenizer: Any, request: Generate, prompt: list[int], *, held: bool, log_level: int = logging.WARNING
) -> AnswerParser | None:
    """Return what finds thoughts and calls in the answer; None if neither is looked for."""
    if request.source == "prompt":
        return None
    call = Pair(tokenizer.tool_call_start, tokenizer.tool_call_end) if request.tools else None
    thought = Pair(tokenizer.think_start, tokenizer.think_end) if tokenizer.has_thinking else None
    if call is None and thought is None:
        return None
    reader = CallReader(tokenizer.tool_parser, [json.loads(tool) for tool in request.tools], log_level)
    return AnswerParser(
        thought,
        call,
        reader,
        thinking=opens_thought(tokenizer, prompt),
        leading=request.grammar is not None,
        whole=held and call is not None,
    )


def _detokenizer(tokenizer: Any, request: Generate) -> Any:
    detokenizer = tokenizer.detokenizer
    if request.source == "prompt" or request.continue_final_message:
        # mlx-lm takes away the blank that a text begins with; here the text goes on, and the blank is part of it.
        for token in tokenizer.encode("a", add_special_tokens=False):
            detokenizer.add_token(token)
        detokenizer.last_segment  # noqa: B018 - what was said so far is nobody's
    return detokenizer


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
