import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten
from mlx_llm_server.protocol.messages import Sampling
from mlx_llm_server.scripts.models import successor
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.loading import LoadedModel, LoadError, _context_length, load, model_id
from mlx_llm_server.worker.progress import LoadProgress
from mlx_llm_server.worker.scheduler import Insert, Key
from mlx_lm.tuner.utils import linear_to_lora_layers
from mlx_lm.utils import load_model, quantize_model, save

from .conftest import loaded

LORA: dict[str, Any] = {
    "fine_tune_type": "lora",
    "num_layers": 2,
    "lora_parameters": {"rank": 4, "scale": 20.0, "dropout": 0.0},
}


def greedy(model: LoadedModel, text: str, count: int = 12) -> list[int]:
    engine = Engine(model.model, model.tokenizer.eos_token_ids, 1)
    prompt = model.tokenizer.encode(text, add_special_tokens=False)
    engine.insert(Insert(Key(0, 1), prompt, Sampling(0, temperature=0), count))
    tokens = []
    while engine.busy:
        tokens += [row.token for row in engine.step()]
    engine.close()
    return tokens


@pytest.fixture
def model_copy(nonsense_path: Path, tmp_path: Path) -> Path:
    """A model whose files a test may break."""
    return Path(shutil.copytree(nonsense_path, tmp_path / "copy"))


@pytest.fixture
def adapter(nonsense_path: Path, tmp_path: Path) -> Path:
    """A LoRA adapter of the nonsense model, as mlx-lm's trainer writes it, that changes what it says."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    model = load_model(nonsense_path)[0]
    linear_to_lora_layers(model, LORA["num_layers"], LORA["lora_parameters"])
    keys = iter(mx.random.split(mx.random.key(0), 1000))
    weights = {
        name: 0.1 * mx.random.normal(array.shape, key=next(keys))
        for name, array in tree_flatten(model.parameters())
        if isinstance(array, mx.array) and name.rpartition(".")[2] in ("lora_a", "lora_b")
    }
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    (folder / "adapter_config.json").write_text(json.dumps(LORA))
    return folder


# --- models ----------------------------------------------------------------------------------------------


def test_a_model_in_hugging_face_format_is_loaded(counting: LoadedModel) -> None:
    tokens = greedy(counting, " 40", 3)

    assert counting.tokenizer.decode(tokens) == " 41 42 43"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_model_of_half_precision_is_loaded(tmp_path: Path, dtype: str) -> None:
    model = loaded(successor(tmp_path / "half", last=50, dtype=dtype))

    assert model.tokenizer.decode(greedy(model, " 40", 3)) == " 41 42 43"


@pytest.mark.parametrize("widen", [True, False])
@pytest.mark.parametrize("bits", [4, 8])
def test_a_model_that_mlx_lm_quantized_is_loaded(
    counting_path: Path, tmp_path: Path, bits: int, widen: bool
) -> None:
    model, config = load_model(counting_path)
    quantized, config = quantize_model(model, config, group_size=64, bits=bits)
    save(tmp_path / "quantized", counting_path, quantized, loaded(counting_path).tokenizer, config)

    small = loaded(tmp_path / "quantized", widen=widen)

    on_a_cpu = mx.default_device().type == mx.cpu
    assert hasattr(small.model.lm_head, "scales") is not (widen and on_a_cpu)
    assert small.tokenizer.decode(greedy(small, " 40", 3)) == " 41 42 43"


def test_a_model_knows_its_name_and_context_length(tmp_path: Path) -> None:
    info = loaded(successor(tmp_path / "a-model", last=5, context_length=77)).info

    assert (info.id, info.context_length) == ("a-model", 77)
    assert info.created == int((tmp_path / "a-model" / "config.json").stat().st_mtime)


@pytest.mark.parametrize(
    ("config", "tokenizer_limit", "length"),
    [
        ({"max_position_embeddings": 5, "text_config": {"max_position_embeddings": 6}}, 7, 5),
        ({"text_config": {"max_position_embeddings": 6}}, 7, 6),
        ({"n_positions": 9}, 7, 9),
        ({}, 7, 7),
        ({}, int(1e30), 32_768),
        ({}, None, 32_768),
        ({"max_position_embeddings": None, "text_config": None}, 7, 7),
        ({"max_position_embeddings": 0}, 7, 7),
    ],
    ids=str,
)
def test_the_context_length_is_the_configs_or_the_tokenizers(
    config: dict[str, Any], tokenizer_limit: int | None, length: int
) -> None:
    assert _context_length(config, SimpleNamespace(model_max_length=tokenizer_limit)) == length


def test_a_models_id_is_its_folder_or_its_hugging_face_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "models" / "mine")

    assert model_id(str(tmp_path / "models" / "mine")) == "mine"
    assert model_id(".") == "mine"
    assert model_id("org/name") == "org/name"


def test_the_progress_is_told_from_nothing_to_all_of_the_weights(counting_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    with LoadProgress(lambda *report: told.append(report)) as progress:
        load(str(counting_path), None, progress)

    assert told[0] == (f"Loading {counting_path}", 0, 0)
    done = [report[1] for report in told[1:]]
    (total,) = {report[2] for report in told[1:]}
    assert done == sorted(done)
    assert done[-1] == total > 0


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "~/nothing-at-all", "a/b/c"])
def test_a_path_to_nothing_is_refused(name: str) -> None:
    with pytest.raises(LoadError, match=f"{name} is not a folder: --model takes"):
        load(name, None, LoadProgress(lambda *_: None))


def test_a_file_in_place_of_a_folder_is_refused(counting_path: Path) -> None:
    with pytest.raises(LoadError, match="is not a folder"):
        loaded(counting_path / "model.safetensors")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"has no config\.json"):
        loaded(tmp_path)


def test_a_name_that_the_hub_can_not_have_is_refused_without_asking() -> None:
    with pytest.raises(LoadError, match="neither a folder here nor a model on the Hugging Face hub"):
        load("no name!", None, LoadProgress(lambda *_: None))


def test_a_model_without_weights_is_refused(model_copy: Path) -> None:
    (model_copy / "model.safetensors").unlink()

    with pytest.raises(LoadError, match="is not complete: No safetensors found"):
        loaded(model_copy)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", "{"),
        ("config.json", "[]"),
        ("config.json", "{}"),
        ("config.json", '{"model_type": "of tomorrow"}'),
        ("tokenizer.json", "{"),
        ("tokenizer_config.json", "{"),
        ("model.safetensors", "no weights"),
    ],
)
def test_a_broken_file_is_refused_and_the_model_named(model_copy: Path, file: str, content: str) -> None:
    (model_copy / file).write_text(content)

    with pytest.raises(LoadError, match=f"^{model_copy} can't be loaded: "):
        loaded(model_copy)


def test_a_download_that_was_cut_short_is_refused(model_copy: Path) -> None:
    weights = model_copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])

    with pytest.raises(LoadError, match=r"can't be loaded: .*exceeding the size of the file"):
        loaded(model_copy)


def test_a_model_without_a_tokenizer_is_refused(model_copy: Path) -> None:
    (model_copy / "tokenizer.json").unlink()

    with pytest.raises(LoadError, match="can't be loaded"):
        loaded(model_copy)


# --- adapters --------------------------------------------------------------------------------------------


def test_an_adapters_folder_changes_what_the_model_says(
    nonsense: LoadedModel, nonsense_path: Path, adapter: Path
) -> None:
    adapted = loaded(nonsense_path, adapter)

    assert greedy(adapted, " people say") != greedy(nonsense, " people say")


def test_an_adapters_weights_file_by_any_name_says_the_same_as_its_folder(
    nonsense_path: Path, adapter: Path
) -> None:
    of_folder = greedy(loaded(nonsense_path, adapter), " people say")
    weights = (adapter / "adapters.safetensors").rename(adapter / "0000100_adapters.safetensors")

    assert greedy(loaded(nonsense_path, weights), " people say") == of_folder


def test_an_adapter_by_a_relative_path_is_found(
    nonsense_path: Path, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(adapter)

    assert loaded(nonsense_path, Path("adapters.safetensors"))


def test_an_adapted_model_keeps_the_models_name(nonsense_path: Path, adapter: Path) -> None:
    assert loaded(nonsense_path, adapter).info.id == nonsense_path.name


def test_an_adapter_that_is_not_there_is_refused(nonsense_path: Path, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"has no adapter_config\.json beside its weights"):
        loaded(nonsense_path, tmp_path / "nothing.safetensors")


def test_an_adapter_without_its_config_is_refused(nonsense_path: Path, adapter: Path) -> None:
    (adapter / "adapter_config.json").unlink()

    for given in (adapter, adapter / "adapters.safetensors"):
        with pytest.raises(LoadError, match=r"has no adapter_config\.json"):
            loaded(nonsense_path, given)


def test_an_adapter_without_its_weights_is_refused(nonsense_path: Path, adapter: Path) -> None:
    (adapter / "adapters.safetensors").unlink()

    with pytest.raises(LoadError, match=r"weights .* do not exist"):
        loaded(nonsense_path, adapter)


def test_an_adapters_weights_in_another_format_are_refused(nonsense_path: Path, adapter: Path) -> None:
    (adapter / "adapters.npz").write_bytes(b"")

    with pytest.raises(LoadError, match=r"are not a \.safetensors file"):
        loaded(nonsense_path, adapter / "adapters.npz")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        pytest.param("adapter_config.json", "{", id="config that is no JSON"),
        pytest.param("adapter_config.json", "[]", id="config that is no object"),
        pytest.param("adapter_config.json", '{"peft_type": "LORA", "r": 8}', id="config of another library"),
        pytest.param("adapter_config.json", '{"num_layers": 2, "lora_parameters": {}}', id="config cut short"),
        pytest.param("adapters.safetensors", "no weights", id="weights that are none"),
    ],
)
def test_a_broken_adapter_is_refused_and_named(
    nonsense_path: Path, adapter: Path, file: str, content: str
) -> None:
    (adapter / file).write_text(content)

    with pytest.raises(LoadError, match=f"^The adapter {adapter} can't be loaded: "):
        loaded(nonsense_path, adapter)


def test_an_adapter_of_another_model_is_refused(counting_path: Path, adapter: Path) -> None:
    with pytest.raises(LoadError, match="contains incompatible tensors"):
        loaded(counting_path, adapter)
