"""What MLX gives in a process of its own, without HTTP or text: the plain loop, and mlx-lm's BatchGenerator.

The plain loop is the model on mlx-lm's plain caches, one step ahead of what is read, and nothing else: the most
that a step can give. It has no rows of different lengths, so its prompts are all cut to the shortest. Every
MLX server builds on BatchGenerator, which has.

A child of the benchmark: `plain` or `batch` and the model are its arguments, a job is a line of JSON on stdin, a
measurement a line on stdout; it ends with stdin.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from time import perf_counter
from typing import Any

from ...commands.bench.workload import Job, Measurement


def plain(model: Any, tokenizer: Any, work: Job) -> Measurement:
    """Run a job on the plain loop: one round after the other, all streams in step, no end but `max_tokens`.

    `model` and `tokenizer` are as `mlx_lm.utils.load` gives them. Prompts become tokens before the clock starts.
    """
    import mlx.core as mx  # noqa: PLC0415 - the benchmark itself stays free of MLX
    from mlx_lm.models.cache import make_prompt_cache  # noqa: PLC0415

    sample = _sampler(work, 0)
    result = Measurement()
    for texts in zip(*_tokens(tokenizer, work), strict=True):
        shortest = min(map(len, texts))
        prompts = mx.array([text[-shortest:] for text in texts])
        times: list[float] = []
        begin = perf_counter()
        cache = make_prompt_cache(model)

        def step(tokens: mx.array, cache: list[Any] = cache) -> mx.array:
            drawn = sample(model(tokens, cache=cache)[:, -1, :])
            mx.async_eval(drawn)
            return drawn

        following = step(prompts)
        for number in range(work.max_tokens):
            current = following
            if number + 1 < work.max_tokens:
                following = step(current[:, None])
            current.tolist()
            times.append(perf_counter())
        for _ in texts:
            result.add(begin, times, len(times))
        result.seconds += perf_counter() - begin
    return result


def batch(model: Any, tokenizer: Any, work: Job) -> Measurement:
    """Run a job on BatchGenerator; log-probabilities are not read."""
    from mlx_lm.generate import BatchGenerator  # noqa: PLC0415

    prompts = _tokens(tokenizer, work)
    samplers = [_sampler(work, stream) for stream in range(len(prompts))]
    generator = BatchGenerator(
        model,
        max_tokens=work.max_tokens,
        stop_tokens=[[token] for token in tokenizer.eos_token_ids],
        completion_batch_size=len(prompts),
        prefill_batch_size=len(prompts),
    )
    result = Measurement()
    begin = perf_counter()
    uids = generator.insert([each[0] for each in prompts], samplers=samplers)
    waiting = {uid: (each[1:], sampler) for uid, each, sampler in zip(uids, prompts, samplers, strict=True)}
    began = dict.fromkeys(uids, begin)
    times: dict[int, list[float]] = {uid: [] for uid in uids}
    while responses := generator.next_generated():
        now = perf_counter()
        for response in responses:
            uid = response.uid
            times[uid].append(now)
            if response.finish_reason:
                arrived = times.pop(uid)
                result.add(began[uid], arrived, len(arrived))
                rest, sampler = waiting[uid]
                if rest:
                    (uid,) = generator.insert([rest[0]], samplers=[sampler])
                    waiting[uid], began[uid], times[uid] = (rest[1:], sampler), now, []
    result.seconds = perf_counter() - begin
    generator.close()
    return result


def _tokens(tokenizer: Any, work: Job) -> list[list[list[int]]]:
    return [
        [
            tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True)
            for text in texts
        ]
        for texts in work.prompts
    ]


def _sampler(work: Job, stream: int) -> Callable[[Any], Any]:
    from mlx_lm.sample_utils import greedy_sampler, make_sampler  # noqa: PLC0415

    settings = work.settings(stream)
    # A greedy one of all rows: BatchGenerator calls it once a step then.
    return make_sampler(settings["temperature"], settings["top_p"]) if work.sampled else greedy_sampler


def main() -> None:
    from mlx_lm.utils import load  # noqa: PLC0415

    measure = {"plain": plain, "batch": batch}[sys.argv[1]]
    model, tokenizer = load(sys.argv[2])[:2]
    for line in sys.stdin:
        print(json.dumps(asdict(measure(model, tokenizer, Job(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
