"""The command `mlx-serve chat`: a conversation with a running server at the terminal."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import click

from .bench.command import first_model
from .connection import Server, ServerError, server_command
from .conversation import Ask, Conversation, More, Quit, Say


@server_command
@click.argument("question", required=False)
@click.option("--model", metavar="ID", help="The served model to ask.  [default: the first one]")
@click.option("--system", metavar="TEXT", help="The system prompt.")
@click.option("--temperature", type=click.FloatRange(0, 2), help="0 is greedy.  [default: the server's]")
@click.option("--max-tokens", type=click.IntRange(1, 1_000_000), default=2048, show_default=True)
@click.option("--seed", type=int, help="The same seed gives the same text.")
def chat(
    server: Server,
    question: str | None,
    model: str | None,
    system: str | None,
    temperature: float | None,
    max_tokens: int,
    seed: int | None,
) -> None:
    """Talk to a running server. With a QUESTION, or one on standard input, print the answer and end.

    /help lists what can be typed; Ctrl-C stops an answer, Ctrl-D ends.
    """
    fields = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed}
    conversation = Conversation(
        model or first_model(server),
        system,
        {name: value for name, value in fields.items() if value is not None},
    )
    interactive = sys.stdin.isatty()
    if question is None and interactive:
        _talk(server, conversation)
        return
    if question is None or not interactive:
        question = "\n\n".join(filter(None, [question, sys.stdin.read().strip() if not interactive else None]))
    if not isinstance(conversation.ask(question), Ask):
        raise click.UsageError("there is no question")
    _answer(server, conversation)


def _talk(server: Server, conversation: Conversation) -> None:
    """Ask and answer until the end."""
    _prefer_readline()
    click.echo(f"{conversation.model} at {server.url}. /help tells what can be typed.", err=True)
    more = False
    while True:
        try:
            action = conversation.take(input("... " if more else ">>> "))
        except EOFError:
            click.echo(err=True)
            return
        except KeyboardInterrupt:
            click.echo(err=True)
            conversation.drop_line()
            more = False
            continue
        more = isinstance(action, More)
        match action:
            case Quit():
                return
            case Say(text) if text:
                click.secho(text, dim=True, err=True)
            case Ask():
                try:
                    _answer(server, conversation)
                except ServerError as error:
                    click.secho(str(error), fg="red", err=True)


@dataclass
class _Written:
    """What came of an answer, and when."""

    text: str = ""
    thinking: bool = False
    first: float | None = None
    tokens: int | None = None
    finish: str | None = None


def _answer(server: Server, conversation: Conversation) -> None:
    """Write an answer as it comes; Ctrl-C stops it, which the server sees by the closed connection."""
    begin = perf_counter()
    written = _Written()
    stopped = False
    try:
        with server.stream("/v1/chat/completions", conversation.request()) as events:
            for event in events:
                _write(event, written)
    except KeyboardInterrupt:
        stopped = True
    finally:
        conversation.answered(written.text)
        click.echo()
    if sys.stderr.isatty():
        click.secho(_in_short(written, begin, stopped), dim=True, err=True)


def _write(event: dict[str, Any], written: _Written) -> None:
    usage = event.get("usage")
    written.tokens = usage["completion_tokens"] if usage else written.tokens
    for choice in event["choices"]:
        delta = choice["delta"]
        written.finish = choice.get("finish_reason") or written.finish
        if thought := delta.get("reasoning_content"):
            written.first, written.thinking = written.first or perf_counter(), True
            # Standard output has the answer alone.
            click.secho(printable(thought), dim=True, nl=False, err=True)
        if text := delta.get("content"):
            written.first = written.first or perf_counter()
            if written.thinking:
                click.echo("\n", err=True)
                written.thinking = False
            click.echo(printable(text), nl=False)
            sys.stdout.flush()
            written.text += text


def _in_short(written: _Written, begin: float, stopped: bool) -> str:
    now = perf_counter()
    parts = ["stopped"] if stopped else []
    if written.finish == "length":
        parts.append("cut at --max-tokens, or at the model's context length")
    if written.first is not None:
        parts.append(f"first text after {1000 * (written.first - begin):.0f} ms")
    if written.tokens is not None and written.first is not None and written.tokens > 1:
        parts.append(f"{written.tokens} tokens, {(written.tokens - 1) / max(now - written.first, 1e-9):.0f} tok/s")
    return ", ".join(parts)


def printable(text: str) -> str:
    """Return a text without what a terminal would obey: what a model writes must not move its cursor."""
    return "".join(
        each
        for each in text
        if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cf") or each == "\u200d"
    )


def _prefer_readline() -> None:
    """Have `input` edit lines and remember them, where Python has the means."""
    try:
        import readline  # noqa: F401, PLC0415 - importing it is what does it
    except ImportError:
        return
