import re
from dataclasses import MISSING, FrozenInstanceError, fields
from pathlib import Path
from typing import Any, get_args

import pytest
from mlx_llm_server.protocol import messages
from mlx_llm_server.protocol.messages import PROTOCOL_VERSION, TYPES, same_major

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"


def test_every_message_has_its_type_and_every_type_its_message() -> None:
    assert set(TYPES.values()) == {*get_args(messages.FromWorker), *get_args(messages.FromFrontend)}


def test_a_message_belongs_to_one_side() -> None:
    assert not {*get_args(messages.FromWorker)} & {*get_args(messages.FromFrontend)}


@pytest.mark.parametrize("cls", [cls for cls in (*TYPES.values(), *messages.POSITIONAL) if fields(cls)])
def test_a_message_can_not_be_changed(cls: Any) -> None:
    message = object.__new__(cls)

    with pytest.raises(FrozenInstanceError):
        setattr(message, fields(cls)[0].name, None)
    assert not hasattr(message, "__dict__")


@pytest.mark.parametrize("cls", [*TYPES.values(), *messages.POSITIONAL])
def test_the_fields_with_a_default_come_last_so_that_arrays_can_grow(cls: Any) -> None:
    optional = [field.default is not MISSING for field in fields(cls)]

    assert optional == sorted(optional)


@pytest.mark.parametrize(
    ("version", "same"),
    [
        (PROTOCOL_VERSION, True),
        ("3.999", True),
        ("3", True),
        ("1.0", False),
        ("20.0", False),
        ("0.1", False),
        ("", False),
        ("one", False),
    ],
)
def test_versions_agree_if_their_majors_do(version: str, same: bool) -> None:
    assert same_major(version) is same


def test_the_document_describes_this_version() -> None:
    found = re.search(r"Version: (\d+\.\d+)", DOCUMENT.read_text(encoding="utf-8"))

    assert found is not None
    assert found[1] == PROTOCOL_VERSION
