"""A model by its path or Hugging Face id, with mlx-lm's loader; Hugging Face and quantized MLX format alike."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError
from mlx.utils import tree_flatten
from mlx_lm.models.cache import make_prompt_cache
from mlx_lm.utils import load_adapters, load_model, load_tokenizer

from ..protocol.messages import Model
from . import checkpoint
from .dialect import abilities, template_options
from .download import download
from .memory import available_memory
from .progress import LoadProgress
from .widening import widen_weights

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapters.safetensors"
_UNKNOWN_CONTEXT = 32_768
# A tokenizer without a limit says so with a number like 1e30.
_NO_LIMIT = 10_000_000


class LoadError(Exception):
    """The model can't be loaded as it was asked for; trying again won't help. The sentence says what to do."""


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to generate.

    Attributes:
        info: What clients are told of it.
        config: Its config.json.
        weights: What its weights are like, in a few words. Workers whose words differ may round differently.
        nbytes: What the weights take in memory.
    """

    model: Any
    tokenizer: Any
    info: Model
    config: dict[str, Any]
    weights: str
    nbytes: int


def load(name: str, adapter_file: str | None, progress: LoadProgress, *, widen: bool = True) -> LoadedModel:
    """Load a model, evaluated and ready, on the calling thread.

    Args:
        name: A local directory or a Hugging Face id.
        adapter_file: An adapter directory, or a weights file with its `adapter_config.json` beside it.
        progress: Shown to people and frontends.
        widen: On a CPU, widen the weights to float32 if they fit; see `widening`.

    Raises:
        LoadError: The path, the model or the adapter is not usable.
        OSError: A download broke off; a later try may succeed.
    """
    path = _local_path(name, progress)
    progress.stage(f"Loading {name}")
    with _blaming(name):
        model, config = load_model(path, lazy=True)
    if adapter_file is not None:
        _apply_adapter(model, Path(adapter_file))
    weights = "weights as stored"
    if widen and mx.default_device().type == mx.cpu:
        weights = widen_weights(model, available_memory())
    nbytes = _evaluate(model, progress)
    with _blaming(name):
        tokenizer = load_tokenizer(path, eos_token_ids=config.get("eos_token_id"))
    _check_batchable(name, model)
    created = int((path / "config.json").stat().st_mtime)
    info = Model(
        id=model_id(name),
        created=created,
        context_length=_context_length(config, tokenizer),
        abilities=abilities(tokenizer),
        template_options=template_options(tokenizer),
    )
    return LoadedModel(model, tokenizer, info, config, weights, nbytes)


def model_id(name: str) -> str:
    """Return the id clients use: a Hugging Face id as it is, a path's last folder otherwise."""
    path = Path(name).expanduser()
    return path.resolve().name if path.exists() else name


@contextmanager
def _blaming(what: str) -> Iterator[None]:
    """Turn what mlx-lm raises on files that are broken, or of a format it does not know, into a `LoadError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise LoadError(f"{what} is not complete: {error}") from error
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise LoadError(f"{what} can't be loaded: {error}") from error


def _local_path(name: str, progress: LoadProgress) -> Path:
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").exists():
            raise LoadError(f"{name} has no config.json: --model takes a model's folder or a Hugging Face id.")
        return path
    if path.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise LoadError(f"{name} is not a folder: --model takes a model's folder or a Hugging Face id.")
    progress.stage(f"Downloading {name}")
    try:
        return download(name, progress.downloads())
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise LoadError(f"{name} is neither a folder here nor a model on the Hugging Face hub: {error}") from error
    except LocalEntryNotFoundError as error:
        raise OSError(
            f"{name} is not on this machine and the Hugging Face hub can't be reached: {error}"
        ) from error


def _apply_adapter(model: Any, adapter: Path) -> None:
    adapter = adapter.expanduser().absolute()
    folder = adapter if adapter.is_dir() else adapter.parent
    if not (folder / ADAPTER_CONFIG).exists():
        raise LoadError(f"The adapter {adapter} has no {ADAPTER_CONFIG} beside its weights.")
    weights = adapter / ADAPTER_WEIGHTS if adapter.is_dir() else adapter
    if not weights.exists():
        raise LoadError(f"The adapter's weights {weights} do not exist.")
    if weights.suffix != ".safetensors":
        raise LoadError(f"The adapter's weights {weights} are not a .safetensors file.")
    # mlx-lm knows an adapter by its folder and these two names, so any weights file gets such a folder.
    with tempfile.TemporaryDirectory() as names:
        (Path(names) / ADAPTER_CONFIG).symlink_to(folder / ADAPTER_CONFIG)
        (Path(names) / ADAPTER_WEIGHTS).symlink_to(weights)
        with _blaming(f"The adapter {adapter}"):
            load_adapters(model, names)
        model.eval()
        mx.eval(model.trainable_parameters())


def _evaluate(model: Any, progress: LoadProgress) -> int:
    """Read the weights, array by array, so that the progress can be seen; return their bytes."""
    arrays = [array for _, array in tree_flatten(model.parameters()) if isinstance(array, mx.array)]
    advance = progress.weights(sum(array.nbytes for array in arrays))
    done = 0
    for array in arrays:
        mx.eval(array)
        done += array.nbytes
        advance(done)
    return done


def _check_batchable(name: str, model: Any) -> None:
    for cache in make_prompt_cache(model):
        if not hasattr(cache, "merge"):
            raise LoadError(
                f"{name} uses a {type(cache).__name__}, which mlx-lm can't run in a batch; it can't be served."
            )


def _context_length(config: dict[str, Any], tokenizer: Any) -> int:
    if (told := checkpoint.context_length(config)) is not None:
        return told
    length = getattr(tokenizer, "model_max_length", None)
    return int(length) if length and length < _NO_LIMIT else _UNKNOWN_CONTEXT
