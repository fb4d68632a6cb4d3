import asyncio
import io
import os
import sys

import pytest
from mlx_llm_server.frontend.crashes.stderr import LastLines, StderrTail


def pushed(lines: LastLines, *pushed: bytes) -> tuple[str, ...]:
    for line in pushed:
        lines.push(line)
    return lines.read()


def test_so_many_lines_are_kept() -> None:
    assert pushed(LastLines(max_lines=2), b"a\n", b"b\n", b"c\n") == ("b", "c")


def test_so_many_bytes_are_kept() -> None:
    assert pushed(LastLines(max_bytes=5), b"abc\n", b"de\n", b"f\n") == ("de", "f")
    assert pushed(LastLines(max_bytes=5), b"0123456789\n") == ("01234",)


def test_a_progress_bar_is_one_line() -> None:
    assert pushed(LastLines(), b"a\n", b"\r", b"10%\r", b"20%\r", b"100%\n", b"b\n") == ("a", "100%", "b")


def test_an_empty_line_is_a_line() -> None:
    assert pushed(LastLines(), b"a\n", b"\n", b"b\n") == ("a", "", "b")


def test_what_is_no_text_is_kept_as_far_as_it_is() -> None:
    assert pushed(LastLines(), b"\xff!\n") == ("\ufffd!",)


async def _turn() -> None:
    """Let the loop look at its descriptors."""
    for _ in range(3):
        await asyncio.sleep(0)


def test_a_line_is_printed_once_it_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    async def tail() -> None:
        stderr = StderrTail("worker-1")
        os.write(stderr.write_end, b"half")
        await _turn()
        assert capsys.readouterr().err == ""
        os.write(stderr.write_end, b" and half\nnext\r")
        await _turn()
        assert capsys.readouterr().err == "half and half\nnext\r"
        stderr.given()
        stderr.close()
        assert stderr.lines.read() == ("half and half", "next")

    asyncio.run(tail())


def test_what_is_in_the_pipe_at_the_end_is_taken_whoever_still_holds_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def tail() -> None:
        stderr = StderrTail("worker-1")
        left_behind = os.dup(stderr.write_end)
        stderr.given()
        os.write(left_behind, b"line\n" * 12_000 + b"last words")
        stderr.close()
        stderr.close()
        os.close(left_behind)
        assert stderr.lines.read()[-2:] == ("line", "last words")
        assert len(stderr.lines.read()) == 100

    asyncio.run(tail())
    assert capsys.readouterr().err.count("line\n") == 12_000


def test_a_line_without_an_end_is_not_gathered_for_ever(capsys: pytest.CaptureFixture[str]) -> None:
    async def tail() -> None:
        stderr = StderrTail("worker-1")
        os.write(stderr.write_end, b"x" * 20_000)
        await _turn()
        assert capsys.readouterr().err == "x" * 20_000
        stderr.given()
        stderr.close()

    asyncio.run(tail())


class _Gone(io.StringIO):
    def write(self, s: str, /) -> int:
        raise BrokenPipeError


def test_a_terminal_that_is_gone_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tail() -> None:
        stderr = StderrTail("worker-1")
        os.write(stderr.write_end, b"line\n")
        stderr.given()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stderr", _Gone())
            stderr.close()
        assert stderr.lines.read() == ("line",)

    asyncio.run(tail())
