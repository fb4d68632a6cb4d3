"""The model's own byte-level BPE tokenizer, trained on lessons.

    python -m mlx_llm_server.scripts.demo_model.tokenizer OUT

Digits are tokens of their own, so that numbers can be calculated with. Any text can be encoded: every byte is a
token.
"""

from __future__ import annotations

from pathlib import Path

import click
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .abilities import ABILITIES
from .exercise import Source
from .template import END_OF_TEXT, MARKS, SPECIAL, TURN_END, prompt_text

VOCABULARY = 1536
# Qwen's pattern (https://huggingface.co/Qwen/Qwen3-0.6B/blob/main/tokenizer.json) and the separator of a count.
PATTERN = (
    r", (?=\p{N})|(?i:'s|'t|'re|'ve|'m|'ll|'d)| ?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Of each ability, so that a rare one has its words too.
_CHARACTERS = 250_000


def train(seed: int, characters: int = _CHARACTERS) -> Tokenizer:
    """Return a tokenizer trained on so many characters of each ability."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(MARKS),
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(seed, characters), trainer)
    tokenizer.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in MARKS])
    return tokenizer


def _texts(seed: int, characters: int) -> list[str]:
    source, texts = Source(seed, held_out=False), []
    for ability in ABILITIES:
        left = characters
        while left > 0:
            exercise = ability.make(source)
            text = prompt_text(exercise.messages, exercise.tools)
            # Letters that are spelled are no words to learn pieces from.
            text += ("" if exercise.spelled else exercise.answer) + TURN_END
            text = text.replace(END_OF_TEXT, "")
            for special in (*SPECIAL, *MARKS):
                text = text.replace(special, "\n")
            texts.append(text)
            left -= len(text)
    return texts


@click.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seed", type=int, default=0)
def main(out: Path, seed: int) -> None:
    """Train the tokenizer and write tokenizer.json."""
    out.parent.mkdir(parents=True, exist_ok=True)
    train(seed).save(str(out), pretty=False)


if __name__ == "__main__":
    main()
