"""The rules told at the top of `worker/answer.py`."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.protocol.messages import ToolCall
from mlx_llm_server.worker.answer import AnswerParser, Called, Pair, Part, Said, Thought

THINK, CALL = Pair("<think>", "</think>"), Pair("<call>", "</call>")
ADD = Called((ToolCall("add", "{}"),))


def read(text: str) -> tuple[ToolCall, ...]:
    """Read names in a row; `?` is no name."""
    return () if "?" in text else tuple(ToolCall(name, "{}") for name in text.split())


def parser(*, thinking: bool = False, call: Pair | None = CALL) -> AnswerParser:
    return AnswerParser(THINK, call, read, thinking=thinking)


def joined(parts: list[Part]) -> list[Part]:
    """Join neighbours of a kind: how a text is cut up within its kind means nothing."""
    made: list[Part] = []
    for part in parts:
        match made, part:
            case [*_, Said(before)], Said(text):
                made[-1] = Said(before + text)
            case [*_, Thought(before)], Thought(text):
                made[-1] = Thought(before + text)
            case _:
                made.append(part)
    return made


def split(answer: AnswerParser, pieces: list[str] | str, *, cut: bool = False) -> list[Part]:
    """Return all parts of an answer that comes in pieces, or character by character."""
    parts: list[Part] = []
    for piece in pieces:
        parts += [Said(piece)] if answer.is_plain(piece) else answer.push(piece)
    return joined(parts + answer.finish(cut=cut))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("Hello.", [Said("Hello.")]),
        (" \n", [Said(" \n")]),
        ("\n  code", [Said("\n  code")]),
        ("<b>1 < 2 <thin", [Said("<b>1 < 2 <thin")]),
        ("no </think> and </call>", [Said("no </think> and </call>")]),
        ("<think>\nhm\n</think>\n\nYes.\n", [Thought("hm"), Said("Yes.\n")]),
        ("<think>a  b\n\nc</think>", [Thought("a  b\n\nc")]),
        ("<think>\n\n</think>\n\nYes.", [Said("Yes.")]),
        ("<think>a<think>b</think>", [Thought("a<think>b")]),
        ("<think>never closed ", [Thought("never closed")]),
        ("\n<think>a</think> b <think> c </think> d", [Thought("a"), Said("b"), Thought("\nc"), Said("  d")]),
        ("<call>add</call>", [ADD]),
        ("\n\n<call>add</call>\n", [ADD]),
        ("<call>add sub</call>", [Called((ToolCall("add", "{}"), ToolCall("sub", "{}")))]),
        ("<call>add</call>\n<call>add</call>", [ADD, ADD]),
        ("Let me see.\n<call>add</call>", [Said("Let me see."), ADD]),
        ("One\n<call>add</call>\ntwo", [Said("One"), ADD, Said("\ntwo")]),
        ("<call>add</call>\ntwo", [ADD, Said("two")]),
        ("<think>a</think>\n<call>add</call>", [Thought("a"), ADD]),
        ("<think>a <call>add</call> b</think>c", [Thought("a <call>add</call> b"), Said("c")]),
        ("<call>? <think></call> x", [Said("<call>? <think></call> x")]),
        ("a <call>?</call><call>add</call>", [Said("a <call>?</call>"), ADD]),
        ("<call>add", [ADD]),
        ("<call>?", [Said("<call>?")]),
    ],
)
def test_an_answer_is_split_however_it_is_cut(text: str, parts: list[Part]) -> None:
    assert split(parser(), [text]) == parts
    assert split(parser(), text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("<call>add", [Said("<call>add")]),
        ("x <call>add</ca", [Said("x <call>add</ca")]),
        ("<call>add</call>\n<call>su", [ADD, Said("<call>su")]),
        ("<think>so fa", [Thought("so fa")]),
        ("<think>a</think>b <cal", [Thought("a"), Said("b <cal")]),
    ],
)
def test_at_the_greatest_length_an_unfinished_call_is_content(text: str, parts: list[Part]) -> None:
    assert split(parser(), [text], cut=True) == parts
    assert split(parser(), text, cut=True) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hm\n</think>\n\nYes.", [Thought("hm"), Said("Yes.")]),
        ("\n</think>Yes.", [Said("Yes.")]),
        ("</think><call>add</call>", [ADD]),
        ("hm", [Thought("hm")]),
    ],
)
def test_the_prompt_may_have_opened_a_thought(text: str, parts: list[Part]) -> None:
    assert split(parser(thinking=True), text) == parts


def test_without_tools_a_call_is_text() -> None:
    assert split(parser(call=None), "<think>a</think><call>add</call>") == [
        Thought("a"),
        Said("<call>add</call>"),
    ]


@pytest.mark.parametrize("cut", [False, True])
def test_a_call_without_a_closing_mark_goes_to_the_end(cut: bool) -> None:
    endless = Pair("[CALLS]", "")
    assert split(parser(call=endless), "See: [CALLS]add", cut=cut) == [Said("See:"), ADD]
    assert split(parser(call=endless), "[CALLS]add ?", cut=cut) == [Said("[CALLS]add ?")]


def test_text_that_can_be_no_mark_comes_at_once() -> None:
    answer = parser()

    assert answer.push("1 < 2") == [Said("1 < 2")]
    assert answer.push("x<") == [Said("x")]
    assert answer.push("cal") == []
    assert answer.held == len("<cal")
    assert answer.push("m>") == [Said("<calm>")]


@pytest.mark.parametrize(("call", "parts"), [(CALL, []), (None, [Said("\n")])])
def test_space_waits_only_where_it_may_come_before_a_call(call: Pair | None, parts: list[Part]) -> None:
    answer = parser(call=call)
    answer.push("See:")

    assert answer.push("\n") == parts


TEXTS = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "<call>", "</call>", "<", "<th", "</", "call>", "add", "?", " ", "\n", "word"]
    ),
    max_size=14,
).map("".join)


@given(text=TEXTS, cuts=st.lists(st.integers(0, 60)), thinking=st.booleans(), cut=st.booleans())
def test_the_result_does_not_depend_on_the_cuts(text: str, cuts: list[int], thinking: bool, cut: bool) -> None:
    places = sorted({0, len(text), *(place for place in cuts if place < len(text))})
    pieces = [text[start:end] for start, end in pairwise(places)]

    whole = split(parser(thinking=thinking), [text], cut=cut)

    assert split(parser(thinking=thinking), pieces, cut=cut) == whole
    assert split(parser(thinking=thinking), text, cut=cut) == whole


@given(text=TEXTS)
def test_nothing_but_marks_and_space_is_lost(text: str) -> None:
    def words(part: str) -> str:
        return "".join(part.replace("<think>", "").replace("</think>", "").split())

    # No call can be read, so all of them are content.
    parts = split(AnswerParser(THINK, CALL, lambda _: ()), text)
    kept = "".join(part.text for part in parts if not isinstance(part, Called))
    assert words(kept) == words(text)


# --- answers that are held to a grammar ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('{"a": "<think>b</think>"}', [Said('{"a": "<think>b</think>"}')]),
        ("<think>a</think>\n\n[<call>add</call>]", [Thought("a"), Said("[<call>add</call>]")]),
        ("<call>add</call>\n<call>add</call>", [ADD, ADD]),
        ("<call>add</call>", [ADD]),
    ],
)
def test_marks_are_before_content_alone_where_the_text_is_held(text: str, parts: list[Part]) -> None:
    for pieces in ([text], list(text)):
        assert split(AnswerParser(THINK, CALL, read, leading=True), pieces) == parts


def test_a_closing_mark_closes_no_call_that_is_not_whole() -> None:
    def read_whole(text: str) -> tuple[ToolCall, ...]:
        return (ToolCall(text, "{}"),) if text.endswith(".") else ()

    text = "Look: <call>a</call>b</call>.</call> done"
    for pieces in ([text], list(text)):
        parts = split(AnswerParser(THINK, CALL, read_whole, whole=True), pieces)
        assert parts == [Said("Look:"), Called((ToolCall("a</call>b</call>.", "{}"),)), Said(" done")]


def test_of_calls_that_are_held_one_that_is_cut_is_text_as_any() -> None:
    text = "<call>a?</call>b"

    assert split(AnswerParser(THINK, CALL, read, whole=True), text, cut=True) == [Said(text)]
