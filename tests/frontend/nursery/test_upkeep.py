from mlx_llm_server.frontend.nursery.upkeep import Overgrown, Upkeep, Worn

GIB = 1024**3


def grow(upkeep: Upkeep, *, ready_seconds: float) -> Overgrown | Worn | None:
    """Let the next process hold too much."""
    upkeep.started()
    return upkeep.look(ready_seconds, 3 * GIB, GIB, 0)


def test_without_limits_nothing_is_ever_done() -> None:
    assert Upkeep(0, 0).look(1e9, 10**15, 1, 10**9) is None


def test_a_worker_over_its_memory_is_replaced_and_the_reason_has_the_sizes() -> None:
    upkeep = Upkeep(2 * GIB, 0)

    found = grow(upkeep, ready_seconds=5)

    assert isinstance(found, Overgrown)
    assert not found.in_vain
    assert "3.0 GiB" in found.reason
    assert "2.0 GiB" in found.reason


def test_exactly_the_limit_is_within_it() -> None:
    assert Upkeep(2 * GIB, 0).look(5, 2 * GIB, GIB, 0) is None


def test_of_a_footprint_that_is_not_known_nothing_follows() -> None:
    assert Upkeep(1, 0).look(5, None, None, 0) is None


def test_one_that_grows_again_soon_is_left_in_peace_longer_and_longer() -> None:
    upkeep = Upkeep(2 * GIB, 0)
    assert grow(upkeep, ready_seconds=0.5) is not None
    for peace in (1, 2, 4, 8, 16, 32, 32):
        assert grow(upkeep, ready_seconds=peace - 0.1) is None
        assert grow(upkeep, ready_seconds=peace) is not None


def test_after_a_minute_within_the_limit_it_is_replaced_at_once_again() -> None:
    upkeep = Upkeep(2 * GIB, 0)
    for _ in range(4):
        grow(upkeep, ready_seconds=50)
    assert grow(upkeep, ready_seconds=60) is not None
    assert grow(upkeep, ready_seconds=1) is not None


def test_a_limit_below_what_a_fresh_worker_needs_is_said_and_does_not_make_a_quick_loop() -> None:
    upkeep = Upkeep(2 * GIB, 0)
    found = upkeep.look(0, 3 * GIB, 3 * GIB, 0)
    assert isinstance(found, Overgrown)
    assert found.in_vain
    assert "too low" in found.reason
    upkeep.started()
    assert upkeep.look(0, 3 * GIB, 3 * GIB, 0) is None
    assert upkeep.look(1, 3 * GIB, 3 * GIB, 0) is not None


def test_a_worker_that_has_ended_its_requests_is_replaced() -> None:
    upkeep = Upkeep(0, 10)

    assert upkeep.look(5, None, None, 9) is None
    assert isinstance(upkeep.look(5, None, None, 10), Worn)


def test_if_its_successor_does_not_come_up_it_goes_on_and_the_next_attempt_waits() -> None:
    upkeep = Upkeep(0, 10)
    upkeep.put_off(100)
    assert upkeep.look(100.9, None, None, 10) is None
    assert upkeep.look(101, None, None, 10) is not None
    upkeep.put_off(101)
    assert upkeep.look(102.9, None, None, 10) is None

    upkeep.started()
    assert upkeep.look(1, None, None, 10) is not None
