"""Trains the demo model on lessons, with MLX: on Metal, CUDA or (for trying it out) a CPU.

    python -m mlx_llm_server.scripts.demo_model.train OUT --tokenizer tokenizer.json --steps 20000

The model is mlx-lm's own Qwen3. Matrices learn by Muon (https://kellerjordan.github.io/posts/muon/), embedding and
norms by Adam; the rate warms up, stays, and falls to nothing over the last part of the run. OUT becomes a model
folder in the Hugging Face float form, and is written at intervals.
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import Any

import click
import mlx.core as mx
import mlx.optimizers as optim
from mlx import nn
from mlx.utils import tree_map
from mlx_lm.models import qwen3
from tokenizers import Tokenizer

from . import export
from .batches import LENGTHS, Batch, made_ahead

# As config.json has them; 6.7 million parameters.
SHAPE: dict[str, Any] = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "hidden_size": 256,
    "num_hidden_layers": 8,
    "intermediate_size": 768,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "max_position_embeddings": LENGTHS[-1],
    "tie_word_embeddings": True,
}
_WARM_UP = 200
_MATRIX_RATE = 0.02
_OTHER_RATE = 0.003
_TELL_EVERY = 100


class Trainer:
    """A model in training.

    Args:
        config: As `SHAPE`, with `vocab_size`.
        seed: Of the first weights.
        weights: A file of weights to go on from.
    """

    def __init__(self, config: dict[str, Any], seed: int, weights: Path | None = None) -> None:
        mx.random.seed(seed)
        self.model = qwen3.Model(qwen3.ModelArgs.from_dict(config))
        if weights is None:
            _silence_layers(self.model)
        else:
            self.model.load_weights(str(weights))
            self.model.set_dtype(mx.float32)
        matrices = optim.Muon(_MATRIX_RATE, weight_decay=0.0)
        others = optim.Adam(_OTHER_RATE, betas=[0.9, 0.98], bias_correction=True)
        self._optimizers = ((matrices, _MATRIX_RATE), (others, _OTHER_RATE))
        self._optimizer = optim.MultiOptimizer([matrices, others], [_is_matrix])
        self._optimizer.init(self.model.trainable_parameters())
        # Half precision pays where the hardware has it.
        self._dtype = mx.float32 if mx.default_device().type == mx.cpu else mx.bfloat16
        self._state = [self.model.state, self._optimizer.state, *(each.state for each, _ in self._optimizers)]
        mx.eval(self._state)
        self._step = partial(mx.compile, inputs=self._state, outputs=self._state)(self._learn)

    def step(self, batch: Batch, rate: float) -> mx.array:
        """Learn from a batch, at a share `rate` of the full learning rate; returns the loss, not yet evaluated."""
        for optimizer, full in self._optimizers:
            optimizer.learning_rate = mx.array(full * rate)
        return self._step(mx.array(batch.tokens), mx.array(batch.weights))

    def _learn(self, tokens: mx.array, weights: mx.array) -> mx.array:
        parameters: dict[str, Any] = self.model.trainable_parameters()
        loss, gradients = mx.value_and_grad(self._loss)(parameters, tokens, weights)
        learned: Any = self._optimizer.apply_gradients(gradients, parameters)
        self.model.update(learned)
        return loss

    def _loss(self, parameters: dict[str, Any], tokens: mx.array, weights: mx.array) -> mx.array:
        half: Any = tree_map(lambda array: array.astype(self._dtype), parameters)
        self.model.update(half)
        logits = self.model(tokens[:, :-1]).astype(mx.float32)
        losses = nn.losses.cross_entropy(logits, tokens[:, 1:])
        return (losses * weights).sum() / weights.sum()


def _silence_layers(model: qwen3.Model) -> None:
    """Let every layer begin by adding nothing, which a deep stack learns from at once."""
    for layer in model.layers:
        for last in (layer.self_attn.o_proj, layer.mlp.down_proj):
            last.weight = mx.zeros_like(last.weight)


def _is_matrix(name: str, array: mx.array) -> bool:
    return array.ndim == 2 and "embed" not in name


def rate_at(progress: float, step: int, decay: float) -> float:
    """Return the share of the full learning rate at a progress of 0 to 1, of which `decay` is the last part."""
    return min(1.0, (step + 1) / _WARM_UP, max(0.0, (1 - progress) / decay))


def train(
    out: Path,
    config: dict[str, Any],
    tokenizer: Path,
    *,
    steps: int,
    minutes: float | None,
    decay: float,
    batch: int,
    processes: int,
    seed: int,
    go_on: Path | None,
    save_every: int,
) -> None:
    """Train a model of that config and write it to `out`; the arguments are the command's."""
    trainer = Trainer(config, seed, go_on)
    began, told, seen, step = time.monotonic(), time.monotonic(), 0, 0
    losses: list[mx.array] = []
    with made_ahead(tokenizer, seed, batch, processes) as batches:
        for step, each in enumerate(batches):
            minute = (time.monotonic() - began) / 60
            progress = max(step / steps, minute / minutes if minutes else 0.0)
            if progress >= 1:
                break
            losses.append(trainer.step(each, rate_at(progress, step, decay)))
            seen += each.tokens.size
            # One step is computed while the next one is prepared.
            mx.async_eval(trainer.model.state, losses[-1])
            if len(losses) > 1:
                mx.eval(losses[-2])
            if len(losses) == _TELL_EVERY:
                mean, now = mx.stack(losses).mean().item(), time.monotonic()
                speed = seen / (now - told)
                print(f"step {step + 1}, {minute:.1f} min: loss {mean:.4f}, {speed:,.0f} tokens/s", flush=True)
                told, seen, losses = now, 0, []
            if (step + 1) % save_every == 0:
                export.write_float(out, config, trainer.model, tokenizer)
    export.write_float(out, config, trainer.model, tokenizer)
    print(f"{step} steps in {(time.monotonic() - began) / 60:.1f} minutes: {out}")


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--tokenizer", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True)
@click.option("--steps", type=click.IntRange(min=1), default=20_000)
@click.option("--minutes", type=click.FloatRange(min=0), help="End then, if the steps are not done before.")
@click.option(
    "--decay", type=click.FloatRange(0.01, 1), default=0.4, help="Last part of the run, with falling rate."
)
@click.option("--batch", type=click.IntRange(min=4096), default=131_072, help="Tokens in a batch.")
@click.option("--processes", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="That make batches.")
@click.option("--seed", type=int, default=0)
@click.option("--go-on", type=click.Path(path_type=Path, exists=True), help="Weights to go on from.")
@click.option("--save-every", type=click.IntRange(min=1), default=2000, help="Steps.")
def main(out: Path, tokenizer: Path, **options: Any) -> None:
    """Train the model and write it to OUT."""
    vocabulary = Tokenizer.from_file(str(tokenizer)).get_vocab_size()
    train(out, SHAPE | {"vocab_size": vocabulary}, tokenizer, **options)


if __name__ == "__main__":
    main()
