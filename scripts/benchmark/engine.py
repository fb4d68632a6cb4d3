"""mlx-lm's BatchGenerator in a process of its own, without HTTP or text: what every MLX server builds on.

A child of the benchmark: a job is a line of JSON on stdin, a measurement a line on stdout; it ends with
stdin.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from time import perf_counter
from typing import Any

from ...commands.bench.workload import Job, Measurement


def measure(model: Any, tokenizer: Any, work: Job) -> Measurement:
    """Run a job greedily; log-probabilities are not read. Prompts become tokens before the clock starts.

    `model` and `tokenizer` are as `mlx_lm.utils.load` gives them.
    """
    from mlx_lm.generate import BatchGenerator  # noqa: PLC0415 - the benchmark itself stays free of MLX

    prompts = [
        [
            tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True)
            for text in texts
        ]
        for texts in work.prompts
    ]
    generator = BatchGenerator(
        model,
        max_tokens=work.max_tokens,
        stop_tokens=[[token] for token in tokenizer.eos_token_ids],
        completion_batch_size=len(prompts),
        prefill_batch_size=len(prompts),
    )
    result = Measurement()
    begin = perf_counter()
    uids = generator.insert([each[0] for each in prompts])
    waiting = {uid: each[1:] for uid, each in zip(uids, prompts, strict=True)}
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
                if rest := waiting[uid]:
                    (uid,) = generator.insert([rest[0]])
                    waiting[uid], began[uid], times[uid] = rest[1:], now, []
    result.seconds = perf_counter() - begin
    generator.close()
    return result


def main() -> None:
    from mlx_lm.utils import load  # noqa: PLC0415

    model, tokenizer = load(sys.argv[1])[:2]
    for line in sys.stdin:
        print(json.dumps(asdict(measure(model, tokenizer, Job(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
