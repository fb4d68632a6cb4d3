"""What has come of one answer: text, thoughts, calls, and how many tokens they are."""

from __future__ import annotations

import secrets
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Sequence
from typing import Any

from ...protocol.messages import Alternative, Delta, TokenLogprob, ToolCall
from ..dispatcher import Started

# How a worker's finish is told to clients, who know no other reasons than OpenAI's.
_FINISH_REASONS = {"repetition": "length"}


def ending(finish: str) -> dict[str, str]:
    """Return what a choice says of its end; `stop_reason` where the finish reason does not say all."""
    if finish in _FINISH_REASONS:
        return {"finish_reason": _FINISH_REASONS[finish], "stop_reason": finish}
    return {"finish_reason": finish}


class Answer:
    """Gathers the deltas of one generation; `model` is known once it has started.

    Attributes:
        finish: How the worker ended it, once it has.
    """

    def __init__(self, *, with_logprobs: bool = False) -> None:
        self.model = ""
        self.finish: str | None = None
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.reasoning_tokens = 0
        self.cached_tokens = 0
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._numbered = 0
        self._with_logprobs = with_logprobs
        self._undecided: deque[TokenLogprob] = deque()
        self._entries: list[dict[str, Any]] = []
        self._logprob, self._sampled = 0.0, 0

    def start(self, started: Started) -> None:
        """Take what is known once a worker has begun."""
        self.model = started.model.id
        self.prompt_tokens = started.prompt_tokens

    def count(self, delta: Delta) -> None:
        """Count a delta's tokens, and see whether it is the last."""
        self.finish = delta.finish
        self.completion_tokens += len(delta.tokens)
        if delta.aside is not None:
            self.reasoning_tokens += delta.aside.reasoning_tokens
            self.cached_tokens += delta.aside.cached_tokens

    def take(self, delta: Delta) -> None:
        """Keep a delta for the whole answer."""
        self.count(delta)
        self._text.append(delta.text)
        self._entries += self.shown(delta)
        if delta.aside is not None:
            self._reasoning.append(delta.aside.reasoning)
            self._calls.extend(self.number(call)[1] for call in delta.aside.tool_calls)

    def shown(self, delta: Delta) -> list[dict[str, Any]]:
        """Take a delta's log-probabilities; return those of the tokens that became part of the content.

        They wait here and not in the worker, so that none is lost with it.
        """
        if delta.logprobs is None:
            return []
        self._undecided += delta.logprobs.entries
        self._logprob += sum(entry.logprob for entry in delta.logprobs.entries)
        self._sampled += len(delta.logprobs.entries)
        entries: list[dict[str, Any]] = []
        for verdict in delta.logprobs.verdicts:
            for _ in range(min(abs(verdict), len(self._undecided))):
                entry = self._undecided.popleft()
                if verdict > 0:
                    entries.append(self.entry(entry))
        return entries

    def entry(self, token: TokenLogprob) -> dict[str, Any]:
        """Return what is told of a token of the content; they come in order."""
        return {**_alternative(token), "top_logprobs": [_alternative(other) for other in token.top]}

    @property
    def logprob_per_token(self) -> float:
        """The mean of the tokens' log-probabilities, as far as they were told; 0 without any."""
        return self._logprob / max(1, self._sampled)

    def logprobs(self) -> dict[str, Any] | None:
        """Return the log-probabilities of the whole answer, if they were asked for."""
        return {"content": self._entries, "refusal": None} if self._with_logprobs else None

    def number(self, call: ToolCall) -> tuple[int, dict[str, Any]]:
        """Return the next call's index and the call as clients get it.

        Its id is drawn here unless the model gave one: a generation that is continued elsewhere sends each call
        once, so what was drawn stays.
        """
        index = self._numbered
        self._numbered += 1
        function = {"name": call.name, "arguments": call.arguments}
        return index, {"id": call.id or f"call_{secrets.token_hex(12)}", "type": "function", "function": function}

    def choice(self) -> dict[str, Any]:
        """Return the whole answer as one of a completion's choices."""
        return {"message": self._message(), "logprobs": self.logprobs(), **ending(self.finish or "")}

    def _message(self) -> dict[str, Any]:
        """Return the message; it has no content if there are calls alone."""
        text = "".join(self._text)
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        if reasoning := "".join(self._reasoning):
            message["reasoning_content"] = message["reasoning"] = reasoning
        if self._calls:
            message["tool_calls"] = self._calls
            message["content"] = text or None
        return message


class CompletionAnswer(Answer):
    """An answer in the shape of `/v1/completions`: text alone.

    Args:
        echo: The prompt, if it is to come before the text.
        with_logprobs: Whether they were asked for.
    """

    def __init__(self, echo: str = "", *, with_logprobs: bool = False) -> None:
        super().__init__(with_logprobs=with_logprobs)
        self.echo = echo
        self._offset = len(echo)
        self._prompt_entries = self._prompt_offset = 0
        self._prompt_decoder = getincrementaldecoder("utf-8")("replace")
        # Holds back the bytes of a character whose end has not come.
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def shown(self, delta: Delta) -> list[dict[str, Any]]:
        """Take a delta's log-probabilities; return those of the prompt, and of the tokens that became text."""
        told = delta.prompt_logprobs
        if told is None:
            return super().shown(delta)
        # Another worker may have told a part of them.
        new = told.entries[max(0, self._prompt_entries - told.start) :]
        return [*map(self._prompt_entry, new), *super().shown(delta)]

    def entry(self, token: TokenLogprob) -> dict[str, Any]:
        """Return what is told of a token, and where it begins in the text."""
        offset = self._offset
        self._offset += len(self._decoder.decode(token.token))
        return _column_entry(token, offset)

    def _prompt_entry(self, token: TokenLogprob) -> dict[str, Any]:
        offset = self._prompt_offset
        said = self._prompt_decoder.decode(token.token)
        # What a tokenizer puts before every text is no part of it, nor is the blank that some have there.
        if said and not self.echo.startswith(said, offset):
            said = said.lstrip() if self.echo.startswith(said.lstrip(), offset) else ""
        self._prompt_offset += len(said)
        self._prompt_entries += 1
        entry = _column_entry(token, offset)
        # Nothing stands before the first.
        return entry if self._prompt_entries > 1 else {**entry, "logprob": None, "top": None}

    def logprobs(self) -> dict[str, Any] | None:
        """Return the log-probabilities of the whole answer, if they were asked for."""
        return in_columns(self._entries) if self._with_logprobs else None

    def choice(self) -> dict[str, Any]:
        """Return the whole answer as one of a completion's choices."""
        return {
            "text": self.echo + "".join(self._text),
            "logprobs": self.logprobs(),
            **ending(self.finish or ""),
        }


def best_of(answers: Sequence[Answer], candidates: int, choices: int) -> list[Answer]:
    """Return so many choices of each prompt's candidates, those with the highest log-probability per token first.

    Where all are given, they stay in their order.
    """
    if candidates == choices:
        return [*answers]
    prompts = [answers[start : start + candidates] for start in range(0, len(answers), candidates)]
    ranked = [sorted(each, key=lambda answer: answer.logprob_per_token, reverse=True) for each in prompts]
    return [answer for each in ranked for answer in each[:choices]]


def in_columns(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the entries of a `CompletionAnswer` as OpenAI has them there."""
    return {
        "tokens": [entry["token"] for entry in entries],
        "token_logprobs": [entry["logprob"] for entry in entries],
        "top_logprobs": [entry["top"] for entry in entries],
        "text_offset": [entry["offset"] for entry in entries],
    }


def usage_of(answers: Sequence[Answer], choices: int) -> dict[str, Any]:
    """Return how many tokens were read and written so far; a prompt counts once for all its choices.

    Args:
        answers: So many choices of the first prompt, then of the next.
        choices: How many each prompt has.
    """
    prompts = [answers[start : start + choices] for start in range(0, len(answers), choices)]
    read = sum(prompt[0].prompt_tokens for prompt in prompts)
    # Of equal prompts one is computed, and may be any of them; it found the least.
    cached = sum(min(answer.cached_tokens for answer in prompt) for prompt in prompts)
    written = sum(answer.completion_tokens for answer in answers)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": sum(answer.reasoning_tokens for answer in answers)},
    }


def _column_entry(token: TokenLogprob, offset: int) -> dict[str, Any]:
    top = {_text(other): other.logprob for other in (*token.top, token)}
    return {"token": _text(token), "logprob": token.logprob, "top": top, "offset": offset}


def _alternative(token: TokenLogprob | Alternative) -> dict[str, Any]:
    return {
        "token": _text(token),
        "logprob": token.logprob,
        "bytes": list(token.token),
    }


def _text(token: TokenLogprob | Alternative) -> str:
    return token.token.decode(errors="replace")
