import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_llm_server.frontend.access import AccessPolicy, is_loopback

LOCAL = AccessPolicy("127.0.0.1")
OPEN = AccessPolicy("0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST"])
def test_a_loopback_address_is_reachable_from_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", "192.168.1.5", "fe80::1", "example.com", "localhost.example.com", "127.0.0.1.nip.io"],
)
def test_any_other_address_is_not(host: str) -> None:
    assert not is_loopback(host)


# --- Host ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LocalHost:8080",
        "localhost.:8080",
        "127.0.0.1",
        "127.0.0.1:8080",
        "[::1]:8080",
    ],
)
@pytest.mark.parametrize("policy", [LOCAL, OPEN], ids=["local", "open"])
def test_the_loopback_names_are_always_names_of_this_server(policy: AccessPolicy, host: str) -> None:
    assert policy.allows_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.nip.io:8080",
        "localhost.evil.example",
        "localhostile",
        "2130706433",
        "192.168.1.5:8080",
        "[2001:db8::1]:8080",
        socket.gethostname() + ".evil.example",
    ],
)
def test_a_rebound_name_is_no_name_of_a_local_server(host: str) -> None:
    assert not LOCAL.allows_host(host)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.nip.io:8080", "localhost.evil.example"])
def test_a_rebound_name_is_no_name_of_an_open_server_either(host: str) -> None:
    assert not OPEN.allows_host(host)


@pytest.mark.parametrize("host", ["192.168.1.5", "192.168.1.5:8080", "[2001:db8::1]:8080", socket.gethostname()])
def test_an_open_server_answers_to_any_address_and_to_the_machines_name(host: str) -> None:
    assert OPEN.allows_host(host)


@pytest.mark.parametrize(
    "host", ["", ":8080", "localhost:http", "localhost:99999", "[::1", "[evil]", "a b", ".", "http://localhost"]
)
@pytest.mark.parametrize("policy", [LOCAL, OPEN], ids=["local", "open"])
def test_what_is_no_name_is_refused(policy: AccessPolicy, host: str) -> None:
    assert not policy.allows_host(host)


def test_a_name_that_was_added_is_a_name_of_this_server_on_any_port() -> None:
    policy = AccessPolicy("127.0.0.1", allowed_hosts=("Mac-Studio.local",))

    assert policy.allows_host("mac-studio.local")
    assert policy.allows_host("MAC-STUDIO.local:8080")
    assert not policy.allows_host("sub.mac-studio.local")


def test_the_name_that_the_server_listens_on_is_its_name() -> None:
    assert AccessPolicy("box.lan").allows_host("box.lan:8080")


@given(header=st.text())
def test_no_host_header_breaks_the_check(header: str) -> None:
    assert LOCAL.allows_host(header) in (True, False)


# --- Origin ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "http://localhost:3000",
        "https://localhost",
        "http://127.0.0.1:5173",
        "http://[::1]:3000",
    ],
)
def test_a_page_of_this_machine_may_call(origin: str) -> None:
    assert LOCAL.allows_origin(origin, "localhost:8080")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.nip.io",
        "http://192.168.1.5:8080",
        "file://",
        "file://localhost",
        "chrome-extension://localhost",
        "localhost",
        "http://",
        "http://localhost:port",
        "http://[::1",
        "http://[evil]",
    ],
)
@pytest.mark.parametrize("policy", [LOCAL, OPEN], ids=["local", "open"])
def test_a_page_of_another_place_or_of_none_may_not_call(policy: AccessPolicy, origin: str) -> None:
    assert not policy.allows_origin(origin, "localhost:8080")


def test_a_page_that_this_server_gave_may_call_it() -> None:
    assert OPEN.allows_origin("http://192.168.1.5:8080", "192.168.1.5:8080")
    assert not OPEN.allows_origin("http://192.168.1.5:9090", "192.168.1.5:8080")


def test_an_origin_that_was_added_may_call_and_only_with_its_scheme_and_port() -> None:
    policy = AccessPolicy("127.0.0.1", allowed_origins=("https://chat.example",))

    assert policy.allows_origin("https://chat.example", "localhost")
    assert policy.allows_origin("https://CHAT.example", "localhost")
    assert not policy.allows_origin("http://chat.example", "localhost")
    assert not policy.allows_origin("https://chat.example:444", "localhost")
    assert not policy.allows_origin("https://sub.chat.example", "localhost")


@pytest.mark.parametrize("origin", ["https://anything.example", "null"])
def test_a_star_allows_every_origin(origin: str) -> None:
    assert AccessPolicy("127.0.0.1", allowed_origins=("*",)).allows_origin(origin, "localhost")


@given(origin=st.text() | st.text(alphabet="htp:/[].@lo1").map("http://".__add__), host=st.text())
def test_no_origin_header_breaks_the_check(origin: str, host: str) -> None:
    assert LOCAL.allows_origin(origin, host) in (True, False)


# --- keys ------------------------------------------------------------------------------------------------

KEYED = AccessPolicy("0.0.0.0", keys=("first", "second"))


@pytest.mark.parametrize("header", [None, "", "Bearer anything", "nonsense"])
def test_without_keys_everybody_is_let_in(header: str | None) -> None:
    assert OPEN.allows_key(header)


@pytest.mark.parametrize("header", ["Bearer first", "Bearer second", "bearer second", "BEARER  first "])
def test_any_of_the_keys_lets_in(header: str) -> None:
    assert KEYED.allows_key(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "first",
        "Basic first",
        "Bearer firs",
        "Bearer firsts",
        "Bearer FIRST",
        "Bearer first second",
        "Bearer firstsecond",
        "Bearer fírst",
        "Bearer \x00",
    ],
)
def test_anything_else_does_not(header: str | None) -> None:
    assert not KEYED.allows_key(header)
