"""What was computed once helps whoever may know of it, and the usage tells."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from .servers import House, Server, text_of, until, user

ONE, TWO = "sk-one", "sk-two"
LONG = "Tell me of the sea. " * 30


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory, nonsense_model: Path) -> Iterator[Server]:
    """A server whose clients have keys of their own."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(f"{ONE}\n{TWO}\n")
    house = House()
    try:
        yield house.llm_server(nonsense_model, "--api-key-file", str(keys), "--prefix-cache-ram", "64MB")
    finally:
        house.close()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def ask(server: Server, key: str, content: str = LONG) -> dict[str, Any]:
    answer = server.post({"messages": user(content), "temperature": 0, "max_tokens": 10}, bearer(key))
    assert answer.status == 200, answer.body
    return answer.json


def cached(answer: dict[str, Any]) -> int:
    return answer["usage"]["prompt_tokens_details"]["cached_tokens"]


def clear(server: Server) -> Any:
    answer = server.send(
        "POST", "/admin/prefix-cache/clear", b"", {"Content-Type": "application/json", **bearer(TWO)}
    )
    assert answer.status == 200, answer.body
    return answer.json


def test_a_prompt_that_comes_again_is_found_whole_and_streamed_with_the_same_answer(keyed: Server) -> None:
    clear(keyed)
    first, second = ask(keyed, ONE), ask(keyed, ONE)
    stream = keyed.openai(ONE).chat.completions.create(
        model="any",
        messages=[{"role": "user", "content": LONG}],
        temperature=0,
        max_tokens=10,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk.model_dump(exclude_none=True) for chunk in stream]

    tokens = first["usage"]["prompt_tokens"]
    assert (cached(first), cached(second), cached(chunks[-1])) == (0, tokens - 1, tokens - 1)
    text = first["choices"][0]["message"]["content"]
    assert second["choices"][0]["message"]["content"] == text_of(chunks[:-1]) == text


def test_a_client_that_gives_up_and_asks_again_goes_on_where_its_prompt_was(
    house: House, nonsense_model: Path
) -> None:
    """Its prompt is processed sixteen tokens at a time, which takes longer than it waits."""
    server = house.llm_server(nonsense_model, "--prefill-chunk", "16")
    prompt = " ".join(f"word{number}" for number in range(450))
    with pytest.raises(openai.APITimeoutError):
        server.openai().with_options(timeout=0.3).chat.completions.create(model="any", messages=user(prompt))  # pyright: ignore[reportArgumentType]
    server.wait_idle()

    again = server.ask(prompt, max_tokens=5, temperature=0)

    assert 0 < cached(again) < again["usage"]["prompt_tokens"] - 1
    clear(server)
    fresh = server.ask(prompt, max_tokens=5, temperature=0)
    assert cached(fresh) == 0
    assert again["choices"] == fresh["choices"]


def test_after_a_kill_a_long_conversation_goes_on_from_the_disk(
    house: House, nonsense_model: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{ONE}\n{TWO}\n")
    server = house.up(nonsense_model, "--api-key-file", str(keys), "--prefix-cache-disk", "100MB")
    prompt = " ".join(f"word{number}" for number in range(150))
    first = ask(server, ONE, prompt)
    place, tokens = house.home / ".mlx-serve/prefixes", first["usage"]["prompt_tokens"]

    def written() -> list[Path]:
        files = list(place.glob("*/*.safetensors"))
        return files if len(files) == tokens // 128 else []

    files = until(written, "the prompt is on disk")
    victim = server.workers("ready")[0]["pid"]
    os.kill(victim, signal.SIGKILL)
    until(lambda: [w for w in server.workers("ready") if w["pid"] != victim], "another worker is ready")

    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    second = ask(server, ONE, prompt)
    assert cached(second) == tokens // 128 * 128
    assert second["choices"] == first["choices"]
    assert cached(ask(server, TWO, prompt)) == 0, "another key finds nothing there either"
    until(lambda: len(list(place.glob("*/*.safetensors"))) == 2 * len(files), "its prompt is on disk too")
    clear(server)
    assert cached(ask(server, ONE, prompt)) == 0


def test_another_key_finds_nothing_of_it(keyed: Server) -> None:
    clear(keyed)
    assert cached(ask(keyed, ONE)) == 0
    assert cached(ask(keyed, TWO)) == 0
    assert cached(ask(keyed, ONE)) > 0


def test_after_clearing_nothing_is_found(keyed: Server) -> None:
    ask(keyed, ONE)

    assert clear(keyed) == {"workers": 1}

    assert cached(ask(keyed, ONE)) == 0


def test_only_who_has_a_key_may_clear(keyed: Server) -> None:
    answer = keyed.send("POST", "/admin/prefix-cache/clear", b"", {"Content-Type": "application/json"})
    assert answer.status == 401


def test_a_frontend_without_workers_tells_nobody(house: House) -> None:
    server = house.frontend()
    answer = server.send("POST", "/admin/prefix-cache/clear", b"", {"Content-Type": "application/json"})
    assert (answer.status, answer.json) == (200, {"workers": 0})
