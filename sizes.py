"""Sizes of memory as people write them."""

from __future__ import annotations

import re

_FACTORS = {
    unit + suffix: base**power
    for power, unit in enumerate(("K", "M", "G", "T"), start=1)
    for suffix, base in (("iB", 1024), ("B", 1000))
}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", re.ASCII)


def parse_size(text: str) -> int:
    """Return the bytes that a text like `8GiB`, `500MB` or `0` says; `off` is 0.

    Raises:
        ValueError: It says none; the sentence tells how it is written.
    """
    if text.strip().lower() == "off":
        return 0
    match = _SIZE.fullmatch(text)
    unit = match[2] if match else ""
    factor = {"": 1, "b": 1, **{name.lower(): value for name, value in _FACTORS.items()}}.get(unit.lower())
    if match is None or factor is None:
        raise ValueError(f"{text!r} is no size; write it like 8GiB or 500MB")
    return int(float(match[1]) * factor)


def show_size(size: int) -> str:
    """Return a size in bytes for a person, in binary units."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if size >= _FACTORS[unit]:
            return f"{size / _FACTORS[unit]:.1f} {unit}"
    return f"{size} B"
