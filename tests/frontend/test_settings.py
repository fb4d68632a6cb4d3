from pathlib import Path

import pytest
from mlx_llm_server.frontend.access import AccessPolicy
from mlx_llm_server.frontend.settings import SettingsError, check_exposure, read_keys


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_without_any_key_nobody_is_asked_for_one() -> None:
    assert read_keys(None, None) == {}


def test_the_key_of_the_option_and_those_of_the_file_are_all_valid(keys_file: Path) -> None:
    keys_file.write_text("# for the team\nalpha\n\n  beta  \r\n  # another comment\ngamma")

    assert list(read_keys(" omega ", str(keys_file))) == ["omega", "alpha", "beta", "gamma"]


def test_a_key_may_have_a_name_and_a_colon_within_a_key_makes_none(keys_file: Path) -> None:
    keys_file.write_text("alice: sk-1\nteam:sk-2\nbob@box.lan:   sk:3\nsk-4\n")

    assert read_keys("sk-0", str(keys_file)) == {
        "sk-0": "", "sk-1": "alice", "team:sk-2": "", "sk:3": "bob@box.lan", "sk-4": ""
    }  # fmt: skip


@pytest.mark.parametrize("content", ["two words: key", "alice: two words", ": key", "alice:"])
def test_what_is_neither_a_key_nor_a_named_one_is_refused(keys_file: Path, content: str) -> None:
    keys_file.write_text(content)

    if content == "alice:":  # as ever: a key that ends with a colon
        assert read_keys(None, str(keys_file)) == {"alice:": ""}
        return
    with pytest.raises(SettingsError, match="one word"):
        read_keys(None, str(keys_file))


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n"])
def test_a_file_without_a_key_is_refused_for_it_would_let_everybody_in(keys_file: Path, content: str) -> None:
    keys_file.write_text(content)

    with pytest.raises(SettingsError, match="holds no key"):
        read_keys(None, str(keys_file))


def test_a_file_that_is_not_there_is_refused(keys_file: Path) -> None:
    with pytest.raises(SettingsError, match=f"--api-key-file: {keys_file} can't be read"):
        read_keys(None, str(keys_file))


def test_a_file_that_is_no_text_is_refused(keys_file: Path) -> None:
    keys_file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingsError, match="can't be read"):
        read_keys(None, str(keys_file))


@pytest.mark.parametrize("key", ["", "  ", "two words", "schlüssel", "tab\there", "\x00"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(SettingsError, match="one word of printable ASCII"):
        read_keys(key, None)


def test_a_key_with_a_comment_behind_it_is_refused(keys_file: Path) -> None:
    keys_file.write_text("alpha # the team's\n")

    with pytest.raises(SettingsError, match="one word"):
        read_keys(None, str(keys_file))


def test_no_refusal_says_the_key(keys_file: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        read_keys("my secret", None)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "box.lan", ""])
def test_an_address_that_others_can_reach_needs_a_key_or_a_word(host: str) -> None:
    with pytest.raises(SettingsError, match="--api-key"):
        check_exposure(AccessPolicy(host), allow_open=False)

    check_exposure(AccessPolicy(host, keys=("k",)), allow_open=False)
    check_exposure(AccessPolicy(host), allow_open=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_loopback_address_needs_no_key(host: str) -> None:
    check_exposure(AccessPolicy(host), allow_open=False)
