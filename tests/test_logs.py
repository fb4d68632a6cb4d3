"""Lines of the log, for people and for programs."""

import json
import logging
from collections.abc import Iterator

import pytest
from mlx_llm_server.logs import as_line, log_to_stderr

log = logging.getLogger("mlx_llm_server.somewhere")


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Leave the logging of the tests as it was."""
    root, ours = logging.getLogger(), logging.getLogger("mlx_llm_server")
    handlers, level, level_of_ours = root.handlers[:], root.level, ours.level
    root.handlers[:] = []
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(level_of_ours)
    logging.captureWarnings(False)


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_for_people_has_a_date_and_says_who_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("text", "100%")
    log.info("hello %d", 5)

    date, time, level, process, *words = capsys.readouterr().err.split()
    assert (len(date), len(time)) == (10, 8)
    assert (level, process, words) == ("INFO", "100%:", ["hello", "5"])


def test_a_line_of_json_is_one_line_whatever_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("json", "worker-1")
    log.warning("two\nlines", extra={"fields": {"tokens": 5}})
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("it failed")

    said, failed = objects(capsys)
    assert said.pop("time").endswith("Z")
    assert said == {
        "level": "warning", "process": "worker-1", "logger": "somewhere", "message": "two\nlines", "tokens": 5
    }  # fmt: skip
    assert failed["exception"].endswith("ValueError: broken")


def test_the_last_word_on_the_format_holds(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    log_to_stderr("json", "frontend")
    log.info("once")

    assert [line["message"] for line in objects(capsys)] == ["once"]


def test_of_libraries_only_what_is_wrong_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("json", "frontend")
    logging.getLogger("tornado.general").info("chatter")
    logging.getLogger("tornado.general").warning("trouble")

    assert [(line["logger"], line["message"]) for line in objects(capsys)] == [("tornado.general", "trouble")]


def test_what_a_worker_prints_is_passed_on_as_it_is_to_people() -> None:
    log_to_stderr("text", "frontend")

    assert as_line("  50%\r", "worker-1") == "  50%\r"


def test_and_is_put_into_a_line_of_json_where_it_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("json", "worker-1")
    log.info("mine")
    own = capsys.readouterr().err
    log_to_stderr("json", "frontend")

    assert as_line(own, "worker-1") == own
    assert as_line("\r", "worker-1") == ""
    told = json.loads(as_line('Fatal Python error: "Aborted"\n', "worker-1"))
    assert (told["process"], told["message"]) == ("worker-1", 'Fatal Python error: "Aborted"')
