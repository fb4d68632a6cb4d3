import ctypes
import sys

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
