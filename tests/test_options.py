"""The options that commands share."""

import click
import pytest
from click.testing import CliRunner
from mlx_llm_server.__main__ import main
from mlx_llm_server.options import MODEL_OPTIONS, Size, as_arguments, names_of
from mlx_lm.models.cache import QuantizedKVCache


def test_a_size_that_can_not_be_read_is_a_fault_of_the_command_line() -> None:
    assert Size().convert("2KiB", None, None) == 2048
    with pytest.raises(click.BadParameter, match="write it like"):
        Size().convert("much", None, None)


def test_a_worker_is_told_what_was_given_and_no_more() -> None:
    given = {
        "model": "m",
        "adapter_file": None,
        "max_batch": 4,
        "prefix_cache_ram": 0,
        "no_widen": True,
        "lifeline": False,
    }

    assert as_arguments(given) == ["--model", "m", "--max-batch", "4", "--prefix-cache-ram", "0", "--no-widen"]


def test_options_are_known_by_the_names_of_their_parameters() -> None:
    assert {"model", "max_batch", "no_widen"} <= set(names_of(MODEL_OPTIONS))


@pytest.mark.parametrize("command", ["up", "worker"])
def test_quantized_caches_are_refused_with_the_reason(command: str) -> None:
    told = CliRunner().invoke(main, [command, "--kv-bits", "4"])

    assert told.exit_code == 2
    assert "mlx-lm can't batch quantized key-value caches" in " ".join(told.output.split())


def test_mlx_lm_still_can_not_batch_them() -> None:
    """When this fails, `--kv-bits` can be had."""
    assert not hasattr(QuantizedKVCache, "merge")
