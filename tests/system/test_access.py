"""Who is let in: keys, addresses, Host and Origin, media types, paths."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from .servers import House, Server, counted, free_port, user

KEY = "sk-right"
OTHER_KEY = "sk-other"
PAGE = "https://chat.example"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A frontend with a key of each kind, a further name, and a page that may call it."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(f"# who\n{OTHER_KEY}\n\n  sk-third\n")
    house = House()
    try:
        options = ("--api-key-file", str(keys), "--allowed-host", "llm.example", "--allowed-origin", PAGE)
        yield house.frontend(*options, MLX_SERVE_API_KEY=KEY)
    finally:
        house.close()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


# --- keys ---


@pytest.mark.parametrize("key", [KEY, OTHER_KEY, "sk-third"])
def test_every_key_is_accepted(locked: Server, key: str) -> None:
    assert locked.get("/v1/models", bearer(key)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("sk-wrong"),
        bearer(""),
        bearer("# who"),
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/x", "/v1/chat/completions", "/nothing"])
def test_without_a_valid_key_nothing_is_told(locked: Server, path: str, headers: dict[str, str]) -> None:
    answer = locked.get(path, headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["code"] == "invalid_api_key"


def test_a_post_without_a_key_is_refused(locked: Server) -> None:
    assert locked.post({"messages": user("5")}).status == 401


def test_the_openai_client_raises_for_a_wrong_key(locked: Server) -> None:
    with locked.openai("sk-wrong") as client, pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model="any", messages=[{"role": "user", "content": "5"}])
    with locked.openai(KEY) as client:
        assert list(client.models.list()) == []


def test_health_and_readiness_are_public(locked: Server) -> None:
    assert locked.get("/health").status == 200
    assert locked.get("/ready").status == 503


def test_a_key_may_be_an_option(house: House, counting_model: Path) -> None:
    server = house.llm_server(counting_model, "--api-key", KEY)
    assert server.get("/v1/models").status == 401
    with server.openai(KEY) as client:
        answer = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "395"}])
    assert answer.choices[0].message.content == counted(396, 400)


# --- addresses ---


@pytest.mark.parametrize("command", ["frontend", "up"])
def test_other_machines_are_not_served_without_a_key(house: House, command: str) -> None:
    model = ["--model", "/nowhere"] if command == "up" else []
    refused = house.start(["mlx-serve", command, *model, "--host", "0.0.0.0", "--port", str(free_port())])
    assert refused.wait() != 0
    assert "can be reached by other machines: set --api-key" in refused.log
    assert "Traceback" not in refused.log


@pytest.mark.parametrize("allowing", [["--api-key", KEY], ["--allow-no-key"]])
def test_other_machines_are_served_with_a_key_or_on_purpose(house: House, allowing: list[str]) -> None:
    server = house.frontend("--host", "0.0.0.0", *allowing)
    assert server.get("/v1/models", bearer(KEY)).status == 200
    # A number can't be rebound, a name can.
    assert server.get("/v1/models", {**bearer(KEY), "Host": "192.0.2.1"}).status == 200
    assert server.get("/v1/models", {**bearer(KEY), "Host": "evil.example"}).status == 403


@pytest.mark.parametrize("content", ["", "# only a comment\n", "two words\n"])
def test_a_key_file_without_a_key_is_refused(house: House, tmp_path: Path, content: str) -> None:
    (tmp_path / "keys").write_text(content)
    refused = house.start(["mlx-serve", "frontend", "--api-key-file", str(tmp_path / "keys")])
    assert refused.wait() != 0
    assert "key" in refused.log
    assert "Traceback" not in refused.log


def test_the_socket_directory_is_private(house: House) -> None:
    house.sockets.mkdir(mode=0o755)
    house.frontend()
    assert stat.S_IMODE(house.sockets.stat().st_mode) == 0o700


# --- Host and Origin ---


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1", "127.0.0.1", "127.0.0.1:99", "[::1]:8", "LLM.example:1"]
)
def test_names_of_this_machine_are_answered(locked: Server, host: str) -> None:
    assert locked.get("/health", {"Host": host}).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.0.2.1", "", "localhost:x", "[::1", "a@localhost:1:2"]
)
def test_another_name_is_refused(locked: Server, host: str) -> None:
    answer = locked.get("/health", {"Host": host})
    assert answer.status in (400, 403)
    if answer.status == 403:
        assert answer.error["code"] == "host_not_allowed"


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000", "http://127.0.0.1"])
def test_an_allowed_page_may_ask_first_and_then_call(locked: Server, origin: str) -> None:
    ask = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = locked.get("/v1/chat/completions", ask, method="OPTIONS")
    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    answer = locked.get("/v1/models", {"Origin": origin, **bearer(KEY)})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, origin)


def test_an_allowed_page_can_read_its_error(locked: Server) -> None:
    answer = locked.get("/v1/models", {"Origin": PAGE})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, PAGE)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://chat.example.evil", "http://chat.example", "null"]
)
@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_another_page_is_refused(locked: Server, origin: str, method: str) -> None:
    answer = locked.get("/v1/models", {"Origin": origin, **bearer(KEY)}, method=method)
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.error["code"] == "origin_not_allowed"


# --- media types and paths ---


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_declared_json_is_refused(counting: Server, media_type: str) -> None:
    answer = counting.post({"messages": user("5")}, {"Content-Type": media_type})
    assert answer.status == 415
    assert answer.error["type"] == "invalid_request_error"


def test_json_may_have_a_charset(counting: Server) -> None:
    answer = counting.post({"messages": user("395")}, {"Content-Type": "application/json; charset=utf-8"})
    assert answer.status == 200


def test_the_page_needs_no_key_and_what_it_shows_does(locked: Server) -> None:
    page = locked.get("/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    files = re.findall(r'(?:src|href)="(page/[^"]+)"', page.body.decode())
    assert len(files) > 2
    assert {locked.get(f"/{file}").status for file in files} == {200}
    again = locked.get("/", {"If-None-Match": page.headers["Etag"]})
    assert (again.status, again.body) == (304, b"")
    assert {locked.get(f"/page/{name}").status for name in ("none.js", "..%2f__init__.py", "%00")} == {404}
    assert locked.get("/", {"Host": "evil.example"}).status == 403
    assert locked.get("/", {"Origin": "https://evil.example"}).status == 403
    for path in ("/admin/status", "/admin/crashes", "/v1/models"):
        assert locked.get(path).status == 401
        own = {**bearer(KEY), "Host": "llm.example", "Origin": "https://llm.example"}
        assert locked.get(path, own).status == 200


@pytest.mark.parametrize(
    "path", ["/page", "/v1", "/v1/embeddings", "/v1/chat/completions/", "/%00", "/../etc/passwd"]
)
def test_an_unknown_path_is_a_404(counting: Server, path: str) -> None:
    answer = counting.get(path)
    assert answer.status == 404
    assert answer.error["code"] == "not_found"


def test_an_unknown_model_is_a_404(counting: Server) -> None:
    answer = counting.get("/v1/models/none%2Fsuch")
    assert answer.status == 404
    assert answer.error["code"] == "model_not_found"
    assert "none/such" in answer.error["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/chat/completions", "POST"), ("DELETE", "/v1/models", "GET"), ("PUT", "/health", "GET")],
)
def test_a_wrong_method_is_a_405(counting: Server, method: str, path: str, allowed: str) -> None:
    answer = counting.get(path, method=method)
    assert answer.status == 405
    assert allowed in answer.headers["Allow"]
    assert answer.error["code"] == "method_not_allowed"
