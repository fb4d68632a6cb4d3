import stat
from pathlib import Path

import pytest
from mlx_llm_server.frontend.access import AccessPolicy
from mlx_llm_server.frontend.cache_scope import CacheScopes

KEYS = AccessPolicy("127.0.0.1", ("sk-one", "sk-two"))


def test_every_key_has_a_scope_of_its_own_that_does_not_tell_the_key() -> None:
    scopes = CacheScopes(KEYS)

    assert scopes.of("Bearer sk-one") == scopes.of("bearer  sk-one ") != scopes.of("Bearer sk-two")
    assert "sk-one" not in scopes.of("Bearer sk-one")


def test_another_start_has_other_scopes_unless_the_salt_is_kept(tmp_path: Path) -> None:
    """What lies on disk is of the same scopes after a restart."""
    file = tmp_path / "home" / "salt"
    kept = [CacheScopes(KEYS, salt_file=file).of("Bearer sk-one") for _ in range(2)]

    assert kept[0] == kept[1]
    assert CacheScopes(KEYS).of("Bearer sk-one") != CacheScopes(KEYS).of("Bearer sk-one")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_salt_that_was_damaged_is_drawn_anew(tmp_path: Path) -> None:
    file = tmp_path / "salt"
    file.write_bytes(b"")

    assert CacheScopes(KEYS, salt_file=file).of("Bearer sk-one")

    assert len(file.read_bytes()) == 64


def test_a_salt_that_can_not_be_kept_is_drawn_at_each_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    file = tmp_path / "file" / "salt"

    assert CacheScopes(KEYS, salt_file=file).of("Bearer sk-one")

    assert "will not be found after a restart" in caplog.text


def test_no_salt_is_kept_where_all_requests_have_one_scope(tmp_path: Path) -> None:
    CacheScopes(KEYS, shared=True, salt_file=tmp_path / "salt")
    CacheScopes(AccessPolicy("127.0.0.1"), salt_file=tmp_path / "salt")

    assert list(tmp_path.iterdir()) == []


def test_without_keys_all_requests_have_one_scope_whatever_they_say() -> None:
    scopes = CacheScopes(AccessPolicy("127.0.0.1"))

    assert scopes.of(None) == scopes.of("Bearer anything") == ""


def test_keys_may_be_let_to_share_one_scope() -> None:
    scopes = CacheScopes(KEYS, shared=True)

    assert scopes.of("Bearer sk-one") == scopes.of("Bearer sk-two") == ""
    assert scopes.key_of("Bearer sk-one") != scopes.key_of("Bearer sk-two")


def test_without_keys_all_requests_are_of_one() -> None:
    scopes = CacheScopes(AccessPolicy("127.0.0.1"))

    assert scopes.key_of(None) == scopes.key_of("Bearer anything") == ""
