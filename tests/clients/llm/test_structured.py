from __future__ import annotations

import json

from ..questions import PET, SUM
from .conftest import Llm


def test_an_answer_is_held_to_a_schema(llm: Llm) -> None:
    answer = llm("-m", "demo", "-o", "temperature", "0", "--schema", "name, kind, legs int", PET)

    pet = json.loads(answer.stdout)
    assert {name: type(value) for name, value in pet.items()} == {"name": str, "kind": str, "legs": int}


def test_an_answer_is_a_json_object(llm: Llm) -> None:
    answer = llm("-m", "demo", "-o", "temperature", "0", "-o", "json_object", "true", SUM)

    assert isinstance(json.loads(answer.stdout), dict)
