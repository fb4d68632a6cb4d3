"""Random mixes of parameters at one running batch: each answer keeps what it owes, and is what it is alone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mlx_llm_server.scripts.models import random

from .promises import Asked, Reply, check, is_tie, requests, same
from .servers import House, Server

_WORDS = (" the", " of", " and", " to", "e", "\n")


@pytest.fixture(scope="module")
def words(nonsense: Server) -> list[tuple[int, str]]:
    """Tokens of the model, and their texts."""

    def token(text: str) -> int:
        body = json.dumps({"prompt": text}).encode()
        (found,) = nonsense.send("POST", "/tokenize", body, {"Content-Type": "application/json"}).json["tokens"]
        return found

    return [(token(text), text) for text in _WORDS]


@pytest.fixture(scope="module")
def thinker(shared_house: House, models: Path) -> Server:
    """Says nonsense, in thoughts and calls too; its words are the tokens that they are in `nonsense`."""
    return shared_house.llm_server(random(models / "thinker", chat_template="chatml-thinking"))


def keep_their_promises(server: Server, together: list[Asked], streamed: list[bool]) -> None:
    with ThreadPoolExecutor(len(together)) as clients:
        pending = [
            clients.submit(asked.send, server, stream=stream)
            for asked, stream in zip(together, streamed, strict=True)
        ]
        replies = [each.result() for each in pending]
    for asked, stream, reply in zip(together, streamed, replies, strict=True):
        check(asked, reply)
        alone = asked.send(server, stream=not stream)
        if reply.said == alone.said or not is_tie(asked, reply, server):
            same(reply, alone)


def draw_some(
    data: st.DataObject, words: list[tuple[int, str]], *, thinker: bool = False
) -> tuple[list[Asked], list[bool]]:
    count = data.draw(st.integers(6, 10))
    together = data.draw(st.lists(requests(words, thinker=thinker), min_size=count, max_size=count))
    return together, data.draw(st.lists(st.booleans(), min_size=count, max_size=count))


@settings(
    max_examples=3,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_every_answer_keeps_its_promises_in_any_company(
    nonsense: Server, words: list[tuple[int, str]], data: st.DataObject
) -> None:
    keep_their_promises(nonsense, *draw_some(data, words))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_every_answer_keeps_its_promises_in_very_much_company(
    thinker: Server, words: list[tuple[int, str]], data: st.DataObject
) -> None:
    keep_their_promises(thinker, *draw_some(data, words, thinker=True))


def test_only_what_the_last_bits_decide_is_a_tie(nonsense: Server, words: list[tuple[int, str]]) -> None:
    (the, _), (of, _), *_ = words

    def asked(more: float) -> Asked:
        fields = {"prompt": " the", "max_tokens": 1, "n": 1, "temperature": 0}
        return Asked("/v1/completions", fields | {"logit_bias": {str(the): 20, str(of): 20 + more}})

    def reply(more: float) -> Reply:
        return asked(more).send(nonsense, stream=False)

    low, high = -10.0, 10.0
    while high - low > 1e-5:
        middle = (low + high) / 2
        low, high = (middle, high) if reply(middle).said == reply(-10).said else (low, middle)

    assert reply(low).choices[0].text == " the"
    assert reply(high).choices[0].text == " of"
    assert is_tie(asked(low), reply(high), nonsense)
    assert not is_tie(asked(low - 0.1), reply(high), nonsense)
