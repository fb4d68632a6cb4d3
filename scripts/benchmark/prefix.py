"""`scripts/bench prefix`: what is saved of prompts that begin alike, and what of it a killed worker leaves behind.

A conversation is led for some turns, each with all that was said before; then a long prompt is asked, cold and
again. The worker is killed (SIGKILL), and once another one is ready, the long prompt and the last turn are asked
again: what they save then comes from disk. Every run has other words.

Answers are held to a character that is the same tokens when it is sent back, as what a trained model says mostly
is: nonsense is not, and then the tokens of every answer would be new ones a turn later.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from . import report
from .processes import complete
from .servers import HOST, LOADING, free_port, serving

# A token each, so that turns are equally long.
_WORDS = ("the", "of", "and", "to", "in", "is", "that", "it")
# The first of which a row of them is as many tokens.
_ANSWERS = "7qz"
# When no file has come for so long, all that is to be written is.
_QUIET_SECONDS = 1.0


@dataclass(frozen=True)
class Asked:
    """One answer: its TTFT in seconds, its text, and of its prompt all tokens and those that were cached."""

    first_token: float
    text: str
    prompt_tokens: int
    cached_tokens: int


@dataclass
class Outcome:
    """One run, in the order in which it was asked."""

    turns: list[Asked] = field(default_factory=list)
    cold: Asked | None = None
    memory: Asked | None = None
    turn_from_disk: Asked | None = None
    disk: Asked | None = None


Ask = Callable[[list[dict[str, str]]], Asked]


def summarize(runs: list[Outcome]) -> dict[str, Any]:
    """Return the medians over the runs: TTFT in milliseconds, tokens, and the two ratios that matter.

    `last_by_second` is the TTFT of the last turn divided by that of the second, `disk_by_cold` that of the long
    prompt from disk divided by that of the cold one.
    """

    def median(asked: list[Asked]) -> dict[str, float]:
        return {
            "ttft_ms": 1000 * statistics.median(each.first_token for each in asked),
            "prompt_tokens": statistics.median(each.prompt_tokens for each in asked),
            "cached_tokens": statistics.median(each.cached_tokens for each in asked),
        }

    named = {
        name: median([asked for run in runs if (asked := getattr(run, name)) is not None])
        for name in ("cold", "memory", "disk", "turn_from_disk")
    }
    turns = [median(list(turn)) for turn in zip(*(run.turns for run in runs), strict=True)]
    return {
        "turns": turns,
        **named,
        "last_by_second": turns[-1]["ttft_ms"] / turns[1]["ttft_ms"],
        "disk_by_cold": named["disk"]["ttft_ms"] / named["cold"]["ttft_ms"],
        "runs": [asdict(run) for run in runs],
    }


def _answer_token(port: int, length: int) -> int:
    """Return the token that answers of so many are made of.

    Raises:
        RuntimeError: the tokenizer merges all that are tried.
    """
    for character in _ANSWERS:
        body = json.dumps({"prompt": character * length, "add_special_tokens": False}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{HOST}:{port}/tokenize", body, headers)
        with urllib.request.urlopen(request, timeout=LOADING) as answer:  # noqa: S310 - our own
            tokens = json.load(answer)["tokens"]
        if len(tokens) == length and len(set(tokens)) == 1:
            return tokens[0]
    raise RuntimeError(f"the model's tokenizer merges each of {_ANSWERS}")


def _ask(port: int, length: int, token: int, messages: list[dict[str, str]]) -> Asked:
    """Stream one greedy answer, so many times the same token."""
    body: dict[str, Any] = {"messages": messages, "max_tokens": length, "temperature": 0, "stream": True}
    body |= {"stream_options": {"include_usage": True}, "ignore_eos": True, "logit_bias": {str(token): 100}}
    connection = http.client.HTTPConnection(HOST, port, timeout=LOADING)
    begin = perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    first, text, usage = None, "", None
    while line := response.readline():
        if not line.startswith(b"data: {"):
            continue
        chunk = json.loads(line[6:])
        if "error" in chunk:
            raise RuntimeError(f"the answer broke off: {chunk['error']}")
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            if piece := choice["delta"].get("content"):
                first = first or perf_counter() - begin
                text += piece
    connection.close()
    if first is None or usage is None:
        raise RuntimeError(f"no answer: status {response.status}")
    return Asked(first, text, usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"])


def _worker(port: int) -> int | None:
    """Return the process of the worker that is ready."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/ready", timeout=5) as answer:
            workers = json.load(answer)["workers"]
    except OSError:
        return None
    return next((worker["pid"] for worker in workers if worker["state"] == "ready"), None)


def _until_written(folder: Path) -> None:
    """Wait until no more files come."""
    seen, since = -1, perf_counter()
    while perf_counter() - since < _QUIET_SECONDS:
        if (count := len(list(folder.rglob("*.safetensors")))) != seen:
            seen, since = count, perf_counter()
        time.sleep(0.05)


def _kill(port: int) -> None:
    """Kill the worker and wait for the next one."""
    victim = _worker(port)
    if victim is None:
        raise RuntimeError("no worker is ready")
    os.kill(victim, signal.SIGKILL)
    deadline = time.monotonic() + LOADING
    while _worker(port) in (None, victim):
        if time.monotonic() > deadline:
            raise RuntimeError(f"no other worker was ready within {LOADING:.0f} s")
        time.sleep(0.1)


def _words(run: int, about: int, count: int) -> str:
    """Return so many words that begin unlike those of other runs and of other subjects."""
    return " ".join([f"{run} {about}", *(_WORDS[(index * index + run + about) % 8] for index in range(count))])


def _run(ask: Ask, port: int, folder: Path, run: int, turns: int, turn_words: int, words: int) -> Outcome:
    outcome = Outcome()
    said: list[dict[str, str]] = []
    for turn in range(turns):
        said.append({"role": "user", "content": _words(run, turn, turn_words)})
        outcome.turns.append(ask(said))
        said.append({"role": "assistant", "content": outcome.turns[-1].text})
    long = [{"role": "user", "content": _words(run, -1, words)}]
    outcome.cold, outcome.memory = ask(long), ask(long)
    _until_written(folder)
    _kill(port)
    outcome.disk = ask(long)
    outcome.turn_from_disk = ask(said[:-1])
    return outcome


@click.command(context_settings={"show_default": True})
@click.option("--model", help="A path or a Hugging Face id. Without it: a model of random parameters.")
@click.option("--hidden", default=256, help="Size of that random model's residual.")
@click.option("--turns", type=click.IntRange(min=2), default=20, help="Of the conversation.")
@click.option("--turn-words", default=20, help="What is said in a turn, in words.")
@click.option("--words", default=4000, help="Length of the long prompt; a word is about a token.")
@click.option("--max-tokens", type=click.IntRange(min=1), default=20, help="Length of an answer.")
@click.option("--runs", type=click.IntRange(min=1), default=1, help="Of which the median is taken.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the numbers here too."
)
def main(
    model: str | None,
    hidden: int,
    turns: int,
    turn_words: int,
    words: int,
    max_tokens: int,
    runs: int,
    file: Path | None,
) -> None:
    """Print the TTFT of a conversation's turns, of a long prompt, and of both after the worker was killed."""
    with tempfile.TemporaryDirectory() as folder:
        path = model or str(Path(folder) / "model")
        if not model:
            shape = ["--hidden", str(hidden), "--heads", "8", "--context-length", "32768"]
            complete(["mlx_llm_server.scripts.models", "random", path, *shape])
        port, prefixes = free_port(), Path(folder) / "prefixes"
        command = ["mlx_llm_server", "up", "--model", path, "--host", HOST, "--port", str(port)]
        command += ["--prefix-cache-disk", "50GB", "--prefix-cache-dir", str(prefixes)]
        with serving(command, port, "/ready", dict(os.environ), Path(folder) / "log"):
            ask = partial(_ask, port, max_tokens, _answer_token(port, max_tokens))
            ask([{"role": "user", "content": "Warm up."}])
            outcomes = [_run(ask, port, prefixes, run, turns, turn_words, words) for run in range(runs)]
    result = summarize(outcomes)
    for number, turn in enumerate(result["turns"], start=1):
        _show(f"turn {number}", turn)
    for name, key in (
        ("long prompt, cold", "cold"),
        ("the same from memory", "memory"),
        ("the same from disk, after a kill", "disk"),
        (f"turn {turns} from disk", "turn_from_disk"),
    ):
        _show(name, result[key])
    click.echo(f"turn {turns} / turn 2: {result['last_by_second']:.2f}")
    click.echo(f"disk / cold: {result['disk_by_cold']:.3f}")
    if file:
        about = {
            "model": model or f"random, hidden size {hidden}",
            "work": f"{turns} turns of {turn_words} words, a prompt of {words} words, "
            f"answers of {max_tokens} tokens, greedy; median of {runs} runs",
            "versions": report.versions(),
            "machine": f"{os.cpu_count()} cores",
        }
        report.write(file, [result], about)


def _show(name: str, asked: dict[str, float]) -> None:
    tokens = f"{asked['cached_tokens']:.0f} of {asked['prompt_tokens']:.0f} tokens cached"
    click.echo(f"{name}: TTFT {asked['ttft_ms']:.1f} ms, {tokens}")


if __name__ == "__main__":
    main()
