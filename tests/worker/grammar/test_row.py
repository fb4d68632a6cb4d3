"""Where a row is in its grammar, and what happens where it can't go on."""

import numpy as np
import pytest
from llguidance import LLMatcher
from mlx_llm_server.worker.grammar.row import RowGrammar, fill_masks

from .conftest import House

PROMPT = 7


def row(house: House, expression: str, *, ends_last: bool = False) -> RowGrammar:
    tokenizer = house.compiler._known_tokenizer()
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_regex(expression), log_level=0)
    return RowGrammar(matcher, house.model.tokenizer.eos_token_ids, tokenizer.vocab_size, ends_last=ends_last)


def allowed(*rows: RowGrammar) -> list[set[int]]:
    masks = np.zeros((len(rows), rows[0].words), np.uint32)
    fill_masks(rows, masks)
    return [
        {32 * word + bit for word in range(len(mask)) for bit in range(32) if mask[word] >> bit & 1}
        for mask in masks
    ]


def ids(house: House, text: str) -> list[int]:
    return house.model.tokenizer.encode(text, add_special_tokens=False)


def test_the_prompts_last_token_is_no_part_of_the_answer(plain: House) -> None:
    grammar = row(plain, "ab")

    grammar.take(PROMPT)
    assert allowed(grammar) == [set(ids(plain, "a"))]
    grammar.take(*ids(plain, "a"))
    assert allowed(grammar) == [set(ids(plain, "b"))]


def test_rows_are_each_where_they_are(plain: House) -> None:
    rows = [row(plain, "ab"), row(plain, "cd"), row(plain, "x")]
    for grammar in rows:
        grammar.take(PROMPT)
    rows[1].take(*ids(plain, "c"))

    assert allowed(*rows) == [set(ids(plain, text)) for text in "adx"]


@pytest.mark.parametrize("ends_last", [False, True])
def test_an_end_comes_where_the_text_may_end(plain: House, ends_last: bool) -> None:
    ends = plain.model.tokenizer.eos_token_ids
    grammar = row(plain, "a|ab", ends_last=ends_last)
    grammar.take(PROMPT)

    grammar.take(*ids(plain, "a"))
    (both,) = allowed(grammar)
    grammar.take(*ids(plain, "b"))
    (last,) = allowed(grammar)

    assert both == set(ids(plain, "b")) | (set() if ends_last else ends)
    assert last == ends


def test_behind_the_end_anything_may_be_computed(plain: House) -> None:
    (end, *_) = plain.model.tokenizer.eos_token_ids
    rows = [row(plain, "a"), row(plain, "a")]
    for grammar in rows:
        grammar.take(PROMPT)
        grammar.take(*ids(plain, "a"))
    rows[0].take(end)

    over, going = allowed(*rows)
    assert len(over) == 32 * rows[0].words
    assert going == plain.model.tokenizer.eos_token_ids
    assert not rows[0].broken


def test_a_token_that_is_not_of_the_grammar_breaks_its_row_alone(plain: House) -> None:
    rows = [row(plain, "a"), row(plain, "b")]
    for grammar in rows:
        grammar.take(PROMPT)
    rows[0].take(*ids(plain, "x"))

    _, other = allowed(*rows)

    assert rows[0].broken
    assert other == set(ids(plain, "b"))
    assert not rows[1].broken
