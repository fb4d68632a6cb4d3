from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.scripts.models import TEXTS
from mlx_llm_server.worker.loading import LoadedModel
from mlx_llm_server.worker.text import Detokenizer, TextStream
from mlx_lm.tokenizer_utils import (
    BPEStreamingDetokenizer,
    NaiveStreamingDetokenizer,
    SPMStreamingDetokenizer,
)
from tokenizers import Tokenizer, decoders
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

Coder = tuple[Callable[[], Detokenizer], Callable[[str], list[int]]]

SPELLED = TEXTS["spell"]
# Not in it: what stands for half a character; and NUL, which mlx-lm's BPE detokenizer takes for another one.
ALPHABET = st.characters(codec="utf-8", exclude_characters="\ufffd\x00")


def sentencepiece() -> PreTrainedTokenizerFast:
    """Return a tokenizer in SentencePiece's way: `▁` for a space, and bytes where there is no piece."""
    pieces = [f"<0x{byte:02X}>" for byte in range(256)] + ["▁", *"abcdefghijklmnopqrstuvwxyzé日"]
    tokenizer = Tokenizer(BPE({piece: number for number, piece in enumerate(pieces)}, [], byte_fallback=True))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


@pytest.fixture(scope="session", params=["byte level", "byte level, naive", "sentencepiece"])
def coder(request: pytest.FixtureRequest, counting: LoadedModel) -> Coder:
    """A detokenizer of mlx-lm and how its tokenizer encodes."""
    if request.param == "sentencepiece":
        spm = sentencepiece()
        return lambda: SPMStreamingDetokenizer(spm), lambda text: spm.encode(text.replace(" ", "▁"))
    tokenizer = counting.tokenizer._tokenizer
    cls = BPEStreamingDetokenizer if request.param == "byte level" else NaiveStreamingDetokenizer
    return lambda: cls(tokenizer), lambda text: tokenizer.encode(text, add_special_tokens=False)


def pieces_of(stream: TextStream, tokens: list[int]) -> list[str]:
    pieces = []
    for token in tokens:
        piece, stopped = stream.push(token)
        pieces.append(piece)
        if stopped:
            return pieces
    return [*pieces, stream.finish()[0]]


def test_the_workers_detokenizer_is_the_fast_one(counting: LoadedModel) -> None:
    assert isinstance(counting.tokenizer.detokenizer, BPEStreamingDetokenizer)


def test_characters_come_whole_though_their_tokens_are_parts_of_them(coder: Coder) -> None:
    detokenizer, encode = coder
    tokens = encode(SPELLED)
    assert len(tokens) > len(SPELLED)

    pieces = pieces_of(TextStream(detokenizer(), ()), tokens)

    assert "".join(pieces) == SPELLED
    assert not any("\ufffd" in piece for piece in pieces)


@given(text=st.text(ALPHABET, max_size=30))
def test_any_text_comes_out_as_it_is_but_for_a_space_before_it(coder: Coder, text: str) -> None:
    detokenizer, encode = coder

    pieces = pieces_of(TextStream(detokenizer(), ()), encode("x" + text))

    assert "".join(pieces) == "x" + text
    assert not any("\ufffd" in piece for piece in pieces)


@given(text=st.text(ALPHABET, max_size=20), stop=st.text(ALPHABET, min_size=1, max_size=3))
def test_a_stop_string_is_found_however_its_tokens_lie(coder: Coder, text: str, stop: str) -> None:
    detokenizer, encode = coder
    whole = "x" + text + stop + "y"

    pieces = pieces_of(TextStream(detokenizer(), (stop,)), encode(whole))

    assert "".join(pieces) == whole[: whole.index(stop)]


def test_a_stop_string_within_an_emoji_of_several_code_points_is_found(coder: Coder) -> None:
    detokenizer, encode = coder
    stream = TextStream(detokenizer(), ("\N{ZERO WIDTH JOINER}",))

    assert "".join(pieces_of(stream, encode("a👩‍🚀b"))) == "a👩"


def test_half_a_character_at_the_end_is_left_out(coder: Coder) -> None:
    detokenizer, encode = coder
    stream = TextStream(detokenizer(), ())
    for token in encode("x👩")[:-1]:
        stream.push(token)

    rest, stopped = stream.finish()

    assert rest == ""
    assert not stopped


def test_the_end_may_complete_a_stop_string(counting: LoadedModel) -> None:
    # The detokenizer holds a lone space back until the next token.
    stream = TextStream(counting.tokenizer.detokenizer, ("b ",))
    tokens = counting.tokenizer.encode("ab ", add_special_tokens=False)
    assert [stream.push(token) for token in tokens] == [("a", False), ("", False), ("", False)]

    assert stream.finish() == ("", True)


def test_two_generations_do_not_share_their_text(counting: LoadedModel) -> None:
    one, other = (TextStream(counting.tokenizer.detokenizer, ()) for _ in range(2))
    (a,) = counting.tokenizer.encode("a", add_special_tokens=False)
    (b,) = counting.tokenizer.encode("b", add_special_tokens=False)

    assert (one.push(a)[0], other.push(b)[0], one.push(a)[0]) == ("a", "b", "a")
