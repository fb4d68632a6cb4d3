"""Sizes of memory as people write them."""

import pytest
from mlx_llm_server.sizes import parse_size, show_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("off", 0),
        (" OFF ", 0),
        ("12345", 12345),
        ("12B", 12),
        ("500MB", 500_000_000),
        ("8GiB", 8 * 1024**3),
        ("8 gib", 8 * 1024**3),
        ("1.5KiB", 1536),
        ("2TB", 2 * 10**12),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GiB", "-1", "8G", "8 XB", "1e9", "8GiB 1MB", "nan", "\u0668GB", "1,5GB"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="8GiB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (8 * 1024**3, "8.0 GiB"), (2**41, "2.0 TiB")],
)
def test_a_size_is_shown_in_binary_units(size: int, words: str) -> None:
    assert show_size(size) == words
