"""The options that commands share."""

import click
import pytest
from mlx_llm_server.options import Size, model_arguments


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("off", 0),
        ("OFF", 0),
        ("0", 0),
        ("1000", 1000),
        ("8GB", 8 * 10**9),
        ("8g", 8 * 10**9),
        ("512 MiB", 512 * 2**20),
        ("1.5GiB", 3 * 2**29),
        ("64kb", 64_000),
    ],
)
def test_a_size_is_a_number_with_or_without_a_unit(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "much", "-1", "8XB", "8 G B", "iB", "1e9", "\u0668GB", "8i"])
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(click.BadParameter, match="neither a size"):
        Size().convert(text, None, None)


def test_a_worker_is_told_what_was_given_and_no_more() -> None:
    given = {"model": "m", "adapter_file": None, "max_batch": 4, "max_prefill_batch": None, "prefill_chunk": None}

    assert model_arguments(**given, prefix_cache=None, no_widen=False) == ("--model", "m", "--max-batch", "4")
    assert model_arguments(**given, prefix_cache=0, no_widen=True) == (
        *("--model", "m", "--max-batch", "4"),
        *("--prefix-cache", "0", "--no-widen"),
    )
