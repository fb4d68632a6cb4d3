"""A request to the grammar of its answer, compiled.

Runs on the prompt threads: llguidance lets go of the GIL while it compiles, and its limits bound a grammar's size
and time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from llguidance import LLMatcher, LLParserLimits, LLTokenizer

from ...protocol.messages import Generate
from .forms import NotEnforceable, call_form
from .lark import Calls, Mark, Thought, answer_grammar
from .row import RowGrammar
from .schemas import Fault, find_fault, known_fault, with_whitespace

# llguidance's own limits are for grammars that are trusted more: these bound a compilation to well under a
# second, and a mask to some milliseconds.
_LIMITS = LLParserLimits(
    initial_lexer_fuel=1_000_000,
    max_grammar_size=200_000,
    step_lexer_fuel=200_000,
    step_max_items=50_000,
    max_lexer_states=50_000,
    precompute_large_lexemes=False,
    verbose_errors=False,
)
_LONGEST_REASON = 500
_ANY_OBJECT = {"type": "object"}


class GrammarFault(Exception):
    """The grammar can't be compiled, or this model's answers can't be held to it.

    Attributes:
        param: The request's field at fault.
    """

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


@dataclass
class _Piece:
    """A grammar within the answer's.

    Attributes:
        name: In the answer's grammar.
        kind: `"json_schema"`, `"regex"` or `"lark"`.
        source: A schema, or text.
        field: Of the request.
        firm: It is kept, or the request is refused; one that is not becomes any JSON object.
    """

    name: str
    kind: str
    source: Any
    field: str
    firm: bool = True

    def grammar(self, source: Any) -> dict[str, Any]:
        match self.kind:
            case "json_schema":
                return {"name": self.name, "json_schema": with_whitespace(source)}
            case "regex":
                (grammar,) = json.loads(LLMatcher.grammar_from_regex(source))["grammars"]
                return {**grammar, "name": self.name}
            case _:
                return {"name": self.name, "lark_grammar": source}

    def check(self, compile_it: Callable[[list[dict[str, Any]]], LLMatcher]) -> Fault | None:
        """Return what is wrong with this grammar alone."""

        def reason(source: Any) -> str:
            return compile_it([self.grammar(source)]).get_error()

        if self.kind == "json_schema":
            return find_fault(self.source, reason)
        return Fault("", why) if (why := reason(self.source)) else None


class GrammarCompiler:
    """Compiles grammars for one model.

    Args:
        tokenizer: mlx-lm's `TokenizerWrapper`.
        vocabulary: How many tokens the model's logits are for.
    """

    def __init__(self, tokenizer: Any, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._lock = threading.Lock()
        self._known: LLTokenizer | None = None

    def compile(self, request: Generate, *, thinking: bool) -> RowGrammar | None:
        """Return what the answer is held to, or None if that is nothing.

        Args:
            request: May be resumed: the grammar is moved on behind what was sampled already.
            thinking: The prompt has opened a thought.

        Raises:
            GrammarFault: It can't be kept.
            ValueError: What is resumed is not of this grammar.
        """
        if request.grammar is None and not request.tools:
            return None
        pieces: list[_Piece] = []
        if request.grammar is not None:
            grammar = request.grammar
            source = json.loads(grammar.text) if grammar.kind == "json_schema" else grammar.text
            if grammar.kind == "lark" and "%json" in grammar.text:  # its schema would pass unchecked
                raise GrammarFault(
                    _sentence(grammar.field, "%json is not taken; 'response_format' is"), grammar.field
                )
            pieces.append(_Piece("answer", grammar.kind, source, grammar.field))
        try:
            calls = self._calls(request, pieces)
        except NotEnforceable as error:
            if (param := _must_hold(request)) is not None:
                raise GrammarFault(f"This model's calls can't be held to that: {error}.", param) from None
            if request.grammar is None:
                return None
            raise GrammarFault(
                f"With this model, '{request.grammar.field}' and 'tools' exclude each other: {error}.",
                request.grammar.field,
            ) from None
        answer = None if request.grammar is None else "@answer"
        thought = self._thought(thinking=thinking) if thinking or request.enable_thinking is not False else None
        main = answer_grammar(thought, answer, calls)
        matcher = self._build(main, pieces)
        row = RowGrammar(
            matcher,
            self._tokenizer.eos_token_ids,
            self._known_tokenizer().vocab_size,
            ends_last=request.sampling.ignore_eos,
        )
        if not row.replay(request.resume):
            raise ValueError("what is resumed is not of the request's grammar")
        if reason := row.warm_up():
            raise GrammarFault(_sentence(pieces[0].field, reason), pieces[0].field)
        return row

    # --- parts ---

    def _calls(self, request: Generate, pieces: list[_Piece]) -> Calls | None:
        if not request.tools:
            return None
        rules = request.calls
        arguments: dict[str, str] = {}
        for index, text in enumerate(request.tools):
            function = json.loads(text)["function"]
            name = function["name"]
            if rules.tool not in {"", name}:
                continue
            firm = rules.required or name in rules.strict
            field = f"tools[{index}].function.parameters"
            pieces.append(_Piece(f"tool_{index}", "json_schema", function["parameters"], field, firm))
            arguments[name] = f"@tool_{index}"
        kind = (getattr(self._tokenizer.tool_parser, "__module__", "") or "").rpartition(".")[2]
        template = self._tokenizer.chat_template
        form = call_form(kind, template if isinstance(template, str) else "", self._mark, arguments)
        return Calls(form.start, form.rest, rules.required, rules.parallel, form.text_follows)

    def _thought(self, *, thinking: bool) -> Thought | None:
        if not self._tokenizer.has_thinking:
            return None
        start = None if thinking else self._mark(self._tokenizer.think_start)
        return Thought(start, self._mark(self._tokenizer.think_end))

    def _mark(self, text: str) -> Mark:
        tokens = self._tokenizer.encode(text, add_special_tokens=False)
        alone = len(tokens) == 1 and self._known_tokenizer().is_special_token(tokens[0])
        return Mark(text, tokens[0] if alone else None)

    # --- compiling ---

    def _build(self, main: str, pieces: list[_Piece]) -> LLMatcher:
        for piece in pieces:
            if piece.kind == "json_schema" and (fault := known_fault(piece.source)) is not None:
                _loosen(piece, fault)
        matcher = self._compile_all(main, pieces)
        if matcher.is_error():
            for piece in pieces:
                if (fault := piece.check(self._compile)) is not None:
                    _loosen(piece, fault)
            matcher = self._compile_all(main, pieces)
        if matcher.is_error():
            raise GrammarFault(_sentence(pieces[0].field, matcher.get_error()), pieces[0].field)
        return matcher

    def _compile_all(self, main: str, pieces: Iterable[_Piece]) -> LLMatcher:
        return self._compile([{"lark_grammar": main}, *(piece.grammar(piece.source) for piece in pieces)])

    def _compile(self, grammars: list[dict[str, Any]]) -> LLMatcher:
        text = json.dumps({"grammars": grammars})
        return LLMatcher(self._known_tokenizer(), text, log_level=0, limits=_LIMITS)

    def _known_tokenizer(self) -> LLTokenizer:
        """Return the tokenizer as llguidance knows it; the first call takes about a second."""
        # Here: it imports transformers, which a worker's greeting should not wait for.
        from llguidance.hf import from_tokenizer  # noqa: PLC0415

        with self._lock:
            if self._known is None:
                plain = self._tokenizer._tokenizer  # noqa: SLF001 - it has no other name
                self._known = from_tokenizer(
                    plain,
                    n_vocab=max(self._vocabulary, len(self._tokenizer)),
                    eos_token=sorted(self._tokenizer.eos_token_ids),
                )
            return self._known


def _must_hold(request: Generate) -> str | None:
    """Return the field that asks for calls that only a grammar can keep, if one does."""
    rules = request.calls
    if rules.required:
        return "tool_choice"
    if not rules.parallel:
        return "parallel_tool_calls"
    for index, text in enumerate(request.tools):
        if json.loads(text)["function"]["name"] in rules.strict:
            return f"tools[{index}].function.strict"
    return None


def _loosen(piece: _Piece, fault: Fault) -> None:
    """Give up a piece that need not be kept.

    Raises:
        GrammarFault: It must be kept.
    """
    if piece.firm:
        raise GrammarFault(_sentence(piece.field + fault.path, fault.reason), piece.field + fault.path)
    piece.source = _ANY_OBJECT


def _sentence(field: str, reason: str) -> str:
    return f"'{field}': {' '.join(reason.split())[:_LONGEST_REASON]}."
