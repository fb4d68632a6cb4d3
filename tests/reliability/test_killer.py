from __future__ import annotations

from typing import Any

from mlx_llm_server.scripts.reliability.killer import Kill, candidates, note_recoveries


def worker(name: str, pid: int, state: str = "ready") -> dict[str, Any]:
    return {"name": name, "pid": pid, "state": state}


def kill(name: str, pid: int) -> Kill:
    return Kill(at=1.0, signal="KILL", worker=name, pid=pid, begun=0)


def test_whoever_was_killed_is_no_candidate_even_if_the_server_has_not_noticed() -> None:
    workers = [worker("a", 1), worker("b", 2), worker("c", 3, "loading")]
    assert candidates(workers, [kill("a", 1)]) == [worker("b", 2)]


def test_a_worker_is_back_once_another_process_of_its_name_is_ready() -> None:
    killed = kill("a", 1)
    for seen in ([worker("a", 1)], [worker("b", 2)], [worker("a", 3, "loading")], []):
        note_recoveries(seen, [killed], 2.0)
        assert killed.back is None
    note_recoveries([worker("a", 3)], [killed], 4.0)
    note_recoveries([worker("a", 3)], [killed], 5.0)
    assert killed.back == 4.0


def test_the_next_death_of_a_name_waits_for_its_own_successor() -> None:
    first, second = kill("a", 1), kill("a", 2)
    note_recoveries([worker("a", 2)], [first], 2.0)
    note_recoveries([worker("a", 2)], [first, second], 3.0)
    assert (first.back, second.back) == (2.0, None)
