from __future__ import annotations

import re
from pathlib import Path

import pytest
from mlx_llm_server.scripts.compatibility.clients import CLIENTS, ROOT, Client
from mlx_llm_server.scripts.compatibility.report import AREAS, BEGIN, END, page, write
from mlx_llm_server.scripts.compatibility.trial import Result, Trial

PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
CLIENT = Client("some", "Some", "some", ("some-client", "openai"))


def trial(*results: Result) -> Trial:
    return Trial(CLIENT, {"some-client": "1.2", "openai": "3.4"}, results)


def test_the_table_counts_what_passed_by_area() -> None:
    told = page([trial(Result("chat", "a", passed=True), Result("chat", "b", passed=True))])

    assert "| Some some-client 1.2 (openai 3.4) | 2 |  |  |  |  |  |" in told
    assert "  - chat: a; b" in told
    assert "failed" not in told


def test_what_failed_is_told() -> None:
    told = page([trial(Result("tools", "a", passed=True), Result("tools", "b", passed=False))])

    assert "|  |  | 1 of 2 |" in told
    assert "These failed:\n\n- Some some-client 1.2 (openai 3.4): tools: b\n" in told


def test_only_what_is_between_the_marks_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{BEGIN}old\n{END}behind\n")
    write(file, "new\n")

    assert file.read_text() == f"before\n{BEGIN}\nnew\n\n{END}behind\n"


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("mine")
    with pytest.raises(ValueError, match="no place"):
        write(file, "new\n")

    assert file.read_text() == "mine"


# --- the page in the tree --------------------------------------------------------------------------------


def pinned(client: Client) -> str:
    """Return the version of the client that its environment is made with."""
    if client.language == "Node":
        (version,) = re.findall(r'"openai": "([\d.]+)"', (client.tests / "package.json").read_text())
        return version
    text = (client.tests / client.requirements).read_text()
    (version,) = re.findall(rf"^{client.packages[0]}(?:\[\w+\])?==([\d.]+)$", text, flags=re.MULTILINE)
    return version


def test_the_page_tells_of_the_versions_that_are_tried() -> None:
    table = [line for line in PAGE.partition(BEGIN)[2].splitlines() if line.startswith("| ")][2:]

    assert table
    for row in table:
        assert any(row.startswith(f"| {each.title} ") and f" {pinned(each)} " in row for each in CLIENTS), row


def test_every_file_of_tests_has_a_column() -> None:
    files = [*ROOT.glob("tests/clients/*/test_*.py"), *ROOT.glob("tests/clients/*/*.test.mjs")]
    areas = {file.name.split(".")[0].removeprefix("test_") for file in files}

    assert areas == set(AREAS)
