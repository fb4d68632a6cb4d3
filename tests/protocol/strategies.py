"""Contents for every message, from the type hints of its fields."""

import types
from dataclasses import fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from mlx_llm_server.protocol import messages

_PLAIN = {
    str: st.text(),
    bytes: st.binary(),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**64 - 1),  # what msgpack holds
    float: st.floats(allow_nan=False) | st.integers(-(2**53), 2**53).map(float),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a field's type."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    args = get_args(hint)
    if get_origin(hint) in (types.UnionType, Union):
        return st.one_of([st.none() if arg is type(None) else values_of(arg) for arg in args])
    if get_origin(hint) is tuple:
        return st.lists(values_of(args[0]), max_size=5).map(tuple)
    if get_origin(hint) is dict:
        return st.dictionaries(st.text(), st.text(), max_size=5)
    assert is_dataclass(hint)
    return messages_of(hint)


def messages_of(cls: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a message, or a part of one."""
    hints = get_type_hints(cls)
    return st.builds(cls, **{field.name: values_of(hints[field.name]) for field in fields(cls)})


def any_message() -> st.SearchStrategy[messages.Message]:
    """Return a strategy for all messages."""
    return st.sampled_from(list(messages.TYPES.values())).flatmap(messages_of)
