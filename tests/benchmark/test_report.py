from __future__ import annotations

import math

from mlx_llm_server.commands.bench.workload import Measurement, job, percentile
from mlx_llm_server.scripts.benchmark.report import summarize


def turn(tokens: int) -> Measurement:
    return Measurement(
        seconds=2.0, tokens=tokens, decoded=tokens - 2, decoding=4.0, ttft=[0.1, 0.3], itl=[0.01] * 99 + [0.5]
    )


def test_medians_over_the_turns_and_ratios_of_ours() -> None:
    rows = summarize({(8, False): {"BatchGenerator": [turn(400)] * 3, "ours": [turn(300), turn(100), turn(200)]}})
    assert [row["tokens_per_second"] for row in rows] == [200, 100]
    assert [row["ratio"] for row in rows] == [0.5, None]
    assert [row["decode_tokens_per_second"] for row in rows] == [8 * 398 / 4, 8 * 198 / 4]
    assert rows[0]["decode_ratio"] == 198 / 398
    assert rows[1]["runs"] == [150, 50, 100]
    assert (rows[0]["ttft_p50_ms"], rows[0]["ttft_p99_ms"]) == (100, 300)
    assert (rows[0]["itl_p50_ms"], rows[0]["itl_p99_ms"]) == (10, 10)


def test_without_ours_there_is_no_ratio() -> None:
    assert summarize({(1, True): {"mlx_lm.server": [turn(1)]}})[0]["ratio"] is None


def test_what_was_not_measured_has_no_row() -> None:
    rows = summarize({(1, True): {"mlx_lm.server": [turn(1)], "ours": []}, (2, True): {"ours": []}})
    assert [row["program"] for row in rows] == ["mlx_lm.server"]
    assert rows[0]["ratio"] is None


def test_a_measurement_splits_times_into_first_and_between() -> None:
    result = Measurement()
    result.add(10.0, [10.5, 10.75, 11.0], tokens=4)
    result.add(0.0, [], tokens=1)
    assert (result.tokens, result.ttft, result.itl) == (5, [0.5], [0.25, 0.25])
    assert (result.decoded, result.decoding) == (3, 0.5)


def test_percentiles() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile(values, 100)) == (50, 99, 100)
    assert percentile([7.0], 1) == 7
    assert math.isnan(percentile([], 50))


def test_no_prompt_is_met_twice() -> None:
    jobs = [job(streams, 2, 9, run) for streams in (1, 8) for run in (-1, 0, 1)]
    prompts = [prompt for each in jobs for stream in each.prompts for prompt in stream]
    assert len(set(prompts)) == len(prompts) == 54
