import resource

import pytest
from mlx_llm_server.open_files import allow_many_open_files


@pytest.mark.parametrize(("soft", "allowed"), [(256, 1000), (700, 1000), (1000, 1000)])
def test_the_bound_is_raised_as_far_as_it_may(soft: int, allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, allowed))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: told.append(limits))

    allow_many_open_files()

    assert told == ([(1000, 1000)] if soft < allowed else [])


def test_a_bound_that_is_higher_stays() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        allow_many_open_files()
        after = resource.getrlimit(resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert after[0] >= before[0]
    assert after[1] == before[1]
