"""What entries are called, and which of them a prompt is given."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from mlx_llm_server.worker.prefix_cache.disk.chain import BLOCK, LEAST_GAIN, Plan, chain, parse, plan, tail_name

PROMPT = list(range(5 * BLOCK + 7))
NAMES = chain("", PROMPT)
BLOCKS = NAMES[1:]


def planned(
    held: Sequence[str],
    *,
    usable: int = 0,
    reach: int | None = None,
    tails: dict[str, list[int]] | None = None,
    positions: bool = True,
    prompt: Sequence[int] = PROMPT,
) -> Plan | None:
    behind = None if tails is None else lambda name: tails.get(name, [])
    known = usable if reach is None else reach
    return plan(chain("", prompt), prompt, usable, known, set(held), behind, positions=positions)


def test_only_whole_blocks_have_names_behind_that_of_the_scope() -> None:
    assert len(NAMES) == 1 + 5
    assert chain("", PROMPT[: BLOCK - 1]) == NAMES[:1]
    assert all(parse(name) is None for name in NAMES)


def test_sequences_that_begin_alike_share_names_up_to_where_they_part() -> None:
    other = [*PROMPT[: 3 * BLOCK], 0, *PROMPT[3 * BLOCK + 1 :]]

    shared = [one == two for one, two in zip(NAMES, chain("", other), strict=True)]

    assert shared == [True] * 4 + [False] * 2


def test_another_scope_has_no_name_in_common() -> None:
    assert not set(NAMES) & set(chain("somebody", PROMPT))


def test_a_tail_is_called_by_its_block_its_length_and_its_tokens() -> None:
    name = tail_name(NAMES[5], PROMPT[-7:])

    assert parse(name) == (NAMES[5], 7)
    assert name != tail_name(NAMES[5], [*PROMPT[-7:-1], 0])


@pytest.mark.parametrize(
    "name", ["", "notes", NAMES[1][:-1], NAMES[1].upper() + "x", f"{NAMES[1]}-999-{NAMES[2]}"]
)
def test_what_is_called_otherwise_is_no_entry(name: str) -> None:
    with pytest.raises(ValueError, match="is no entry"):
        parse(name)


def test_blocks_in_a_row_from_the_first_that_memory_lacks_are_read() -> None:
    assert planned(BLOCKS) == Plan(0, 5 * BLOCK, tuple(BLOCKS))
    assert planned(BLOCKS, usable=2 * BLOCK + 5) == Plan(2 * BLOCK, 5 * BLOCK, tuple(BLOCKS[2:]))
    assert planned([*BLOCKS[:2], *BLOCKS[3:]]) == Plan(0, 2 * BLOCK, tuple(BLOCKS[:2]))


def test_nothing_is_read_for_a_few_tokens() -> None:
    assert planned(BLOCKS, usable=5 * BLOCK - LEAST_GAIN + 1) is None
    assert planned(BLOCKS, usable=5 * BLOCK - LEAST_GAIN) is not None
    assert planned([]) is None
    assert planned(BLOCKS[1:]) is None


TAIL = tail_name(NAMES[3], PROMPT[3 * BLOCK : 3 * BLOCK + 9])


def test_where_snapshots_are_needed_blocks_are_read_up_to_the_last_one_with_a_tail() -> None:
    assert planned([*BLOCKS, TAIL], tails={NAMES[3]: [9]}) == Plan(0, 3 * BLOCK + 9, tuple(BLOCKS[:3]), TAIL)
    assert planned(BLOCKS, tails={}) is None
    assert planned([*BLOCKS[1:], TAIL], tails={NAMES[3]: [9]}) is None


def test_a_tail_of_other_tokens_or_one_behind_the_prompt_is_none() -> None:
    strange = tail_name(NAMES[3], [1] * 9)
    assert planned([*BLOCKS, strange], tails={NAMES[3]: [9]}) is None
    longer = tail_name(NAMES[5], [*PROMPT[5 * BLOCK :], 1])
    assert planned([*BLOCKS, longer], tails={NAMES[5]: [8]}) is None


def test_what_memory_has_is_not_read_again_for_a_snapshot() -> None:
    """It may know more keys and values than it has snapshots for."""
    found = planned([*BLOCKS, TAIL], usable=BLOCK, reach=2 * BLOCK + 3, tails={NAMES[3]: [9]})
    assert found == Plan(2 * BLOCK, 3 * BLOCK + 9, (BLOCKS[2],), TAIL)
    known = planned([TAIL], usable=BLOCK, reach=5 * BLOCK, tails={NAMES[3]: [9]})
    assert known == Plan(3 * BLOCK, 3 * BLOCK + 9, (), TAIL)


def test_a_model_of_states_alone_needs_no_blocks() -> None:
    assert planned([TAIL], tails={NAMES[3]: [9]}, positions=False) == Plan(0, 3 * BLOCK + 9, (), TAIL)
