"""The options that commands share."""

import click
import pytest
from mlx_llm_server.options import MODEL_OPTIONS, Size, as_arguments, names_of


def test_a_size_that_can_not_be_read_is_a_fault_of_the_command_line() -> None:
    assert Size().convert("2KiB", None, None) == 2048
    with pytest.raises(click.BadParameter, match="write it like"):
        Size().convert("much", None, None)


def test_a_worker_is_told_what_was_given_and_no_more() -> None:
    given = {
        "model": "m",
        "adapter_file": None,
        "max_batch": 4,
        "prefix_cache_ram": 0,
        "no_widen": True,
        "lifeline": False,
    }

    assert as_arguments(given) == ["--model", "m", "--max-batch", "4", "--prefix-cache-ram", "0", "--no-widen"]


def test_options_are_known_by_the_names_of_their_parameters() -> None:
    assert {"model", "max_batch", "no_widen"} <= set(names_of(MODEL_OPTIONS))
