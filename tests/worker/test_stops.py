import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.worker.stops import StopMatcher


def run(stops: tuple[str, ...], pieces: list[str]) -> tuple[list[str], bool]:
    """Push pieces until a stop; return what came out at each, the flush included, and whether it stopped."""
    matcher = StopMatcher(stops)
    out = []
    for piece in pieces:
        text, stopped = matcher.push(piece)
        out.append(text)
        if stopped:
            return out, True
    return [*out, matcher.flush()], False


def by_characters(stops: tuple[str, ...], text: str) -> tuple[str, bool]:
    """Say what is right, as plainly as can be: the first end of the text so far that is a stop string."""
    for end in range(1, len(text) + 1):
        found = [stop for stop in stops if text[:end].endswith(stop)]
        if found:
            return text[: end - len(max(found, key=len))], True
    return text, False


@pytest.mark.parametrize(
    ("stops", "pieces", "out", "stopped"),
    [
        pytest.param((), ["a", "b"], ["a", "b", ""], False, id="no stops"),
        pytest.param(("x",), ["a", "b"], ["a", "b", ""], False, id="never found"),
        pytest.param(("x",), ["axb"], ["a"], True, id="inside a piece"),
        pytest.param(("x",), ["x"], [""], True, id="all of a piece"),
        pytest.param(("x",), ["xx"], [""], True, id="the first of two"),
        pytest.param(("END",), ["some E", "N", "D more"], ["some ", "", ""], True, id="over three pieces"),
        pytest.param(
            ("END",), ["some E", "N", "O more"], ["some ", "", "ENO more", ""], False, id="not after all"
        ),
        pytest.param(("END",), ["some EN"], ["some ", "EN"], False, id="the text is over halfway"),
        pytest.param(("aab",), ["aa", "a", "b"], ["", "a", ""], True, id="held, then found one later"),
        pytest.param(("aab",), ["aaaab"], ["aa"], True, id="after its own beginning"),
        pytest.param(("\n\n",), ["a\n", "\nb"], ["a", ""], True, id="newlines"),
        pytest.param(("abc", "b"), ["abc"], ["a"], True, id="the one complete first wins"),
        pytest.param(("b", "abc"), ["a", "b"], ["", "a"], True, id="whatever the order and the cut"),
        pytest.param(("b", "ab"), ["ab"], [""], True, id="of two complete at once the longer"),
        pytest.param(("ab", "b"), ["a", "b"], ["", ""], True, id="of two complete at once the longer, cut"),
        pytest.param(("stop", "st"), ["s", "top"], ["", ""], True, id="one begins the other"),
        pytest.param(("日本",), ["x日", "本y"], ["x", ""], True, id="beyond ASCII"),
        pytest.param(("x", "x"), ["ax"], ["a"], True, id="the same twice"),
        pytest.param(("abcd", "bc"), ["abc"], ["a"], True, id="within another's beginning"),
        pytest.param(("x",), ["", "", "x"], ["", "", ""], True, id="empty pieces"),
    ],
)
def test_the_text_up_to_the_first_stop_comes_out(
    stops: tuple[str, ...], pieces: list[str], out: list[str], stopped: bool
) -> None:
    assert run(stops, pieces) == (out, stopped)


def test_no_more_is_held_back_than_may_become_a_stop() -> None:
    matcher = StopMatcher(("abcabd",))

    assert matcher.push("xabcab") == ("x", False)
    assert matcher.push("c") == ("abc", False)
    assert matcher.flush() == "abc"
    assert matcher.flush() == ""


STOPS = st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=4).map(tuple)
PIECES = st.lists(st.text("abc", max_size=5), max_size=8)


@given(stops=STOPS, pieces=PIECES)
def test_the_result_is_that_of_a_character_at_a_time_however_the_text_was_cut(
    stops: tuple[str, ...], pieces: list[str]
) -> None:
    out, stopped = run(stops, pieces)

    assert ("".join(out), stopped) == by_characters(stops, "".join(pieces))


@given(stops=STOPS, pieces=PIECES)
def test_nothing_of_a_stop_ever_leaks(stops: tuple[str, ...], pieces: list[str]) -> None:
    right, _ = by_characters(stops, "".join(pieces))
    matcher = StopMatcher(stops)
    sent = ""
    for piece in pieces:
        text, stopped = matcher.push(piece)
        sent += text
        assert right.startswith(sent)
        if stopped:
            break
