"""How many prompt tokens a step processes, by the measured speed of the steps before; knows no MLX and no clock.

A row that decodes waits for the prompt chunk of its step. So while rows decode, a chunk may take about 1.3 times
what a step without any takes, and the time between two tokens stays within three times of what it was, also where
one takes longer than was thought.
Where more prompts wait than rows decode, it may take so many times longer: first tokens count as much as others.

Where a chunk costs much however few its tokens are, as on CUDA, short prompts are done together, if computing them
takes no longer than what the chunks cost that are saved: the rows too wait less in all.

With no row to wait, chunks are larger, for the model's full speed, but end within about a second: cancellations
are applied between them, and a worker whose steps don't end is taken for dead.
"""

from __future__ import annotations

LARGEST = 2048
# Modest: on a slow machine even this may take a second.
_FIRST = 64
_DECODES_PER_CHUNK = 1.3
_IDLE_SECONDS = 1.0
# Until a step without a chunk was measured.
_FIRST_DECODE_SECONDS = 0.02
_NEWEST_SHARE = 0.3
# Of the speed, though a step was slower: one that compiles kernels may take a hundred times as long.
_KEPT_SHARE = 0.7
# Of the speed with no row to wait, which was that of larger chunks, for the first one beside rows; unless it is
# known what a chunk costs however small it is.
_FIRST_SHARE = 0.25
# Shorter than any step; a clock may have seen none at all.
_LEAST_SECONDS = 1e-6


class PrefillPace:
    """Chooses the next chunk.

    Args:
        smallest: The least tokens in a chunk, for a device that does fewer no faster.
        fixed: Always this many tokens instead.
        largest: The most tokens in a chunk.
        overhead: Seconds that a prompt takes to its first token however short it is.

    Attributes:
        tokens_per_second: How fast prompts are processed; None if that is not known yet.
    """

    def __init__(
        self, smallest: int, fixed: int | None = None, *, largest: int = LARGEST, overhead: float = 0.0
    ) -> None:
        self._smallest = smallest
        self._fixed = fixed
        self._most = largest
        self._overhead = overhead
        self._last = self._largest = max(_FIRST, smallest)
        self.tokens_per_second: float | None = None
        self._was_alone = False  # when that was measured
        self._decode_seconds: dict[int, float] = {}  # by the bit length of the number of rows
        self._was_decode_only = False

    def chunk(self, *, decoding: int, waiting: int = 1, left: int = 0) -> int:
        """Return how many prompt tokens the next step may process, of all prompts together.

        One of few sizes, for which kernels are there already; at most twice what was ever processed at once.

        Args:
            decoding: How many rows wait for the step.
            waiting: How many prompts do.
            left: How many tokens these have together.
        """
        if self._fixed is not None:
            return self._fixed
        if self.tokens_per_second is None:
            return self._last
        target = self._decode_target(decoding) * max(1.0, waiting / decoding) if decoding else _IDLE_SECONDS
        seconds = max(0.0, min(target, _IDLE_SECONDS) - self._overhead)
        if decoding and self._was_alone and not self._overhead:
            seconds *= _FIRST_SHARE
        together = left / self.tokens_per_second
        if together <= min(self._overhead * (waiting - 1), _IDLE_SECONDS):
            seconds = max(seconds, together)
        wanted = min(seconds * self.tokens_per_second, 2 * self._largest, self._most)
        # Sizes so fine that 1.3 times as much is another: where small chunks cost alike, they grow.
        unit = 64 if wanted >= 256 else 16 if wanted >= 64 else 4
        self._last = max(self._smallest, round(wanted) // unit * unit)
        return self._last

    def measured(self, tokens: int, seconds: float, *, decoding: int) -> None:
        """Take what a step took.

        Args:
            tokens: Of prompts, processed in it.
            seconds: The whole step.
            decoding: How many rows get another token by it; 0 if it only handed out the last ones.
        """
        if not tokens:
            # The first one behind a chunk finds its tokens computed already, beside the chunk.
            if decoding and self._was_decode_only:
                size = decoding.bit_length()
                self._decode_seconds[size] = _blend(self._decode_seconds.get(size), seconds)
            self._was_decode_only = decoding > 0
            return
        self._was_decode_only = False
        self._largest = max(self._largest, tokens)
        decode = (self._decode(decoding) or 0.0) if decoding else 0.0
        prefill = max(seconds - decode, seconds / 4)
        target = self._decode_target(decoding) if decoding else _IDLE_SECONDS
        # A chunk that was not full says little of the speed, unless it was too slow even so; one that is smaller
        # than all that are chosen says nothing.
        if tokens >= self._smallest and (2 * tokens >= self._last or prefill > target):
            speed = tokens / max(prefill - self._overhead, prefill / 4, _LEAST_SECONDS)
            alone = not decoding
            kept = self.tokens_per_second if self.tokens_per_second and alone == self._was_alone else 0.0
            self.tokens_per_second, self._was_alone = max(speed, _KEPT_SHARE * kept), alone

    def _decode(self, rows: int) -> float | None:
        """Return the seconds of a step of about so many rows."""
        size = rows.bit_length()
        near = min(self._decode_seconds, key=lambda each: abs(each - size), default=None)
        return None if near is None else self._decode_seconds[near]

    def _decode_target(self, rows: int) -> float:
        return min(_DECODES_PER_CHUNK * (self._decode(rows) or _FIRST_DECODE_SECONDS), _IDLE_SECONDS)


def _blend(old: float | None, new: float) -> float:
    return new if old is None else (1 - _NEWEST_SHARE) * old + _NEWEST_SHARE * min(new, 2 * old)
