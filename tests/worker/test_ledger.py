"""Which tokens' log-probabilities become part of the answer, whatever holds their text back."""

from collections import deque
from collections.abc import Iterable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.protocol.messages import Alternative, Logprobs, TokenLogprob, ToolCall
from mlx_llm_server.worker.answer import AnswerParser, Pair
from mlx_llm_server.worker.dialect import token_bytes
from mlx_llm_server.worker.ledger import Ledger, TokenLogprobs
from mlx_llm_server.worker.loading import LoadedModel
from mlx_llm_server.worker.text import ParsedTextStream, TextStream
from mlx_lm.tokenizer_utils import (
    NaiveStreamingDetokenizer,
    SPMStreamingDetokenizer,
    StreamingDetokenizer,
    TokenizerWrapper,
)

from .test_text import sentencepiece

THINK, CALL = Pair("<think>", "</think>"), Pair("<call>", "</call>")


class Pieces:
    """Tokens are places in a list of pieces; a lone space, and half a character, come with what follows them."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self.last_segment = ""

    def add_token(self, token: int) -> None:
        self._held += self._pieces[token]
        text = self._held.decode(errors="replace")
        if text.endswith("\ufffd") or text == " ":
            self.last_segment = ""
        else:
            self.last_segment, self._held = text, b""

    def finalize(self) -> None:
        self.last_segment, self._held = self._held.decode(errors="replace"), b""


def stream_of(pieces: list[bytes], stops: tuple[str, ...] = (), *, parsed: bool = False) -> TextStream:
    detokenizer = Pieces(pieces)
    if parsed:
        parser = AnswerParser(THINK, CALL, lambda raw: () if "?" in raw else (ToolCall(raw, "{}"),))
        stream = ParsedTextStream(detokenizer, stops, parser)
    else:
        stream = TextStream(detokenizer, stops)
    stream.ledger = Ledger(pieces.__getitem__)
    return stream


class Client:
    """Gathers what a frontend would: all entries, and those that became part of the content."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self.shown: list[bytes] = []
        self.text = ""

    def take(self, logprobs: Logprobs | None) -> None:
        if logprobs is None:
            return
        self._waiting.extend(entry.token for entry in logprobs.entries)
        for verdict in logprobs.verdicts:
            taken = [self._waiting.popleft() for _ in range(abs(verdict))]
            self.shown += taken if verdict > 0 else []

    def follow(self, stream: TextStream, tokens: Iterable[int], *, to_the_end: bool = True) -> None:
        assert stream.ledger is not None
        for token in tokens:
            text, stopped = stream.push(token)
            self.text += text
            self.take(stream.ledger.take(token, TokenLogprobs(-1.0, ())))
            stream.take_aside()
            if stopped:
                return
        if to_the_end:
            self.text += stream.finish()[0]
            self.take(stream.ledger.take(0, None))


def shown(pieces: list[str] | list[bytes], *stops: str, parsed: bool = False) -> list[str]:
    """Return the tokens whose log-probabilities a client gets."""
    raw = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
    client = Client()
    client.follow(stream_of(raw, stops, parsed=parsed), range(len(raw)))
    return [token.decode(errors="replace") for token in client.shown]


@pytest.mark.parametrize(
    ("pieces", "stops", "kept"),
    [
        (["a", "b"], [], ["a", "b"]),
        (["a", "b", "c"], ["b"], ["a"]),
        (["a", "xb", "c"], ["b"], ["a", "xb"]),  # a part of the token is shown
        (["a", "b", "c", "d"], ["bcx"], ["a", "b", "c", "d"]),  # it only began like one
        (["a", "b", "c"], ["bcx"], ["a", "b", "c"]),
        (["a", "b", "c", "x"], ["bcx"], ["a"]),
        ([" ", "b", "c"], ["b"], [" "]),  # they became known together
        (["a", " ", "b"], [" b"], ["a"]),
    ],
)
def test_a_token_counts_once_a_character_of_it_is_shown(
    pieces: list[str], stops: list[str], kept: list[str]
) -> None:
    assert shown(pieces, *stops) == kept


def test_halves_of_a_character_count_together_and_a_half_at_the_end_too() -> None:
    first, second = "é"[:1].encode()[:1], "é".encode()[1:]

    assert len(shown([b"a", first, second])) == 3
    assert shown([b"a", first, second], "é") == ["a"]
    assert len(shown([b"a", first])) == 2


@pytest.mark.parametrize(
    ("pieces", "kept"),
    [
        (["<think>", "hm", "</think>", "yes", "."], ["yes", "."]),
        (["<think>", "hm", "</think>", " ", "\n", "yes", "."], ["yes", "."]),
        (["<", "think>", "hm", "</", "think>", "yes"], ["yes"]),
        (["a", "<", "b"], ["a", "<", "b"]),
        (["See", ":", "<call>", "add", "</call>"], ["See", ":"]),
        (["<call>", "?", "</call>", "x"], ["<call>", "?", "</call>", "x"]),  # it could not be read: it is text
        (["<call>", "add"], []),
        (["<call>", "?"], ["<call>", "?"]),
    ],
)
def test_thoughts_and_calls_do_not_count(pieces: list[str], kept: list[str]) -> None:
    assert shown(pieces, parsed=True) == kept


PIECES = st.lists(
    st.sampled_from(
        ["a", "b", "ab", "c", " ", "<", "<think>", "think>", "</think>", "<call>", "</call>", "?", "é"]
    ).map(str.encode)
    | st.sampled_from(["é".encode()[:1], "é".encode()[1:]]),
    max_size=16,
)
STOPS = st.lists(st.sampled_from(["b", "ab", "abc", "ca", " b", "é", "<a"]), max_size=2).map(tuple)


@given(pieces=PIECES, stops=STOPS, parsed=st.booleans(), data=st.data())
def test_a_resumed_answer_has_each_entry_once(
    pieces: list[bytes], stops: tuple[str, ...], parsed: bool, data: st.DataObject
) -> None:
    whole = Client()
    whole.follow(stream_of(pieces, stops, parsed=parsed), range(len(pieces)))
    cut = data.draw(st.integers(0, len(pieces)))
    client = Client()
    client.follow(stream_of(pieces, stops, parsed=parsed), range(cut), to_the_end=False)

    second = stream_of(pieces, stops, parsed=parsed)
    try:
        second.replay(range(cut))
    except ValueError:  # it was over by then
        assert client.text == whole.text
    else:
        client.follow(second, range(cut, len(pieces)))

    assert (client.text, client.shown) == (whole.text, whole.shown)


@given(pieces=PIECES, stops=STOPS)
def test_the_entries_of_a_plain_answer_are_its_text(pieces: list[bytes], stops: tuple[str, ...]) -> None:
    client = Client()
    client.follow(stream_of(pieces, stops), range(len(pieces)))

    said = b"".join(client.shown).decode(errors="replace")
    assert said.startswith(client.text.rstrip("\ufffd"))


@pytest.mark.parametrize("parsed", [False, True])
def test_a_silent_token_has_no_text_and_counts_with_what_follows(parsed: bool) -> None:
    stream, client = stream_of([b"a", b"<end>"], parsed=parsed), Client()
    stream.silent = frozenset({1})

    client.follow(stream, [0, 1], to_the_end=False)
    assert (client.text, len(client.shown)) == ("a", 1)

    client.follow(stream, [0])
    assert (client.text, len(client.shown)) == ("aa", 3)


def test_what_is_hardly_possible_has_openais_number() -> None:
    ledger = Ledger([b"a", b"b"].__getitem__)
    ledger.say(0, "a")
    ledger.show(1)

    assert ledger.take(0, TokenLogprobs(-float("inf"), ((1, -0.5), (0, float("nan"))))) == Logprobs(
        (TokenLogprob(b"a", -9999.0, (Alternative(b"b", -0.5), Alternative(b"a", -9999.0))),), (1,)
    )


@pytest.mark.parametrize("text", ["one two", "日本 👩‍🚀", "\n\n  x"])
def test_the_bytes_of_tokens_are_those_of_their_text(counting: LoadedModel, text: str) -> None:
    tokens = counting.tokenizer.encode(text, add_special_tokens=False)
    bytes_of = token_bytes(counting.tokenizer)

    assert b"".join(map(bytes_of, tokens)) == text.encode()
    assert bytes_of(10**6) == b"!"


@pytest.mark.parametrize("detokenizer", [SPMStreamingDetokenizer, NaiveStreamingDetokenizer])
def test_a_tokenizer_in_sentencepieces_way_has_bytes_too(detokenizer: type[StreamingDetokenizer]) -> None:
    tokenizer = sentencepiece()
    bytes_of = token_bytes(TokenizerWrapper(tokenizer, cast("Any", detokenizer)))

    assert b"".join(map(bytes_of, tokenizer.encode("one▁two"))) == b"one two"
    if detokenizer is SPMStreamingDetokenizer:
        assert [bytes_of(token) for token in tokenizer.encode("日")] == ["日".encode()]
        assert b"".join(map(bytes_of, tokenizer.encode("ü"))) == "ü".encode()
