"""The batch never holds more than its memory, and whoever comes first is first."""

from mlx_llm_server.protocol.messages import KvMemory
from mlx_llm_server.worker.admission import Admission

# Four rows of up to 256 tokens, or two of 512, or one of 1024.
KV = KvMemory(1024, 1)


def admission(*lengths: int, kv_memory: KvMemory | None = KV) -> Admission[int]:
    """Return one for which generations 1, 2, ... of these lengths wait."""
    made: Admission[int] = Admission(kv_memory)
    for number, length in enumerate(lengths, start=1):
        made.add(number, length)
    return made


def test_without_a_bound_all_are_admitted_at_once() -> None:
    unbound = admission(*[10_000] * 50, kv_memory=None)

    assert unbound.admitted() == list(range(1, 51))
    assert unbound.most_tokens is None


def test_as_many_as_fit_are_admitted_and_once() -> None:
    made = admission(100, 200, 256, 10, 10)

    assert made.admitted() == [1, 2, 3, 4]
    assert made.admitted() == []


def test_a_long_one_counts_for_all_beside_it() -> None:
    assert admission(300, 10, 10).admitted() == [1, 2]
    assert admission(10, 10, 300).admitted() == [1, 2]


def test_a_large_one_is_not_overtaken() -> None:
    made = admission(100, 1024, 100)
    assert made.admitted() == [1]

    made.remove(1)
    assert made.admitted() == [2]
    made.remove(2)
    assert made.admitted() == [3]


def test_one_that_is_gone_while_it_waits_lets_the_next_one_in() -> None:
    made = admission(100, 1024, 100)
    made.admitted()
    made.remove(2)

    assert made.admitted() == [3]


def test_one_that_is_unknown_may_go_any_time() -> None:
    made = admission(100)
    made.remove(7)

    assert made.admitted() == [1]


def test_what_runs_alone_can_be_as_long_as_the_memory_holds() -> None:
    assert admission().most_tokens == 1024
    assert admission(1024).admitted() == [1]
