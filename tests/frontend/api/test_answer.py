"""What a client gets of the deltas of an answer, as far as log-probabilities go."""

from typing import Any

from mlx_llm_server.frontend.api.answer import Answer
from mlx_llm_server.protocol.messages import Alternative, Delta, Logprobs, TokenLogprob


def entry(token: bytes, *top: bytes) -> TokenLogprob:
    return TokenLogprob(token, -0.5, tuple(Alternative(other, -1.5) for other in top))


def delta(*entries: TokenLogprob, verdicts: tuple[int, ...] = ()) -> Delta:
    return Delta(1, tuple(range(len(entries))), "", None, None, Logprobs(entries, verdicts))


def tokens(entries: list[dict[str, Any]]) -> list[str]:
    return [each["token"] for each in entries]


def test_an_entry_is_openais() -> None:
    answer = Answer(with_logprobs=True)

    answer.take(delta(entry("é".encode(), b"e", b"\xc3"), verdicts=(1,)))

    assert answer.logprobs() == {
        "content": [
            {
                "token": "é",
                "logprob": -0.5,
                "bytes": [195, 169],
                "top_logprobs": [
                    {"token": "e", "logprob": -1.5, "bytes": [101]},
                    {"token": "\ufffd", "logprob": -1.5, "bytes": [195]},
                ],
            }
        ],
        "refusal": None,
    }


def test_entries_wait_until_it_is_known_that_they_are_content() -> None:
    answer = Answer(with_logprobs=True)

    assert answer.shown(delta(entry(b"a"), entry(b"b"))) == []
    assert tokens(answer.shown(delta(entry(b"c"), verdicts=(1,)))) == ["a"]
    assert answer.shown(Delta(1, (5,), "x")) == []
    assert tokens(answer.shown(delta(entry(b"d"), entry(b"e"), verdicts=(-1, 2)))) == ["c", "d"]


def test_verdicts_on_entries_that_never_came_are_no_harm() -> None:
    assert tokens(Answer(with_logprobs=True).shown(delta(entry(b"a"), verdicts=(3, -2)))) == ["a"]


def test_who_did_not_ask_gets_none() -> None:
    answer = Answer()
    answer.take(Delta(1, (5,), "x"))

    assert answer.logprobs() is None


def test_who_asked_for_an_answer_without_content_gets_an_empty_list() -> None:
    assert Answer(with_logprobs=True).logprobs() == {"content": [], "refusal": None}
