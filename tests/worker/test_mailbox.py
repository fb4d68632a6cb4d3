import select
import threading
from collections.abc import Iterator

import pytest
from mlx_llm_server.worker.mailbox import Mailbox


@pytest.fixture
def mailbox() -> Iterator[Mailbox[int]]:
    mailbox: Mailbox[int] = Mailbox()
    yield mailbox
    mailbox._wake.close()
    mailbox._bell.close()


def rings(mailbox: Mailbox[int]) -> bool:
    return bool(select.select([mailbox], [], [], 0)[0])


def test_an_empty_mailbox_does_not_ring(mailbox: Mailbox[int]) -> None:

    assert not rings(mailbox)
    assert mailbox.take_all() == []


def test_a_mailbox_rings_from_the_post_until_all_was_taken(mailbox: Mailbox[int]) -> None:
    mailbox.post(1)
    mailbox.post(2)

    assert rings(mailbox)
    assert mailbox.take_all() == [1, 2]
    assert not rings(mailbox)


def test_more_posts_than_the_bell_holds_lose_nothing_and_block_nobody(mailbox: Mailbox[int]) -> None:
    many = 100_000
    for number in range(many):
        mailbox.post(number)

    assert rings(mailbox)
    assert mailbox.take_all() == list(range(many))
    assert not rings(mailbox)


def test_what_other_threads_post_is_seen_by_a_reader_that_waits_for_the_bell(mailbox: Mailbox[int]) -> None:
    threads = [
        threading.Thread(target=lambda base=base: [mailbox.post(base + n) for n in range(5000)])
        for base in (0, 10_000, 20_000, 30_000)
    ]
    for thread in threads:
        thread.start()
    taken: list[int] = []
    while len(taken) < 20_000:
        assert select.select([mailbox], [], [], 30)[0], "a post was not rung for"
        taken += mailbox.take_all()
    for thread in threads:
        thread.join()

    for base in (0, 10_000, 20_000, 30_000):
        assert [n for n in taken if base <= n < base + 5000] == list(range(base, base + 5000))
