"""Child processes that end with the block that started them, and their children with them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ...commands.bench.workload import Job, Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 10.0
Measure = Callable[[Job], Measurement]


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a Python module with this interpreter, and end it and all it started with the block.

    `command` is the module and its arguments, `options` are Popen's. The group is asked first (SIGTERM) and
    killed after `PATIENCE` seconds.
    """
    # A group of its own: Ctrl-C reaches this process only, which then ends the children in order.
    with _signals_held() as held:
        child = subprocess.Popen(  # noqa: S603 - the command is ours
            [sys.executable, "-m", *command], text=True, start_new_session=True, **options
        )
    try:
        for number in held:
            signal.raise_signal(number)
        yield child
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(PATIENCE)
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def complete(command: list[str]) -> None:
    """Run a Python module to its end, what it prints on our stderr.

    Raises:
        RuntimeError: its exit code is not 0.
    """
    with running(command, stdout=sys.stderr) as child:
        if code := child.wait():
            raise RuntimeError(f"{' '.join(command)} ended with exit code {code}")


@contextlib.contextmanager
def _signals_held() -> Iterator[list[int]]:
    """Note the signals that would end us instead of acting on them: a child half started would be left behind."""
    held: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: held.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield held
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def measuring(command: list[str], env: dict[str, str]) -> Iterator[Measure]:
    """Start a child that measures the jobs it reads, and give the function that has it measure one.

    The function raises RuntimeError if the child ends instead of answering.
    """
    with running(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        jobs, answers = child.stdin, child.stdout
        assert jobs  # noqa: S101 - asked for above
        assert answers  # noqa: S101

        def measure(work: Job) -> Measurement:
            with contextlib.suppress(BrokenPipeError):
                print(json.dumps(asdict(work)), file=jobs, flush=True)
            if line := answers.readline():
                return Measurement(**json.loads(line))
            raise RuntimeError(f"{command[0]} ended with exit code {child.wait()}")

        yield measure
