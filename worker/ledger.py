"""Which of an answer's tokens became part of its content, for those who ask for log-probabilities.

Tokens and text are not in step. A token is part of the content once a character of it is shown; one of a thought,
of a call or of a stop string is not; one at the answer's end of which nothing can be shown (half a character) is.

All state is a function of the token ids, as the text's is. So a worker that resumes a generation knows how many
tokens are undecided, though it has never seen their log-probabilities; those have gone out with their tokens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from ..protocol.messages import Alternative, Logprobs, TokenLogprob

TokenBytes = Callable[[int], bytes]
"""Returns what a token is in bytes: a part of a character, where a tokenizer has such."""

# OpenAI's number for what is hardly possible. JSON has no infinity.
_LOWEST = -9999.0
_OUT = -1  # in place of a token's start: it is not part of the content


class TokenLogprobs(NamedTuple):
    """Of one token, by ids.

    Attributes:
        logprob: Of the token that was drawn.
        top: The most probable tokens and their log-probabilities, the most probable first.
    """

    logprob: float
    top: tuple[tuple[int, float], ...]


class Ledger:
    """The tokens of one answer that are neither shown nor known to be something else."""

    def __init__(self, bytes_of: TokenBytes) -> None:
        self._bytes_of = bytes_of
        # Where each begins in the content, `_OUT`, or None while it is not known if it is content: those are last.
        self._queue: deque[int | None] = deque()
        self._said = self._shown = 0  # characters
        self._verdicts: list[bool] = []

    # --- what the text says ---

    def wait(self) -> None:
        """Take a token that may be part of a mark or a call."""
        self._queue.append(None)

    def drop(self) -> None:
        """Take a token that is no content, and neither are those that wait."""
        self._queue.append(None)
        self._decide(_OUT)

    def say(self, token: int, content: str) -> None:
        """Take a token with which this content became known; those that wait are part of it."""
        self._decide(self._said)
        self._queue.append(self._said + self._place(token, content))
        self._said += len(content)

    def show(self, characters: int) -> None:
        """So many more characters of the content are shown."""
        self._shown += characters
        while self._queue and (start := self._queue[0]) is not None and start < self._shown:
            self._queue.popleft()
            self._verdicts.append(start != _OUT)

    def end(self, *, stopped: bool, called: bool) -> None:
        """The answer is over: nothing more is shown.

        Args:
            stopped: A stop string has ended it; what is not shown by now is part of that.
            called: What waits was a call.
        """
        self._decide(_OUT if called else self._said)
        if not stopped:
            self._verdicts += [start != _OUT for start in self._queue]
        self._queue.clear()

    # --- what is sent ---

    def take(self, token: int, logprobs: TokenLogprobs | None) -> Logprobs | None:
        """Return what goes out with a token: its log-probabilities, and what became known since the last time."""
        entries = () if logprobs is None else (self._entry(token, logprobs),)
        verdicts = []
        for shown, run in groupby(self._verdicts):
            count = sum(1 for _ in run)
            verdicts.append(count if shown else -count)
        self._verdicts.clear()
        return Logprobs(entries, tuple(verdicts)) if entries or verdicts else None

    def end_with(self) -> None:
        """The token that ended the turn is told of, too, behind all others."""
        self._verdicts.append(True)

    def of_prompt(self, scored: Sequence[tuple[int, TokenLogprobs]]) -> tuple[TokenLogprob, ...]:
        """Return what is told of a prompt's tokens."""
        return tuple(self._entry(token, logprobs) for token, logprobs in scored)

    def forget(self) -> None:
        """What became known by now was told by another worker."""
        self._verdicts.clear()

    def _entry(self, token: int, logprobs: TokenLogprobs) -> TokenLogprob:
        top = tuple(Alternative(self._bytes_of(each), max(_LOWEST, value)) for each, value in logprobs.top)
        return TokenLogprob(self._bytes_of(token), max(_LOWEST, logprobs.logprob), top)

    def _decide(self, start: int) -> None:
        for index in range(len(self._queue) - 1, -1, -1):
            if self._queue[index] is not None:
                return
            self._queue[index] = start

    def _place(self, token: int, content: str) -> int:
        """Return where in the content that became known with a token the token itself begins.

        A detokenizer holds back half a character and some spaces, so earlier tokens may be in it too, and this one
        may not be in it yet.
        """
        if not content:
            return 0
        own = self._bytes_of(token).decode(errors="ignore")
        if not own:  # the rest of a character
            return len(content) - 1
        if content.endswith(own):
            return len(content) - len(own)
        return 0 if own.endswith(content) else len(content)  # it lost its leading space, or is held back
