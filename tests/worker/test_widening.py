"""Widened weights compute what the stored ones do; whatever can't be widened, or does not fit, stays as it is."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx import nn
from mlx.utils import tree_flatten
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.scheduler import Insert, Key
from mlx_llm_server.worker.widening import widen_weights
from mlx_lm.models import qwen3, qwen3_moe
from mlx_lm.models.mla import MultiLinear
from mlx_lm.tuner.utils import linear_to_lora_layers
from mlx_lm.utils import load_model, load_tokenizer, quantize_model, save

from .conftest import loaded

PLENTY = 10**12
TOKENS = mx.array([[300, 17, 900, 301, 45, 512, 700, 333]])
SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "rms_norm_eps": 1e-6,
    "vocab_size": 1024,
    "max_position_embeddings": 512,
    "rope_theta": 10000.0,
}
EXPERTS: dict[str, Any] = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "moe_intermediate_size": 64,
    "norm_topk_prob": True,
}


def dense(*, tied: bool = False) -> nn.Module:
    mx.random.seed(0)
    arguments = qwen3.ModelArgs(model_type="qwen3", tie_word_embeddings=tied, **SHAPE)
    return qwen3.Model(arguments)


def experts() -> nn.Module:
    mx.random.seed(0)
    arguments = qwen3_moe.ModelArgs(model_type="qwen3_moe", tie_word_embeddings=False, **SHAPE, **EXPERTS)
    return qwen3_moe.Model(arguments)


MODELS = {"untied": dense, "tied": lambda: dense(tied=True), "experts": experts}


def quantized(model: nn.Module, dtype: mx.Dtype = mx.float32, bits: int = 8, mode: str = "affine") -> nn.Module:
    model.set_dtype(dtype)
    nn.quantize(model, 32 if mode == "mxfp4" else 64, bits, mode=mode)
    return model


def logits(model: Any) -> mx.array:
    return model(TOKENS).astype(mx.float32)


def arrays(model: nn.Module) -> dict[str, Any]:
    return dict(tree_flatten(model.parameters()))


def packed_layers(model: nn.Module) -> list[str]:
    return [name for name in arrays(model) if name.endswith(".scales")]


def size(model: nn.Module) -> int:
    return sum(array.nbytes for array in arrays(model).values())


def largest(array: mx.array) -> float:
    return float(mx.abs(array).max().astype(mx.float32).item())  # pyright: ignore[reportArgumentType] - no complex


def assert_close(after: mx.array, before: mx.array) -> None:
    assert largest(after - before) < 1e-4 * largest(before)


# --- what is computed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("bits", [4, 8])
def test_a_quantized_model_becomes_a_float32_one_with_the_same_logits(
    make: Callable[[], nn.Module], bits: int
) -> None:
    model = quantized(make(), bits=bits)
    before = logits(model)

    assert widen_weights(model, PLENTY) == "weights widened to float32"

    assert {array.dtype for array in arrays(model).values()} == {mx.float32}
    assert_close(logits(model), before)


@pytest.mark.parametrize("dtype", [mx.bfloat16, mx.float16])
def test_scales_of_half_precision_are_widened_before_they_are_used(dtype: mx.Dtype) -> None:
    exact = quantized(dense(), dtype)
    exact.set_dtype(mx.float32)
    model = quantized(dense(), dtype)

    widen_weights(model, PLENTY)

    assert not packed_layers(model)
    assert_close(logits(model), logits(exact))


@pytest.mark.parametrize("dtype", [mx.bfloat16, mx.float16])
def test_values_of_half_precision_stay_what_they_are(dtype: mx.Dtype) -> None:
    model = dense()
    model.set_dtype(dtype)
    before = arrays(model)

    widen_weights(model, PLENTY)

    for name, array in arrays(model).items():
        assert array.dtype == mx.float32
        assert mx.array_equal(array, before[name].astype(mx.float32)), name


def test_formats_of_small_floats_are_widened_too() -> None:
    model = quantized(dense(), bits=4, mode="mxfp4")
    before = logits(model)

    widen_weights(model, PLENTY)

    assert not packed_layers(model)
    assert_close(logits(model), before)


def test_layers_of_latent_attention_are_widened_too() -> None:
    mx.random.seed(0)
    model = nn.Sequential(MultiLinear(64, 32, 2))
    nn.quantize(model, 64, 8)
    x = mx.random.normal((2, 3, 64))
    before = model(x)

    widen_weights(model, PLENTY)

    assert not packed_layers(model)
    assert_close(model(x), before)


def test_biases_are_kept() -> None:
    mx.random.seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.Linear(32, 64))
    nn.quantize(model, 32, 8)
    x = mx.random.normal((3, 64))
    before = model(x)

    widen_weights(model, PLENTY)

    assert not packed_layers(model)
    assert_close(model(x), before)


class _Negated(nn.QuantizedLinear):
    """Computes something else than its base."""

    def __call__(self, x: mx.array) -> mx.array:
        return -super().__call__(x)


def test_a_layer_that_is_not_known_is_left_as_it_is_and_goes_on_working() -> None:
    mx.random.seed(0)
    model = nn.Sequential(_Negated(64, 64), nn.Linear(64, 64))
    model.set_dtype(mx.bfloat16)
    x = mx.random.normal((3, 64))
    before = model(x)

    widen_weights(model, PLENTY)

    assert type(model.layers[0]) is _Negated
    assert largest(model(x) - before) < 0.05


# mlx-lm has no DoRA for experts.
@pytest.mark.parametrize(("make", "use_dora"), [(dense, False), (dense, True), (experts, False)])
def test_an_adapter_of_a_quantized_model_goes_on_working(make: Callable[[], nn.Module], use_dora: bool) -> None:
    model = quantized(make())
    plain = logits(model)
    linear_to_lora_layers(model, 2, {"rank": 4, "scale": 20.0, "dropout": 0.0}, use_dora=use_dora)
    lora = [(name, array) for name, array in arrays(model).items() if name.endswith("lora_b")]
    model.load_weights([(name, 0.1 * mx.random.normal(array.shape)) for name, array in lora], strict=False)
    adapted = logits(model)
    assert largest(adapted - plain) > 0.01

    widen_weights(model, PLENTY)

    assert not packed_layers(model)
    assert_close(logits(model), adapted)


def test_a_batch_says_the_same_with_stored_and_with_widened_weights(nonsense_path: Path, tmp_path: Path) -> None:
    model, config = quantize_model(*load_model(nonsense_path), group_size=64, bits=8)
    save(tmp_path / "quantized", nonsense_path, model, load_tokenizer(nonsense_path), config)

    def said(*, widen: bool) -> dict[Key, list[int]]:
        small = loaded(tmp_path / "quantized", widen=widen)
        engine = Engine(small.model, small.tokenizer.eos_token_ids, 4)
        greedy, drawn = Sampling(0, temperature=0), Sampling(7)
        for number, sampling in enumerate([greedy, greedy, drawn]):
            prompt = small.tokenizer.encode(" people say"[: 7 + 4 * number], add_special_tokens=False)
            engine.insert(Insert(Key(0, number), prompt, sampling, 40))
        tokens: dict[Key, list[int]] = {}
        while engine.busy:
            for row in engine.step():
                tokens.setdefault(row.key, []).append(row.token)
        engine.close()
        return tokens

    widened = said(widen=True)

    assert len(widened) == 3
    assert widened == said(widen=False)


# --- what fits -------------------------------------------------------------------------------------------


def test_a_float32_model_is_not_touched_nor_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    model = dense()
    before = arrays(model)

    with caplog.at_level(logging.INFO):
        assert widen_weights(model, 0) == "float32 weights"

    assert arrays(model).keys() == before.keys()
    assert not caplog.records


def test_widening_takes_half_of_the_memory_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    wide, stored = 2 * size(dense()), size(quantized(dense()))

    assert widen_weights(quantized(dense()), wide - 1) == "quantized weights, scales widened to float32"
    with caplog.at_level(logging.INFO):
        assert widen_weights(quantized(dense()), wide) == "weights widened to float32"

    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert said == f"weights widened to float32 for the CPU: {wide / 2e6:.1f} MB, {stored / 1e6:.1f} MB as stored"


def test_where_only_the_scales_fit_they_are_widened_and_the_slowness_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = quantized(dense(), mx.bfloat16, bits=4)
    packed = packed_layers(model)
    wide = quantized(dense(), mx.bfloat16, bits=4)
    widen_weights(wide, PLENTY)

    widen_weights(model, size(dense()))

    assert packed_layers(model) == packed
    assert {array.dtype for array in arrays(model).values()} == {mx.float32, mx.uint32}
    assert_close(logits(model), logits(wide))
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "slow on a CPU: in float32 they would take" in record.getMessage()


@pytest.mark.parametrize("make", [dense, lambda: quantized(dense(), mx.bfloat16)], ids=["bfloat16", "quantized"])
def test_a_model_that_is_too_large_is_left_alone_and_the_slowness_is_told(
    make: Callable[[], nn.Module], caplog: pytest.LogCaptureFixture
) -> None:
    model = make()
    model.set_dtype(mx.bfloat16)
    before = arrays(model)

    assert widen_weights(model, 1000) == "weights as stored"

    assert {name: array.dtype for name, array in arrays(model).items()} == {
        name: array.dtype for name, array in before.items()
    }
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().endswith("more than half of the 0.0 MB available")
