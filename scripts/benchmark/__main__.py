"""`python -m mlx_llm_server.scripts.benchmark`: one command, one table."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import click

from ...commands.bench.command import counts
from ...commands.bench.workload import Job, Measurement, job
from ...worker.blas import LIBRARY
from . import fairness, frontend, prefix, report
from .processes import complete
from .servers import STARTS, has_openblas

# Jobs, and tokens of their answers: each batch size has kernels and graphs of its own, some of them met by chance.
WARM_UPS, WARM_UP_TOKENS = 4, 16


@click.group(invoke_without_command=True, context_settings={"show_default": True})
@click.option("--model", help="A path or a Hugging Face id. Without it: a model of 0.75M random parameters.")
@click.option("--streams", callback=counts, default="1,8,32,128", help="How many requests at once, in turn.")
@click.option(
    "--drawing",
    type=click.Choice(["greedy", "sampled", "both"]),
    default="both",
    help="Greedy, or sampled with settings of each stream's own.",
)
@click.option("--max-tokens", type=click.IntRange(min=2), default=200, help="Length of an answer.")
@click.option(
    "--sentences", type=click.IntRange(min=1), default=1, help="Length of a prompt, to two sentences more."
)
@click.option("--rounds", type=click.IntRange(min=1), default=1, help="Requests that a stream makes in a row.")
@click.option("--runs", type=click.IntRange(min=1), default=3, help="Turns of which the median is taken.")
@click.option(
    "--program",
    "programs",
    type=click.Choice(list(STARTS)),
    multiple=True,
    default=list(STARTS),
    help="Repeatable.",
)
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the numbers here too."
)
@click.pass_context
def main(
    context: click.Context,
    model: str | None,
    streams: list[int],
    drawing: str,
    max_tokens: int,
    sentences: int,
    rounds: int,
    runs: int,
    programs: tuple[str, ...],
    file: Path | None,
) -> None:
    """Measure our server beside mlx_lm.server, mlx-lm's BatchGenerator and the plain loop, and print a table.

    The commands below measure other things, with options of their own.
    """
    # A termination ends the children in order, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if context.invoked_subcommand is not None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = model or _tiny(folder)
        drawings = {"greedy": [False], "sampled": [True], "both": [False, True]}[drawing]
        cases = [(count, sampled) for count in streams for sampled in drawings]
        results: report.Results = {case: {name: [] for name in programs} for case in cases}
        failed: list[str] = []

        def work(case: tuple[int, bool], turn: int) -> Iterator[Job]:
            """Warm-ups, then what counts: no prompt is met again."""
            count, sampled = case
            number = 2 * turn + sampled
            for warm_up in range(WARM_UPS):
                unmet = -1 - WARM_UPS * number - warm_up
                yield job(count, 1, min(WARM_UP_TOKENS, max_tokens), unmet, sentences, sampled=sampled)
            yield job(count, rounds, max_tokens, number, sentences, sampled=sampled)

        try:
            for turn in range(runs):
                for name in programs:
                    click.echo(f"run {turn + 1} of {runs}: {name}", err=True)
                    for case, measured in _measure(name, path, {case: work(case, turn) for case in cases}):
                        if isinstance(measured, Measurement):
                            results[case][name].append(measured)
                        else:
                            failed.append(f"{name} at {case[0]} streams: {str(measured).splitlines()[0]}")
                            click.echo(measured, err=True)
        finally:  # also of a run that is ended early
            about = {
                "model": model or "random, 0.75M parameters, float32",
                "work": f"prompts of {sentences} to {sentences + 2} short sentences, "
                f"{rounds} answers of {max_tokens} tokens a stream; median of {runs} runs",
                "versions": report.versions(),
                "machine": f"{os.cpu_count()} cores",
                "BLAS": f"{LIBRARY} preloaded for mlx-lm; ours loads it by itself"
                if has_openblas()
                else "MLX's own",
            }
            if failed:
                about["failed"] = "; ".join(failed)
            rows = report.summarize(results)
            report.show(rows, about)
            if file:
                report.write(file, rows, about)
    if failed:
        sys.exit(1)


def _measure(
    name: str, path: str, work: dict[tuple[int, bool], Iterator[Job]]
) -> Iterator[tuple[tuple[int, bool], Measurement | RuntimeError]]:
    """Have a program do the jobs of each case, and give what the last one measured.

    A program that fails at one case is started anew for the next one.

    Raises:
        RuntimeError: it does not start.
    """
    left = deque(work)
    while left:
        case = None
        try:
            with STARTS[name](path, max(count for count, _ in work)) as measure:
                while left:
                    case = left.popleft()
                    *_, measured = [measure(each) for each in work[case]]
                    yield case, measured
        except RuntimeError as error:
            if case is None:
                raise
            yield case, error


main.add_command(fairness.main, "fairness")
main.add_command(frontend.main, "frontend")
main.add_command(prefix.main, "prefix")


def _tiny(folder: str) -> str:
    # In a child, because this process has no use for MLX.
    complete(["mlx_llm_server.scripts.models", "random", folder, "--endless"])
    return folder


if __name__ == "__main__":
    main()
