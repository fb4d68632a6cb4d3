import ctypes
import sys
from types import SimpleNamespace

import pytest
from mlx_llm_server.worker import blas


def loaded(name: str) -> bool:
    return hasattr(ctypes.CDLL(None), name)


@pytest.mark.skipif(sys.platform != "darwin", reason="Accelerate is Apple's")
def test_apples_blas_is_accelerate() -> None:
    assert blas.describe() == "Accelerate"


@pytest.mark.skipif(sys.platform != "linux", reason="what MLX's Linux build runs on")
def test_the_blas_is_named_or_the_better_one_advised() -> None:
    expected = "OpenBLAS" if loaded("openblas_get_config") else "apt-get install libopenblas"

    assert expected in blas.describe()


def test_once_mlx_is_imported_it_is_too_late_to_load_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: pytest.fail("a library was loaded"))
    monkeypatch.setitem(sys.modules, "mlx.core", blas)

    blas.prefer_openblas()


@pytest.mark.parametrize(
    ("weight_bytes", "told", "threads"), [(3_000_000, None, [2]), (193_000_000, None, []), (3_000_000, "4", [])]
)
def test_a_small_model_leaves_cores_to_others(
    monkeypatch: pytest.MonkeyPatch, weight_bytes: int, told: str | None, threads: list[int]
) -> None:
    asked: list[int] = []
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if told is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", told)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(openblas_set_num_threads=asked.append))

    blas.share_cores(weight_bytes)

    assert asked == threads


def test_another_blas_has_nothing_to_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())

    blas.share_cores(1)
