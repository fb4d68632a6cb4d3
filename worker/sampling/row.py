"""One row's settings, and where it is in its completion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...protocol.messages import Sampling
from ..grammar.row import RowGrammar
from ..thinking import ThinkingBudget

# Below this, 1/temperature overflows float32 log-probabilities, and the draw is the most probable token anyway.
_COLDEST = 1e-4


@dataclass(frozen=True)
class SpecialTokens:
    """What sampling must know of a model's vocabulary.

    Attributes:
        ends: The tokens that end a turn.
        kept_by_xtc: The tokens that XTC never takes away: as in mlx-lm, those of a line break and of a turn's end.
    """

    ends: frozenset[int] = frozenset()
    kept_by_xtc: frozenset[int] = frozenset()


class RowSampling:
    """A row, as sampling sees it.

    Attributes:
        position: In the completion, of the token that is drawn next.
        greedy: It takes the most probable token; no filter can change that.
        grammar: What its tokens are held to.
        thinking: What ends a thought.

    Args:
        sampling: Its settings.
        prompt: What is prefilled: the prompt, and behind it the `position` tokens that are resumed.
        position: Of the first token that is drawn.
        special: Of the model.
        grammar: At the position.
        thinking: Likewise.
    """

    __slots__ = ("_begin", "_prompt", "grammar", "greedy", "position", "settings", "special", "thinking")

    def __init__(
        self,
        sampling: Sampling,
        prompt: Sequence[int] = (0,),
        position: int = 0,
        special: SpecialTokens | None = None,
        grammar: RowGrammar | None = None,
        thinking: ThinkingBudget | None = None,
    ) -> None:
        self.settings = sampling
        self.grammar = grammar
        self.thinking = thinking
        self.special = special or SpecialTokens()
        self.position = self._begin = position
        self._prompt = prompt
        self.greedy = sampling.temperature < _COLDEST or sampling.top_p <= 0.0

    def context(self, tokens: Sequence[int], length: int) -> list[int]:
        """Return the latest tokens before the newest one.

        Args:
            tokens: Ends in what the row has said since it began, but for the newest token.
            length: How many are wanted; there may be fewer.
        """
        said = self.position - self._begin
        if said == 0:  # the newest is the prompt's last
            return list(self._prompt[max(0, len(self._prompt) - 1 - length) : -1])
        if length < said:
            return list(tokens[len(tokens) - length :])
        known = list(tokens[len(tokens) - (said - 1) :]) if said > 1 else []
        missing = length - len(known)
        return [*self._prompt[max(0, len(self._prompt) - missing) :], *known]

    @property
    def banned_early(self) -> list[int]:
        """The tokens that must not come before `min_tokens` are sampled."""
        return sorted({*(() if self.settings.ignore_eos else self.special.ends), *self.settings.stop_token_ids})
