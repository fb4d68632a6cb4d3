from mlx_llm_server.frontend.access import AccessPolicy
from mlx_llm_server.frontend.cache_scope import CacheScopes

KEYS = AccessPolicy("127.0.0.1", ("sk-one", "sk-two"))


def test_every_key_has_a_scope_of_its_own_that_does_not_tell_the_key() -> None:
    scopes = CacheScopes(KEYS)

    assert scopes.of("Bearer sk-one") == scopes.of("bearer  sk-one ") != scopes.of("Bearer sk-two")
    assert "sk-one" not in scopes.of("Bearer sk-one")


def test_another_start_has_other_scopes() -> None:
    assert CacheScopes(KEYS).of("Bearer sk-one") != CacheScopes(KEYS).of("Bearer sk-one")


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
