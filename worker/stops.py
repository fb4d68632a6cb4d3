"""Stop strings, matched on text.

The rules:

- A stop string is found wherever it lies in the text, however the text was cut into tokens.
- Text that may still become a stop string is held back, so that no part of one is ever sent.
- Among several, the one that is complete first wins, as if the text had come character by character; the
  result does not depend on how the text was cut.
"""

from __future__ import annotations


class StopMatcher:
    """Lets text through up to the first stop string."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._beginnings = Beginnings(stops)
        self._held = ""

    def push(self, text: str) -> tuple[str, bool]:
        """Take the next piece of text.

        Returns:
            The text that is certain now, and whether a stop string was completed; after that, nothing more
            may be pushed.
        """
        if not self._stops:
            return text, False
        text = self._held + text
        if (start := self._match(text)) is not None:
            self._held = ""
            return text[:start], True
        cut = self._beginnings.place(text)
        self._held = text[cut:]
        return text[:cut], False

    def flush(self) -> str:
        """Return what was held back: the text is over, so it can't become a stop string any more."""
        held, self._held = self._held, ""
        return held

    def _match(self, text: str) -> int | None:
        """Return where the stop string that is complete first starts."""
        found = [(start + len(stop), start) for stop in self._stops if (start := text.find(stop)) >= 0]
        return min(found)[1] if found else None


class Beginnings:
    """Finds the end of a text that may yet become one of these strings."""

    def __init__(self, strings: tuple[str, ...]) -> None:
        self.strings = strings
        self._first = {string[0] for string in strings}
        self._longest = max((len(string) for string in strings), default=0)

    def are_far_from(self, text: str) -> bool:
        """Return True if no character of `text` begins a string."""
        return self._first.isdisjoint(text)

    def place(self, text: str) -> int:
        """Return where the longest end of `text` starts that begins a string, or the text's length."""
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            if text[start] in self._first:
                end = text[start:]
                if any(string.startswith(end) for string in self.strings):
                    return start
        return len(text)
