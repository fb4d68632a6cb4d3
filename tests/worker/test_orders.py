"""What the main thread is told, and how it shows that it goes on."""

import threading
import time

from mlx_llm_server.worker.orders import Call, Orders, Start


def test_orders_are_taken_in_the_order_they_were_given() -> None:
    orders = Orders()
    orders.give(Start())
    orders.give(Call(1))

    assert orders
    assert [orders.take(), orders.take()] == [Start(), Call(1)]
    assert not orders
    assert orders.take(0.001) is None


def test_who_begins_and_does_not_go_on_stands_still() -> None:
    orders = Orders()
    assert orders.still_seconds == 0

    orders.begin()
    time.sleep(0.02)
    still = orders.still_seconds
    orders.begin()

    assert still >= 0.02
    assert orders.still_seconds < still


def test_who_waits_does_not_stand_still_until_an_order_comes() -> None:
    orders = Orders()
    orders.begin()
    taken = threading.Event()

    def take() -> None:
        orders.take()
        taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    while orders.still_seconds:
        time.sleep(0.001)
    orders.give(Start())
    taken.wait()
    thread.join()

    assert orders.still_seconds > 0
